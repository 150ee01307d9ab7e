"""Merge a proposal: judged again on the fetched main, one commit, and its branch goes in the same push."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mooring.domain.finding import Finding
from mooring.domain.registry import Entry
from mooring.domain.verdict import GateState, Verdict
from mooring.errors import NotFoundError, PendingError, RefusedError
from mooring.gates.gate import Approver
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal, ProposalKind
from mooring.stores.forge.reviews import together
from mooring.stores.forge.votes import Ballot
from mooring.stores.git.repository import BlobId
from mooring.stores.hub import Hub
from mooring.usecases import evidence
from mooring.usecases.judging import judge
from mooring.usecases.proposals import merged_already, select

if TYPE_CHECKING:
    from mooring.stores.git.remote import RefUpdate


class MergeOutcome(StrEnum):
    """What became of a merge."""

    MERGED = "merged"
    ALREADY = "already-merged"
    WOULD_MERGE = "would-merge"


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge: the proposal (None where main had it already, and `note` says since when) and the commit on main."""

    outcome: MergeOutcome
    proposal: Proposal | None
    base: str
    commit: str | None = None
    verdicts: tuple[Verdict, ...] = ()
    approvers: tuple[Approver, ...] = ()
    warnings: tuple[Finding, ...] = ()
    note: str | None = None


class NotReadyError(PendingError):
    """A proposal waits for somebody or for a time; `verdicts` say for what."""

    def __init__(self, proposal: Proposal, verdicts: tuple[Verdict, ...], lines: Sequence[str]) -> None:
        # What waiting alone brings needs nobody. The command ends its line: whoever copies it gets nothing else.
        waiting = [one for one in verdicts if one.state is GateState.PENDING and one.ready_at is None]
        hints = list(dict.fromkeys(one.remedy for one in waiting if one.remedy is not None))
        hints += [f"Then: mooring merge {proposal.branch}"] if hints else ["Run the same command again then."]
        super().__init__(f"the {proposal.title} is not merged yet:\n" + "\n".join(lines), "\n".join(hints))
        self.proposal = proposal
        self.verdicts = verdicts


class GatesError(RefusedError):
    """A gate fails, and waiting does not help; `verdicts` say which."""

    def __init__(self, proposal: Proposal, verdicts: tuple[Verdict, ...], lines: Sequence[str]) -> None:
        super().__init__(
            f"the {proposal.title} is refused by the gates of {proposal.environment}:\n" + "\n".join(lines),
            f"Take it back: mooring withdraw --proposal {proposal.branch}",
        )
        self.proposal = proposal
        self.verdicts = verdicts


def merge(
    hub: Hub, selector: str, *, environment: str | None = None, now: int, dry_run: bool = False
) -> Merged:
    """Bring a proposal to main by one commit on its tip, if rules and gates of that very tip let it pass.

    See `proposals.select` for `selector` and `environment`; `now` is in seconds since 1970. Merging twice changes
    nothing. Raises NotReadyError (what is missing, and the command that brings it), GatesError, FindingsError,
    RefusedError naming the promotion that won when the pointer moved meanwhile, NotFoundError, UsageError,
    UnavailableError.
    """
    hub.require_remote()
    hub = replace(hub, fetches_to_scan=True)
    done: Merged | None = None

    def build(tip: str) -> list[RefUpdate] | None:
        nonlocal done
        if done is None or done.proposal is None:
            done = _prepared(hub, tip, selector, environment, now=now)
        else:
            done = _prepared_again(hub, tip, done.proposal, now=now)
        if done.outcome is MergeOutcome.ALREADY or dry_run:
            return None
        return _updates(hub, done)

    landed = hub.land(build, what=f"the merge of {selector}")
    if done is None:
        raise AssertionError("nothing was built")
    return done if landed is None else replace(done, outcome=MergeOutcome.MERGED)


def _updates(hub: Hub, done: Merged) -> list[RefUpdate]:
    from mooring.stores.git.remote import RefUpdate

    if done.proposal is None:
        return []
    return [
        RefUpdate(done.commit, f"refs/heads/{hub.branch}", done.base),
        RefUpdate(None, f"refs/heads/{done.proposal.branch}", done.proposal.commit),
    ]


def _prepared(hub: Hub, tip: str, selector: str, environment: str | None, *, now: int) -> Merged:
    """The merge as a commit on `tip` that no ref names yet, or that there is nothing left to do."""
    try:
        proposal = select(local.proposals(hub, tip), selector, environment)
    except NotFoundError:
        if (note := merged_already(hub, tip, selector, environment)) is not None:
            return Merged(MergeOutcome.ALREADY, None, tip, note=note)
        raise
    return judged(hub, tip, proposal, now=now)


