"""Say how far a promotion is from being merged, gate by gate; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mooring.documents import codec
from mooring.domain.change import Change
from mooring.domain.events import Event
from mooring.domain.finding import Finding, Level
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import plan_promotion
from mooring.domain.references import parse_reference
from mooring.domain.verdict import GateState, Verdict, state_of
from mooring.errors import MooringError, NotFoundError, RefusedError, UsageError
from mooring.gates.gate import Approver
from mooring.rules.pointer_moves import moves
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal
from mooring.stores.forge.reviews import together
from mooring.stores.forge.votes import Ballot, Doubt
from mooring.stores.git.repository import BlobId
from mooring.stores.hub import Hub
from mooring.usecases import evidence
from mooring.usecases.merge import refuse_moved, server_vouches
from mooring.usecases.promote import new_promotion_id
from mooring.usecases.proposals import merged_already, select


@dataclass(frozen=True, slots=True)
class Assessed:
    """What every gate says of one change of one pointer, judged on main as it is.

    `proposal` is None where the promotion is only thought of. `after` is the pointer that would come (None: no file).
    `doubts` are statements that do not count. `live` is set, and nothing else is said, where there is nothing to judge:
    main has the change already.
    """

    environment: str
    model: str
    base: str
    proposal: Proposal | None
    before: Pointer | None
    after: Pointer | None
    requester: str
    verdicts: tuple[Verdict, ...] = ()
    approvers: tuple[Approver, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    live: str | None = None

    @property
    def state(self) -> GateState:
        """What all gates together say."""
        return state_of(self.verdicts)

    @property
    def ready_at(self) -> int | None:
        """When waiting alone makes every gate pass, in seconds since 1970; None where it does not."""
        holding = [one.ready_at for one in self.verdicts if one.state is not GateState.PASS]
        times = [time for time in holding if time is not None]
        return max(times) if times and len(times) == len(holding) else None


SaidOf = Callable[[Proposal], Ballot]
"""What a forge's reviewers say of a proposal."""


def assess(
    hub: Hub,
    selector: str,
    *,
    environment: str | None = None,
    now_ms: int,
    said_of: SaidOf | None = None,
) -> Assessed:
    """Judge a proposal, or the promotion of MODEL@VERSION to `environment` that nobody has proposed yet.

    See `proposals.select` for `selector`; `now_ms` is in milliseconds since 1970; `said_of` adds a forge's reviews.
    The first verdict is that of the rules. The gates are those of main, and the same that merge and the server's hook
    ask. Raises NotFoundError, UsageError for what has no gates, RefusedError for a proposal whose base is gone and
    for a version that may not be promoted at all, UnavailableError.
    """
    tip = hub.refresh()
    try:
        proposal = select(local.proposals(hub, tip), selector, environment)
    except NotFoundError:
        if "@" in selector and environment is not None:
            return _thought_of(hub, tip, selector, environment, now_ms=now_ms)
        if (note := merged_already(hub, tip, selector, environment)) is not None:
            raise NotFoundError(f"nothing is left to assess: {note}", "See: mooring status") from None
        raise
    if proposal.problem is not None:
        raise RefusedError(
            f"{proposal.branch} can never be merged: {proposal.problem}",
            f"Take it back: mooring withdraw --proposal {proposal.branch}",
        )
    if proposal.subject is None or proposal.environment is None:
        raise UsageError(
            f"the {proposal.title} has no gates",
            f"Merge it: mooring merge {proposal.branch}; a promotion is named with --to ENV.",
        )
    refuse_moved(hub, tip, proposal)
    changes = {
        file.path: BlobId(file.after.oid, file.after.mode) if file.after is not None else None
        for file in proposal.files
    }
    said = said_of(proposal) if said_of is not None else None
    return _judged(hub, tip, changes, proposal, author=str(proposal.author), now=now_ms // 1000, said=said)


def _thought_of(hub: Hub, tip: str, selector: str, environment: str, *, now_ms: int) -> Assessed:
    reference = parse_reference(selector)
    registry, history = hub.registry(tip), hub.history(tip).of(environment, reference.model)
    plan = plan_promotion(
        registry,
        history,
        version=registry.resolve(reference).version,
        promotion=new_promotion_id(now_ms),
        reason="a promotion that nobody has proposed yet",
        requested_by=_asking(hub),
        now=hub.repository.committer_time(tip),
    )
    if plan.after is None:
        return Assessed(
            environment,
            reference.model,
            tip,
            None,
            plan.before,
            plan.before,
            _by(history.newest),
            live=plan.note,
        )
    return _judged(
        hub, tip, {plan.path: codec.encode(plan.after)}, None, author=_asking(hub), now=now_ms // 1000
    )


def _by(newest: Event | None) -> str:
    return (newest.requested_by or newest.moment.author) if newest is not None else ""


def _asking(hub: Hub) -> str:
    try:
        return str(hub.repository.identity())
    except MooringError:
        # Who only asks what would be, as continuous integration does, needs no name.
        return "whoever asks for it"


def _judged(
    hub: Hub,
    tip: str,
    changes: Mapping[str, bytes | BlobId | None],
    proposal: Proposal | None,
    *,
    author: str,
    now: int,
    said: Ballot | None = None,
) -> Assessed:
    # A tree and no commit: nothing is signed for a question, and nobody needs a name to ask it.
    hub = replace(hub, fetches_to_scan=True)
    change = replace(hub.change(tip, hub.repository.tree_with(tip, changes)), commit=None)
    (move,) = moves(change)
    ballot = Ballot((), ())
    if proposal is not None:
        subject = evidence.subject_of(change, move)
        ballot = local.ballot(hub, tip, subject, vouched=server_vouches(hub))
        ballot = together(ballot, said) if said is not None else ballot
    found = evidence.assess(change, move, ballot, author=author, now=now)
    after = move.after if isinstance(move.after, Pointer) else None
    return Assessed(
        move.environment,
        move.model,
        tip,
        proposal,
        move.history.pointer,
        after,
        evidence.requester_of(move, author),
        (_rules(change, proposal), *found.verdicts),
        found.approvers,
        ballot.doubts,
    )


def _rules(change: Change, proposal: Proposal | None) -> Verdict:
    """What the rules say, as one verdict: a change that they refuse is refused whatever the gates say."""
    from mooring.rules.engine import check_change

    errors = [finding for finding in check_change(change) if finding.level is Level.ERROR]
    if not errors:
        return Verdict("rules", GateState.PASS, "no rule refuses it", "no error", "no error")
    first = errors[0]
    more = f"; and {len(errors) - 1} more" if len(errors) > 1 else ""
    reason = f"{first.place}: [{first.rule}] {first.message}{more}"
    remedy = first.hint
    if proposal is not None and len(errors) > 1:
        remedy = f"See them all: mooring check --base {change.base.commit} --head {proposal.commit}"
    return Verdict("rules", GateState.FAIL, reason, _count(errors), "no error", None, remedy)


def _count(errors: Sequence[Finding]) -> str:
    return f"{len(errors)} errors" if len(errors) > 1 else "1 error"
