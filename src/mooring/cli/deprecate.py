"""`mooring deprecate`: advise against a version."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.status_options import give_status, status_options
from mooring.cli.writing import dry_run_option
from mooring.domain.model import State


@click.command("deprecate")
@click.argument("reference", metavar="MODEL@REF")
@status_options
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
    dry_run: bool,
) -> int:
    """Say that nobody should begin with MODEL@REF any more; promoting it is a warning.

    'latest' does not choose it; what is served goes on being served.
    """
    return give_status(
        session,
        reference,
        State.DEPRECATED,
        reason=reason,
        environments=environments,
        expires=expires,
        lift=lift,
        merge=merge,
        dry_run=dry_run,
    )
