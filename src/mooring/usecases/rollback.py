"""Roll back: one command, one commit, seconds, and it stays rolled back (DESIGN 4.2 and 4.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from mooring.domain import layout
from mooring.domain.environment import Policy, RollbackMode
from mooring.domain.events import Event, PointerHistory
from mooring.domain.finding import Finding
from mooring.domain.model import ModelVersion
from mooring.domain.promotion import RollbackPlan, plan_rollback, rollback_targets
from mooring.domain.reasons import check_reason
from mooring.domain.registry import Registry
from mooring.errors import MooringError, RefusedError
from mooring.stores.git.repository import BlobId
from mooring.stores.hub import Hub
from mooring.usecases.judging import judge
from mooring.usecases.messages import restore_message, revert_message, with_rollback_trailers
from mooring.usecases.promote import push_branch

if TYPE_CHECKING:
    from mooring.stores.git.remote import RefUpdate
    from mooring.stores.remotes import Presence


class RollbackOutcome(StrEnum):
    """What became of a rollback."""

    DONE = "rolled-back"
    PROPOSED = "proposed"
    ALREADY = "already"
    WOULD_DO = "would-roll-back"
    WOULD_PROPOSE = "would-propose"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A rollback as it was planned and what became of it.

    `commit` is the commit on main, or on `branch` where it is only proposed; `undone_commit` the commit whose promotion
    is undone; `bytes` says whether the bytes of the version that returns are present, missing or unknown; `approvals`
    is how many a proposal of it needs; `url` is its pull request, where there is a forge.
    """

    plan: RollbackPlan
    outcome: RollbackOutcome
    base: str
    commit: str | None = None
    branch: str | None = None
    undone_commit: str | None = None
    bytes: str = "unknown"
    why_proposed: str | None = None
    warnings: tuple[Finding, ...] = ()
    approvals: int = 0
    url: str | None = None


PresenceOf = Callable[[Registry, ModelVersion], "Presence"]


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """What was asked for; see `domain.promotion.plan_rollback`."""

    model: str
    environment: str
    reason: str
    to_version: str | None = None
    promotion: str | None = None
    to_nothing: bool = False
    propose: bool = False


def rollback(
    hub: Hub, request: RollbackRequest, *, presence: PresenceOf, dry_run: bool = False
) -> RolledBack:
    """Undo a promotion by one commit on main, or by a proposal where the policy or `propose` says so.

    Asked twice, the second time changes nothing. A promotion that comes in between is never undone in place of the one
    that was meant: RefusedError names it. Where the server refuses the push to main, it is proposed. Raises
    RefusedError when the older state may not return (its version is gone, quarantined or its bytes are missing), naming
    the nearest that may; UsageError for a reason that cannot be kept; NotFoundError; UnavailableError.
    """
    request = replace(request, reason=check_reason(request.reason))
    hub.require_remote()
    first = plan_on(hub, hub.refresh(), request, presence)
    if first.outcome is RollbackOutcome.ALREADY or dry_run:
        return first
    if first.outcome is RollbackOutcome.WOULD_PROPOSE:
        return propose(hub, first, request)
    from mooring.stores.git.push import RemoteRefusedError

    try:
        return _land(hub, first, request, presence)
    except RemoteRefusedError as refused:
        # At that hour a proposal that somebody else can merge is better than an error and nothing.
        why = f"{refused.message.splitlines()[0]}"
        done = propose(hub, plan_on(hub, hub.refresh(), request, presence), request)
        return replace(done, why_proposed=why)


def _land(hub: Hub, first: RolledBack, request: RollbackRequest, presence: PresenceOf) -> RolledBack:
    from mooring.stores.git.remote import RefUpdate

    done = first

    def build(tip: str) -> list[RefUpdate] | None:
        nonlocal done
        if tip != first.base:
            done = plan_on(hub, tip, request, presence)
            _refuse_another(first, done)
            if done.outcome is RollbackOutcome.ALREADY:
                return None
        return [RefUpdate(done.commit, f"refs/heads/{hub.branch}", tip)]

    what = f"the rollback of {request.model} in {request.environment}"
    if hub.land(build, what=what, fetched=first.base) is None:
        return done
    return replace(done, outcome=RollbackOutcome.DONE)


def _refuse_another(first: RolledBack, now: RolledBack) -> None:
    wanted = first.plan.undone.promotion if first.plan.undone is not None else None
    held = now.plan.undone.promotion if now.plan.undone is not None else None
    live = now.plan.target
    if now.outcome is RollbackOutcome.ALREADY and live is not None and live.promotion == wanted:
        model, environment, target = now.plan.model, now.plan.environment, first.plan.target
        command = f"mooring withdraw {model} --from {environment}"
        if target is not None and target.version is not None:
            command = f"mooring rollback {model} --in {environment} --to-version {target.version}"
        raise RefusedError(
            f"something newer was promoted and rolled back meanwhile, and {model}@{live.version} is live still "
            f"(promotion {wanted}); nothing was rolled back",
            f"If it is to go: {command} --reason '...'",
        )
    if now.outcome is not RollbackOutcome.ALREADY and held != wanted and now.plan.undone is not None:
        raise RefusedError(
            f"{now.plan.undone.requested_by} promoted {now.plan.model}@{now.plan.undone.version} meanwhile "
            f"(promotion {held}); nothing was rolled back",
            f"Look at it: mooring history {now.plan.model} --env {now.plan.environment}; then ask again.",
        )


