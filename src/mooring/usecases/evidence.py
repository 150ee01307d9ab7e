"""Gather what the gates of one pointer change look at: from the base of the change, never from what it brings."""

from __future__ import annotations

from dataclasses import dataclass

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Policy
from mooring.domain.events import EventKind, PointerHistory
from mooring.domain.finding import Unreadable
from mooring.domain.model import MetricSpec, Model
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import target_problem
from mooring.domain.registry import Registry
from mooring.domain.verdict import GateState, Verdict, state_of
from mooring.errors import MooringError, RefusedError
from mooring.gates.approvals import counted, is_requester
from mooring.gates.gate import Approver, Evidence, Undoing, assess_all
from mooring.rules.pointer_moves import PointerMove
from mooring.stores.forge.statement import Role, Subject, change_key
from mooring.stores.forge.votes import Ballot


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the gates say of one pointer change, and whose approvals counted."""

    verdicts: tuple[Verdict, ...]
    approvers: tuple[Approver, ...]

    @property
    def state(self) -> GateState:
        """What all gates together say."""
        return state_of(self.verdicts)

    def lines(self) -> list[str]:
        """The verdicts that hold the change, one line each."""
        return [
            f"{verdict.state}: {verdict.gate}: {verdict.reason}"
            for verdict in self.verdicts
            if verdict.state is not GateState.PASS
        ]


def subject_of(change: Change, move: PointerMove) -> Subject:
    """What an approval of a pointer change must be about."""
    before = change.changed()[move.path].before
    after = move.after if isinstance(move.after, Pointer) else None
    key = change_key(move.history.pointer, after, restores=move.restores is not None)
    return Subject(move.path, before.oid if before is not None else None, move.blob, key)


def requester_of(move: PointerMove, author: str) -> str:
    """Who asks for a pointer change: a new pointer says it, of a rollback it is who made the commit."""
    if move.restores is None and isinstance(move.after, Pointer):
        return move.after.requested_by
    return author


def assess(change: Change, move: PointerMove, ballot: Ballot, *, author: str, now: int) -> Assessment:
    """Judge one pointer change by the policy of its base. Raises RefusedError where there is none to judge it by."""
    policy = change.base.load(layout.policy_path(move.environment), Policy)
    if policy is None or isinstance(policy, Unreadable):
        problem = f"there is no policy of {move.environment}" if policy is None else str(policy)
        raise RefusedError(
            f"{move.path} cannot be judged: {problem}",
            f"Merge {layout.policy_path(move.environment)} first; a change is judged by the policy before it.",
        )
    after = move.after if isinstance(move.after, Pointer) else None
    undoing = undoing_of(move)
    requester = requester_of(move, author)
    seen = Evidence(
        environment=move.environment,
        model=move.model,
        before=move.history.pointer,
        after=after,
        requester=requester,
        undoing=undoing,
        unfit=_unfit(change.base, move),
        metrics=_metrics(change.head, move.model, after) or {},
        live_metrics=_metrics(change.base, move.model, move.history.pointer),
        specs=_specs(change.base, move.model),
        approvers=tuple(
            Approver(vote.principal, vote.names, vote.key)
            for vote in ballot.votes
            if vote.role is Role.APPROVE
        ),
        request_is_proven=any(
            vote.role is Role.REQUEST and is_requester(vote.names, requester) for vote in ballot.votes
        ),
        soaks=_soaks(change, policy, move.model) if undoing is Undoing.NO else {},
    )
    return Assessment(assess_all(policy, seen, now), counted(policy, seen))


def undoing_of(move: PointerMove) -> Undoing:
    """Whether a move is a rollback, and whether the state directly before the current promotion returns."""
    if move.restores is not EventKind.ROLLED_BACK:
        return Undoing.NO
    history = move.history
    if history.is_rolled_back or history.blob is None or move.blob != history.state_before(history.blob):
        return Undoing.OLDER
    return Undoing.PREVIOUS


def _unfit(base: Registry, move: PointerMove) -> str | None:
    """Why the version that comes may not be served; main may have banned it after the change was proposed."""
    after = move.after if isinstance(move.after, Pointer) else None
    if after is None or after.version is None or after.manifest is None:
        return None
    return target_problem(base, move.environment, move.model, after.version, after.manifest)


def _metrics(registry: Registry, model: str, pointer: Pointer | None) -> dict[str, float] | None:
    """The metrics of what a pointer serves; none where its manifest cannot be read, None where it serves nothing."""
    if pointer is None or pointer.version is None:
        return None
    try:
        return dict(registry.release(model, pointer.version).manifest.metrics)
    except MooringError:
        # The rules name what is wrong with the manifest; to a gate it is a version without data.
        return {}


def _specs(registry: Registry, model: str) -> dict[str, MetricSpec]:
    found = registry.load(layout.model_path(model), Model)
    return dict(found.metrics) if isinstance(found, Model) else {}


def _soaks(change: Change, policy: Policy, model: str) -> dict[str, PointerHistory]:
    named = {spec.soak.in_ for spec in policy.gates if spec.soak is not None}
    return {environment: change.past.of(environment, model) for environment in sorted(named)}
