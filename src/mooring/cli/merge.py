"""`mooring merge`: make a proposal live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say, warn

if TYPE_CHECKING:
    from mooring.gates.gate import Verdict


@click.command("merge")
@click.argument("proposal")
@click.option(
    "--to", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@dry_run_option
@registry_option
@pass_session
def command(session: Session, *, proposal: str, environment: str | None, dry_run: bool) -> int:
    """Merge PROPOSAL: its branch, its promotion id, MODEL, or MODEL@VERSION.

    It is judged again, by the rules and gates of main as it is now, and lands as one commit; its branch goes in the
    same push. What still needs somebody or a time is named, and the exit status is 4.
    """
    from mooring.usecases.merge import MergeOutcome, merge

    done = merge(
        session.hub(), proposal, environment=environment, now=session.now_ms // 1000, dry_run=dry_run
    )
    warn(session, done.warnings)
    if done.outcome is MergeOutcome.ALREADY or done.proposal is None:
        session.output.text(f"{done.note}; nothing to do")
        return 0
    facts = [("branch", done.proposal.branch), ("commit", done.commit or "")]
    facts += [("approved by", approver.principal) for approver in done.approvers]
    facts += [("gate", _line(verdict)) for verdict in done.verdicts]
    if done.outcome is MergeOutcome.WOULD_MERGE:
        say(session, f"Would merge: {done.proposal.title}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    found = done.proposal
    if found.environment is not None:
        then = [f"Undo: mooring rollback {found.model} --in {found.environment} --reason '...'"]
    else:
        then = [f"Next: mooring promote {found.model}@{found.version} --to ENV --reason '...'"]
    say(session, f"Merged: {found.title}", facts, then=then)
    return 0


def _line(verdict: Verdict) -> str:
    seen = (
        f" ({verdict.observed}; wanted {verdict.required})" if verdict.observed and verdict.required else ""
    )
    return f"{verdict.state.value}: {verdict.gate}: {verdict.reason}{seen}"
