"""`mooring withdraw`: propose that an environment serves nothing, or take back a proposal."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option
from mooring.domain.names import check_model_name
from mooring.errors import UsageError


@click.command("withdraw")
@click.argument("model", metavar="[MODEL]", required=False)
@click.option(
    "--from", "--in", "environment", metavar="ENV", help="The environment that is to serve nothing of MODEL."
)
@click.option("--reason", metavar="TEXT", help="Why; it stays in the history.")
@click.option(
    "--proposal", metavar="PROPOSAL", help="Take back this proposal (its branch or promotion id) instead."
)
@click.option("--replace", is_flag=True, help="Put this in the place of somebody else's proposal.")
@dry_run_option
@registry_option
@pass_session
def command(
    session: Session,
    *,
    model: str | None,
    environment: str | None,
    reason: str | None,
    proposal: str | None,
    replace: bool,
    dry_run: bool,
) -> int:
    """Propose that ENV serves nothing of MODEL: consumers then get "nothing is deployed", never another version.

    With --proposal, take back a proposal that was not merged yet.
    """
    if proposal is not None:
        if model or environment or reason:
            raise UsageError(
                "--proposal goes alone", "mooring withdraw --proposal promote/staging/churn/1.2.0"
            )
        from mooring.usecases.proposals import withdraw_proposal

        gone = withdraw_proposal(session.hub(), proposal, dry_run=dry_run)
        verb = "Would take back" if dry_run else "Took back"
        session.output.text(f"{verb} {gone.branch}")
        session.output.note(
            f"Undo: git push {session.hub().remote or 'origin'} {gone.commit}:refs/heads/{gone.branch}"
        )
        return 0
    if not model or not environment or not reason:
        raise UsageError(
            "a withdrawal needs MODEL, --from ENV and --reason TEXT",
            "mooring withdraw churn --from staging --reason '...'",
        )
    from mooring.cli.promote import tell
    from mooring.usecases.promote import withdraw

    return tell(
        session,
        withdraw(
            session.hub(),
            check_model_name(model),
            environment,
            reason=reason,
            now_ms=session.now_ms,
            replace=replace,
            dry_run=dry_run,
        ),
    )