def propose(hub: Hub, planned: RolledBack, request: RollbackRequest) -> RolledBack:
    """Put a planned rollback on its branch."""
    branch = layout.rollback_branch(request.environment, request.model)
    there = hub.branches(branch).get(branch)
    if there is not None and planned.commit is not None and _same_tree_change(hub, there, planned):
        return replace(planned, outcome=RollbackOutcome.PROPOSED, branch=branch, commit=there)
    push_branch(hub, branch, planned.commit or planned.base, there)
    return replace(planned, outcome=RollbackOutcome.PROPOSED, branch=branch)


def _same_tree_change(hub: Hub, there: str, planned: RolledBack) -> bool:
    """Whether the proposal that is there puts the same blob on the same main."""
    path = [planned.plan.path]
    on_same_main = hub.repository.parents(there)[:1] == (planned.base,)
    return on_same_main and hub.repository.blob_ids(there, path) == [planned.plan.blob]


def plan_on(hub: Hub, tip: str, request: RollbackRequest, presence: PresenceOf) -> RolledBack:
    """The rollback as a commit on `tip` that no ref names yet; raises as `rollback` does."""
    registry, past = hub.registry(tip), hub.history(tip)
    history = past.of(request.environment, request.model)
    if not past.is_complete():
        raise RefusedError(
            f"{hub.repository.path} is a shallow clone and does not know what was live before",
            "Get the history first: git fetch --unshallow",
        )
    plan = plan_rollback(
        registry,
        history,
        now=hub.repository.committer_time(tip),
        to_version=request.to_version,
        promotion=request.promotion,
        to_nothing=request.to_nothing,
    )
    if plan.already is not None:
        return RolledBack(plan, RollbackOutcome.ALREADY, tip)
    there = _bytes(registry, history, plan, presence, now=hub.repository.committer_time(tip))
    event = _introducing(history)
    commit = hub.repository.commit_with(
        tip,
        {plan.path: BlobId(plan.blob) if plan.blob is not None else None},
        message=_message(hub, plan, history, event, request),
    )
    warnings = judge(hub, tip, commit, what=f"the rollback of {request.model} in {request.environment}")
    policy = _policy(registry, plan)
    why = _why_proposed(policy, plan, request)
    outcome = RollbackOutcome.WOULD_DO if why is None else RollbackOutcome.WOULD_PROPOSE
    undone = event.moment.commit if event is not None else None
    free = plan.is_previous and policy.rollback is RollbackMode.DIRECT
    approvals = 0 if free else policy.approvals.required
    return RolledBack(plan, outcome, tip, commit, None, undone, there, why, warnings, approvals)


def _policy(registry: Registry, plan: RollbackPlan) -> Policy:
    found = registry.load(layout.policy_path(plan.environment), Policy)
    return found if isinstance(found, Policy) else Policy(name=plan.environment)


def _why_proposed(policy: Policy, plan: RollbackPlan, request: RollbackRequest) -> str | None:
    """Why the rollback cannot be merged at once; None when it can."""
    if request.propose:
        return "--propose was given"
    if policy.rollback is not RollbackMode.DIRECT:
        return f"the policy of {plan.environment} asks for a reviewed rollback (rollback: {policy.rollback})"
    if not plan.is_previous and policy.approvals.required:
        return f"{plan.environment} asks for {policy.approvals.required} approval(s) of any state but the one before"
    return None


def _introducing(history: PointerHistory) -> Event | None:
    """The event that first brought the blob that lies there now."""
    return next((event for event in history.events if event.blob == history.blob), None)


def _message(
    hub: Hub, plan: RollbackPlan, history: PointerHistory, event: Event | None, request: RollbackRequest
) -> str:
    message = restore_message(plan.environment, plan.model, plan.undone, plan.target)
    newest = history.newest
    if event is not None and newest is not None and newest.blob == event.blob and plan.is_previous:
        parents = hub.repository.parents(event.moment.commit)
        touched = hub.repository.changed_paths(parents[0], event.moment.commit) if parents else []
        if [change.path for change in touched] == [plan.path]:
            message = revert_message(event.moment, parents[0] if len(parents) > 1 else None)
    undone = plan.undone.promotion if plan.undone is not None else None
    return with_rollback_trailers(message, undone, request.reason, str(hub.repository.identity()))


def _bytes(
    registry: Registry, history: PointerHistory, plan: RollbackPlan, presence: PresenceOf, *, now: int
) -> str:
    """Whether the bytes that return are there; RefusedError naming the nearest target whose bytes are."""
    if plan.target is None or plan.target.version is None:
        return "not needed"
    release = registry.release(plan.model, plan.target.version)
    found = presence(registry, release.manifest)
    if found.value != "missing":
        return str(found.value)
    hint = f"Withdraw it instead: mooring withdraw {plan.model} --from {plan.environment} --reason '...'"
    for blob, pointer in rollback_targets(registry, history, now=now):
        if blob == plan.blob or pointer.version is None or pointer.version == _current(history):
            continue
        try:
            candidate = registry.release(plan.model, pointer.version).manifest
        except MooringError:
            continue
        if presence(registry, candidate).value == "present":
            hint = (
                f"The nearest version whose bytes are there: mooring rollback {plan.model} "
                f"--in {plan.environment} --to-version {pointer.version} --reason '...'"
            )
            break
    raise RefusedError(
        f"the bytes of {plan.model}@{plan.target.version} are not in the remote any more", hint
    )


def _current(history: PointerHistory) -> str | None:
    return history.pointer.version if history.pointer is not None else None
