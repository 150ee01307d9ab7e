"""`mooring deprecate`: advise against a version."""

from __future__ import annotations

from mooring.cli.status_options import status_command
from mooring.domain.model import State

command = status_command(
    "deprecate",
    State.DEPRECATED,
    """Say that nobody should begin with MODEL@REF any more; promoting it is a warning.

    'latest' does not choose it; what is served goes on being served.
    """,
)