def _prepared_again(hub: Hub, tip: str, proposal: Proposal, *, now: int) -> Merged:
    """The merge of the same proposal after main moved: somebody may have merged, changed or taken it back."""
    there = {found.branch: found for found in local.proposals(hub, tip)}.get(proposal.branch)
    if there is None:
        note = merged_already(hub, tip, proposal.promotion or proposal.branch, None)
        if note is None:
            raise RefusedError(f"{proposal.branch} was taken back while it was merged; nothing was merged")
        return Merged(MergeOutcome.ALREADY, None, tip, note=note)
    same = there.subject == proposal.subject and _contents(there) == _contents(proposal)
    if not same:
        raise RefusedError(
            f"{proposal.branch} was changed while it was merged; nothing was merged",
            f"Look at it again: mooring proposals; then: mooring merge {proposal.branch}",
        )
    return judged(hub, tip, there, now=now)


def _contents(proposal: Proposal) -> list[tuple[str, Entry | None]]:
    return [(file.path, file.after) for file in proposal.files]


def judged(hub: Hub, tip: str, proposal: Proposal, *, now: int, said: Ballot | None = None) -> Merged:
    """The merge of `proposal` as a commit on `tip` that no ref names yet; raises as `merge` does.

    `said` is what a forge's reviewers said; signed statements count beside it.
    """
    if proposal.problem is not None:
        raise RefusedError(
            f"{proposal.branch} cannot be merged: {proposal.problem}",
            f"Take it back: mooring withdraw --proposal {proposal.branch}",
        )
    refuse_moved(hub, tip, proposal)
    trial = _commit(hub, tip, proposal, ())
    warnings = judge(hub, tip, trial, what=f"the {proposal.title}")
    if proposal.subject is None:
        return Merged(MergeOutcome.WOULD_MERGE, proposal, tip, trial, warnings=warnings)
    ballot = local.ballot(hub, tip, proposal.subject, vouched=server_vouches(hub))
    ballot = together(ballot, said) if said is not None else ballot
    found = _assessed(hub, tip, trial, proposal, ballot, now=now)
    commit = _commit(hub, tip, proposal, found.approvers) if found.approvers else trial
    return Merged(MergeOutcome.WOULD_MERGE, proposal, tip, commit, found.verdicts, found.approvers, warnings)


def server_vouches(hub: Hub) -> bool:
    """Whether unsigned approvals count, as this clone is told of its server; the server has the last word."""
    return hub.repository.config("mooring.trustPrincipal") == "true"


def _assessed(
    hub: Hub, tip: str, trial: str, proposal: Proposal, ballot: Ballot, *, now: int
) -> evidence.Assessment:
    from mooring.rules.pointer_moves import moves

    change = hub.change(tip, trial)
    (move,) = moves(change)
    found = evidence.assess(change, move, ballot, author=str(proposal.author), now=now)
    lines = found.lines() + [f"not counted: {doubt.principal}: {doubt.reason}" for doubt in ballot.doubts]
    if found.state is GateState.FAIL:
        raise GatesError(proposal, found.verdicts, lines)
    if found.state is GateState.PENDING:
        raise NotReadyError(proposal, found.verdicts, lines)
    return found


def _commit(hub: Hub, tip: str, proposal: Proposal, approvers: tuple[Approver, ...]) -> str:
    """One commit on `tip` with what the proposal changes, by its author, committed by who merges."""
    return hub.repository.commit_with(
        tip,
        {
            file.path: BlobId(file.after.oid, file.after.mode) if file.after is not None else None
            for file in proposal.files
        },
        message=_with_approvals(proposal.message, approvers),
        author=proposal.author,
    )


def _with_approvals(message: str, approvers: tuple[Approver, ...]) -> str:
    lines = message.rstrip("\n").split("\n")
    # Trailers are the last paragraph; a message whose last line is none gets a paragraph for them.
    gap = [] if len(lines) > 1 and re.fullmatch(r"[A-Za-z-]+: .*", lines[-1]) else [""]
    said = [f"Approved-By: {approver.principal}" for approver in approvers]
    return "\n".join([*lines, *(gap if said else []), *said]) + "\n"


def refuse_moved(hub: Hub, tip: str, proposal: Proposal) -> None:
    """Raise RefusedError naming what won, when main changed a path of the proposal after it was made."""
    paths = [file.path for file in proposal.files]
    was = [file.before.oid if file.before is not None else None for file in proposal.files]
    moved = [
        path
        for path, now, then in zip(paths, hub.repository.blob_ids(tip, paths), was, strict=True)
        if now != then
    ]
    if not moved:
        return
    if proposal.kind is ProposalKind.REGISTRATION or proposal.environment is None:
        raise RefusedError(
            f"main changed {moved[0]} after {proposal.branch} was proposed",
            f"If it is another {proposal.model}@{proposal.version}, register yours under another version.",
        )
    newest = hub.history(tip).of(proposal.environment, proposal.model).newest
    won = "somebody removed the pointer"
    if newest is not None:
        what = f"{newest.model}@{newest.version}" if newest.version is not None else "nothing"
        won = (
            f"{newest.requested_by or newest.moment.author} was first: {proposal.environment} serves {what} "
            f"by promotion {newest.promotion} ({newest.kind}, commit {newest.moment.commit[:12]})"
        )
    raise RefusedError(
        f"the {proposal.title} was made on a state that is gone; {won}",
        f"If it is still wanted, propose it again on what is live now; this one goes with: "
        f"mooring withdraw --proposal {proposal.branch}",
    )
