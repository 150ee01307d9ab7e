"""`mooring merge`: make a proposal live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, say, warn

if TYPE_CHECKING:
    from mooring.stores.forge.proposal import Proposal


@click.command("merge")
@click.argument("proposal")
@click.option(
    "--to", "--in", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@dry_run_option
@registry_option
@pass_session
def command(session: Session, *, proposal: str, environment: str | None, dry_run: bool) -> int:
    """Merge PROPOSAL: its branch, its promotion id, MODEL, or MODEL@VERSION.

    It is judged again, by the rules and gates of main as it is now, and lands as one commit; its branch goes in the
    same push. What still needs somebody or a time is named, and the exit status is 4.
    """
    from mooring.render.verdicts import line
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
    facts += [("gate", line(verdict)) for verdict in done.verdicts]
    if done.outcome is MergeOutcome.WOULD_MERGE:
        say(session, f"Would merge: {done.proposal.title}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    say(session, f"Merged: {done.proposal.title}", facts, then=[_after(done.proposal)])
    return 0


def _after(merged: Proposal) -> str:
    """What is run next: a registration is promoted; of a promotion one wants to know how it is undone."""
    from mooring.stores.forge.proposal import ProposalKind

    if merged.kind is ProposalKind.SIGNATURE:
        return f"Check: mooring verify {merged.model}@{merged.version}"
    if merged.kind is ProposalKind.STATUS:
        return f"See: mooring show {merged.model}@{merged.version}"
    if merged.environment is None:
        return f"Next: mooring promote {merged.model}@{merged.version} --to ENV --reason '...'"
    if merged.kind is ProposalKind.ROLLBACK:
        return f"See: mooring history {merged.model} --env {merged.environment}"
    first = " --to-nothing" if merged.before is None else ""
    return f"Undo: mooring rollback {merged.model} --in {merged.environment}{first} --reason '...'"
