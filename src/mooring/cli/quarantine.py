"""`mooring quarantine`: ban a version."""

from __future__ import annotations

import click

from mooring.cli.status_options import status_command
from mooring.domain.model import State

command = status_command(
    "quarantine",
    State.QUARANTINED,
    """Ban MODEL@REF: no promotion and no rollback brings it (back) from then on.

    What is served already goes on being served, with a warning; with --block new loads are refused. 'latest' never
    means it.
    """,
    options=[
        click.option("--evidence", metavar="TEXT", help="What shows it: an address, an incident."),
        click.option("--block", is_flag=True, help="Refuse new loads too, not only new promotions."),
    ],
)
