"""Promote a version, or withdraw what is live: fetch → read → plan → rules → commit → propose."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.documents import codec
from mooring.domain import layout, names
from mooring.domain.finding import Finding, Unreadable
from mooring.domain.pointer import Pointer, Rollout
from mooring.domain.promotion import PromotionPlan, plan_promotion, plan_withdrawal
from mooring.domain.reasons import check_reason
from mooring.domain.references import Reference, SelectorKind
from mooring.errors import NotFoundError, PendingError, RefusedError
from mooring.stores.git.repository import Repository
from mooring.stores.hub import Hub
from mooring.usecases.judging import judge
from mooring.usecases.messages import promotion_message


class Outcome(StrEnum):
    """What became of a request."""

    PROPOSED = "proposed"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LIVE_ALREADY = "live-already"
    WOULD_PROPOSE = "would-propose"


@dataclass(frozen=True, slots=True)
class Promoted:
    """A promotion as it was planned and what became of it; `branch` and `commit` name the proposal.

    `approvals` is how many it needs.
    """

    plan: PromotionPlan
    outcome: Outcome
    branch: str
    commit: str | None
    base: str
    warnings: tuple[Finding, ...] = ()
    approvals: int = 0


def new_promotion_id(now_ms: int) -> str:
    """A ULID for a promotion that is requested at `now_ms` (milliseconds since 1970)."""
    from ulid import ULID

    return str(ULID.from_timestamp(now_ms / 1000))


def promote(
    hub: Hub,
    reference: Reference,
    environment: str,
    *,
    reason: str,
    now_ms: int,
    override: str | None = None,
    rollout: Rollout | None = None,
    replace: bool = False,
    dry_run: bool = False,
) -> Promoted:
    """Propose that the version `reference` means becomes live in `environment`.

    Asked twice, the second time changes nothing; one's own differing proposal is updated, somebody else's only with
    `replace`. Nothing is written with `dry_run`. Raises RefusedError (rules, a standing rollback, another proposal),
    UsageError (a reason that cannot be kept), PendingError while the version is only proposed, NotFoundError,
    UnavailableError.
    """
    names.check_environment_name(environment)
    reason = check_reason(reason)
    override = check_reason(override, "override") if override is not None else None
    hub.require_remote()
    tip = hub.refresh()
    registry = hub.registry(tip)
    try:
        version = registry.resolve(reference).version
    except NotFoundError:
        _refuse_what_is_only_proposed(hub, reference)
        raise
    requester = str(hub.repository.identity())
    plan = plan_promotion(
        registry,
        hub.history(tip).of(environment, reference.model),
        version=version,
        promotion=new_promotion_id(now_ms),
        reason=reason,
        requested_by=requester,
        now=hub.repository.committer_time(tip),
        override=override,
        rollout=rollout,
    )
    return propose(hub, tip, plan, replace=replace, dry_run=dry_run)


def withdraw(
    hub: Hub,
    model: str,
    environment: str,
    *,
    reason: str,
    now_ms: int,
    replace: bool = False,
    dry_run: bool = False,
) -> Promoted:
    """Propose that `environment` serves nothing of `model`; raises as `promote` does."""
    names.check_model_name(model)
    names.check_environment_name(environment)
    reason = check_reason(reason)
    hub.require_remote()
    tip = hub.refresh()
    plan = plan_withdrawal(
        hub.registry(tip),
        hub.history(tip).of(environment, model),
        promotion=new_promotion_id(now_ms),
        reason=reason,
        requested_by=str(hub.repository.identity()),
    )
    return propose(hub, tip, plan, replace=replace, dry_run=dry_run)


def _refuse_what_is_only_proposed(hub: Hub, reference: Reference) -> None:
    if reference.kind is not SelectorKind.VERSION:
        return
    branch = layout.registration_branch(reference.model, reference.selector)
    if branch in hub.branches(branch):
        raise PendingError(
            f"{reference} is registered on the branch {branch} only",
            f"Merge it first: mooring merge {branch}",
        )


def propose(hub: Hub, tip: str, plan: PromotionPlan, *, replace: bool, dry_run: bool) -> Promoted:
    """Put a planned pointer on its branch; `tip` is the fetched main that the plan was made on."""
    wanted = plan.after if plan.after is not None else plan.before
    version = wanted.version if wanted is not None else None
    branch = layout.proposal_branch(plan.environment, plan.model, version)
    if plan.after is None:
        return Promoted(plan, Outcome.LIVE_ALREADY, branch, None, tip)
    # What comes back after a rollback needs one, whatever the policy says (`gates.approvals.required`).
    asked = hub.registry(tip).policy(plan.environment).approvals.required
    approvals = max(asked, 1 if plan.after.override is not None else 0)
    message = promotion_message(plan.environment, plan.model, plan.before, plan.after)
    there = hub.branches(branch).get(branch)
    proposed = _proposed(hub.repository, there, plan.path)
    if proposed is not None and hub.history(tip).promotion_owner(proposed.promotion) is not None:
        proposed = None  # A forge merged it and left the branch: nobody proposes it any more.
    if there is not None and proposed is not None:
        if _same_request(proposed, plan.after) and _same_base(hub, there, tip, plan.path):
            return Promoted(
                plan_with(plan, proposed), Outcome.UNCHANGED, branch, there, tip, approvals=approvals
            )
        if proposed.requested_by != plan.after.requested_by and not replace:
            raise RefusedError(
                f"{proposed.requested_by} proposes {plan.model}@{proposed.version} in {plan.environment} already "
                f"(promotion {proposed.promotion}, branch {branch})",
                "Review that one, or put yours in its place with --replace.",
            )
    commit = hub.repository.commit_with(tip, {plan.path: codec.encode(plan.after)}, message=message)
    warnings = judge(hub, tip, commit, what=f"{message.splitlines()[0]!r}")
    if dry_run:
        return Promoted(plan, Outcome.WOULD_PROPOSE, branch, commit, tip, warnings, approvals)
    push_branch(hub, branch, commit, there)
    outcome = Outcome.UPDATED if proposed else Outcome.PROPOSED
    return Promoted(plan, outcome, branch, commit, tip, warnings, approvals)


def plan_with(plan: PromotionPlan, pointer: Pointer) -> PromotionPlan:
    """The same plan with the pointer that is proposed already, so that its id is the one people see."""
    return PromotionPlan(plan.environment, plan.model, plan.before, pointer, plan.note)


def _proposed(repository: Repository, commit: str | None, path: str) -> Pointer | None:
    if commit is None:
        return None
    (blob,) = repository.blob_ids(commit, [path])
    if blob is None:
        return None
    found = codec.decode(Pointer, repository.read(blob), path)
    return None if isinstance(found, Unreadable) else found


def _same_request(one: Pointer, other: Pointer) -> bool:
    return one.model_copy(update={"promotion": other.promotion}) == other


def _same_base(hub: Hub, proposal: str, tip: str, path: str) -> bool:
    """Whether the pointer that the proposal would replace is still the one on main."""
    fork = hub.repository.merge_base(proposal, tip)
    if fork is None:
        return False
    (then,), (now,) = hub.repository.blob_ids(fork, [path]), hub.repository.blob_ids(tip, [path])
    return then == now


def push_branch(hub: Hub, branch: str, commit: str, expected: str | None) -> None:
    """Put `commit` on the remote's `branch`, which is expected to be at `expected` (None: not to exist)."""
    from mooring.stores.git.remote import RefUpdate

    update = RefUpdate(commit, f"refs/heads/{branch}", expected or "")
    outcome = hub.push([update])
    if not outcome.ok:
        raise outcome.error(f"the branch {branch}")
    hub.catch_up([update])
