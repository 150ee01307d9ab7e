"""`mooring quarantine`: ban a version."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.status_options import give_status, status_options
from mooring.cli.writing import dry_run_option
from mooring.domain.model import State


@click.command("quarantine")
@click.argument("reference", metavar="MODEL@REF")
@status_options
@click.option("--evidence", metavar="TEXT", help="What shows it: an address, an incident.")
@click.option("--block", is_flag=True, help="Refuse new loads too, not only new promotions.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    reference: str,
    reason: str,
    environments: tuple[str, ...],
    expires: str | None,
    lift: bool,
    merge: bool,
    evidence: str | None,
    block: bool,
    dry_run: bool,
) -> int:
    """Ban MODEL@REF: no promotion and no rollback brings it (back) from then on.

    What is served already goes on being served, with a warning; with --block new loads are refused. 'latest' never
    means it.
    """
    return give_status(
        session,
        reference,
        State.QUARANTINED,
        reason=reason,
        environments=environments,
        expires=expires,
        lift=lift,
        merge=merge,
        dry_run=dry_run,
        evidence=evidence,
        block=block,
    )
