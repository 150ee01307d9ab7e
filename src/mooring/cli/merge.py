"""`mooring merge`: make a proposal live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option
from mooring.cli.reviewing import forge_of, merge_branch, tell_others, telling_of_holds
from mooring.cli.session import Session
from mooring.cli.writing import dry_run_option, plan_facts, say, warn

if TYPE_CHECKING:
    from mooring.stores.forge.proposal import Proposal
    from mooring.usecases.merge import Merged


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

    It is judged again, by the rules and gates of main as it is now, and lands as one commit; its branch goes with it.
    What still needs somebody or a time is named, and the exit status is 4. Where the remote is a forge, the pull
    request's reviews are approvals, and the forge squashes the very commit that was judged.
    """
    from mooring.render.verdicts import line
    from mooring.stores.notify import NoticeKind
    from mooring.usecases.merge import GatesError, MergeOutcome

    try:
        with telling_of_holds(session, dry_run=dry_run):
            done = _merge(session, proposal, environment, dry_run=dry_run)
    except GatesError as error:
        if not dry_run:
            title = f"Refused: {error.proposal.title}"
            tell_others(session, NoticeKind.GATE_FAILED, title, body=error.message)
        raise
    warn(session, done.warnings)
    if done.outcome is MergeOutcome.ALREADY or done.proposal is None:
        session.output.text(f"{done.note}; nothing to do")
        return 0
    facts = [("branch", done.proposal.branch), ("commit", done.commit or "")]
    if done.commit is not None:
        facts += plan_facts(session, done.base, done.commit, verdicts=done.verdicts)
    facts += [("approved by", approver.principal) for approver in done.approvers]
    facts += [("gate", line(verdict)) for verdict in done.verdicts]
    if done.outcome is MergeOutcome.WOULD_MERGE:
        say(session, f"Would merge: {done.proposal.title}", facts, then=["Nothing was written (--dry-run)."])
        return 0
    say(session, f"Merged: {done.proposal.title}", facts, then=[_after(done.proposal)])
    tell_others(session, NoticeKind.MERGED, f"Merged: {done.proposal.title}", body=done.proposal.message)
    return 0


def _merge(session: Session, proposal: str, environment: str | None, *, dry_run: bool) -> Merged:
    forge = forge_of(session)
    if forge is not None:
        return merge_branch(session, forge, proposal, environment=environment, dry_run=dry_run)
    from mooring.usecases.merge import merge

    return merge(
        session.hub(), proposal, environment=environment, now=session.now_ms // 1000, dry_run=dry_run
    )


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
