"""Planning a promotion, a withdrawal or a rollback: pure, and it may refuse."""

from __future__ import annotations

from dataclasses import dataclass

from mooring.domain import layout
from mooring.domain.events import PointerHistory
from mooring.domain.holds import HeldError, hold_hint, hold_problem
from mooring.domain.model import Severity, State
from mooring.domain.pointer import Override, Pointer, Rollout
from mooring.domain.registry import Registry
from mooring.errors import NotFoundError, RefusedError


@dataclass(frozen=True, slots=True)
class PromotionPlan:
    """One pointer to be written. `after` is None when nothing has to change, and `note` then says why."""

    environment: str
    model: str
    before: Pointer | None
    after: Pointer | None
    note: str | None = None

    @property
    def path(self) -> str:
        """The pointer's file."""
        return layout.pointer_path(self.environment, self.model)


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """One older state to be restored.

    `blob` is the pointer blob that returns (None: the file is removed), `undone` the pointer that goes. `is_previous`
    says that it is the state directly before the current promotion, the only one that may return without approvals.
    `already` is set when there is nothing to do, and says why.
    """

    environment: str
    model: str
    undone: Pointer | None
    blob: str | None
    target: Pointer | None
    is_previous: bool
    already: str | None = None

    @property
    def path(self) -> str:
        """The pointer's file."""
        return layout.pointer_path(self.environment, self.model)


def target_problem(
    registry: Registry, environment: str, model: str, version: str, manifest: str, *, now: int
) -> str | None:
    """Why a version may not be put (back) into an environment, by its manifest and status; None when it may.

    `now` is the committer time of the state that judges, in seconds since 1970: a status may have expired by then.
    """
    digest = registry.manifest_digest(model, version)
    if digest is None:
        return f"{model}@{version} is not in the registry"
    if digest != manifest:
        return f"the manifest of {model}@{version} is {digest}, not {manifest}"
    return retirement(registry, environment, model, version, now=now)


def retirement(registry: Registry, environment: str, model: str, version: str, *, now: int) -> str | None:
    """Why the status of a version keeps it out of an environment at `now`; None where it does not."""
    status = registry.status(model, version)
    if status is None or not status.applies_to(environment, now=now):
        return None
    if status.state is State.QUARANTINED:
        block = " and blocked" if status.severity is Severity.BLOCK else ""
        return f"{model}@{version} is quarantined{block}: {status.reason}"
    if status.state is State.ARCHIVED:
        return f"{model}@{version} is archived: {status.reason}"
    return None


def plan_promotion(
    registry: Registry,
    history: PointerHistory,
    *,
    version: str,
    promotion: str,
    reason: str,
    requested_by: str,
    now: int,
    override: str | None = None,
    rollout: Rollout | None = None,
) -> PromotionPlan:
    """The pointer that makes `version` live; `now` as for `target_problem`.

    Asking for what is live already changes nothing. Raises NotFoundError for an unknown version or environment and
    RefusedError when the version is retired, left the environment by a rollback and no `override` reason is given, or
    automation asks for it after a rollback.
    """
    environment, model = history.environment, history.model
    policy = registry.policy(environment)
    release = registry.release(model, version)
    before = registry.pointer(environment, model)
    rollout = rollout if rollout is not None else policy.rollout
    if before is not None and (before.version, before.manifest, before.rollout) == (
        version,
        release.digest,
        rollout,
    ):
        return PromotionPlan(
            environment, model, before, None, f"{model}@{version} is live in {environment} already"
        )
    if problem := target_problem(registry, environment, model, version, release.digest, now=now):
        raise RefusedError(problem, f"Promote another version of {model}, or lift the status first.")
    if problem := hold_problem(registry, history, version, requested_by):
        raise HeldError(problem, hold_hint(environment, model, version))
    undone = history.undone_versions.get(version)
    if undone is not None and override is None:
        raise RefusedError(
            f"{model}@{version} left {environment} by a rollback (of promotion {undone})",
            "Promote a newer version, or say why it may come back: --override 'what changed since'.",
        )
    consent = (
        Override(promotion=undone, reason=override) if undone is not None and override is not None else None
    )
    after = Pointer(
        version=version,
        manifest=release.digest,
        promotion=promotion,
        replaces=before.version if before is not None else None,
        reason=reason,
        requested_by=requested_by,
        override=consent,
        rollout=rollout,
    )
    return PromotionPlan(environment, model, before, after)


def plan_withdrawal(
    registry: Registry, history: PointerHistory, *, promotion: str, reason: str, requested_by: str
) -> PromotionPlan:
    """The pointer that serves nothing; raises NotFoundError when nothing ever was deployed."""
    environment, model = history.environment, history.model
    registry.policy(environment)
    before = registry.pointer(environment, model)
    if before is None:
        registry.model(model)
        raise NotFoundError(
            f"nothing of {model} is deployed in {environment}", f"See what is where: mooring status {model}"
        )
    if before.is_withdrawal:
        return PromotionPlan(
            environment, model, before, None, f"{model} is withdrawn from {environment} already"
        )
    after = Pointer(
        version=None,
        manifest=None,
        promotion=promotion,
        replaces=before.version,
        reason=reason,
        requested_by=requested_by,
    )
    return PromotionPlan(environment, model, before, after)


def plan_rollback(
    registry: Registry,
    history: PointerHistory,
    *,
    now: int,
    to_version: str | None = None,
    promotion: str | None = None,
    to_nothing: bool = False,
) -> RollbackPlan:
    """The older state that returns (DESIGN 4.2); `now` as for `target_problem`.

    By default the state before the promotion that the pointer holds now. `to_version` asks for the newest earlier
    state with that version; `promotion` for the state before that promotion. Asked twice, the second time changes
    nothing. Raises NotFoundError when there is no such state, RefusedError when it may not return, naming one that may.
    """
    environment, model = history.environment, history.model
    current = history.pointer
    if history.newest is None:
        registry.model(model)
        registry.policy(environment)
        raise NotFoundError(
            f"{model} was never deployed in {environment}", f"See what is where: mooring status {model}"
        )
    if already := _nothing_to_do(history, to_version, promotion, to_nothing=to_nothing):
        return RollbackPlan(
            environment, model, None, history.blob, current, is_previous=False, already=already
        )
    if history.blob is None:
        raise NotFoundError(
            f"{model} is not deployed in {environment}, so there is nothing to roll back",
            f"Promote a version: mooring promote {model}@VERSION --to {environment} --reason '...'",
        )
    blob = _target(history, to_version, promotion)
    target = history.pointers.get(blob) if blob is not None else None
    if blob is None and not to_nothing:
        raise RefusedError(
            f"{model} had nothing live in {environment} before; rolling back leaves nothing to serve",
            "Say so with --to-nothing, or choose a state with --to-version.",
        )
    if to_nothing and (history.is_rolled_back or _serves(blob, target)):
        was = f"{model}@{target.version}" if target is not None else "a pointer that cannot be read"
        back = f"{model} in {environment} was rolled back already"
        raise RefusedError(
            back if history.is_rolled_back else f"the state before was {was}, not nothing",
            f"To serve nothing: mooring withdraw {model} --from {environment} --reason '...'",
        )
    if blob == history.blob:
        already = f"{model} in {environment} is where it was before promotion {promotion} already"
        return RollbackPlan(environment, model, None, blob, current, is_previous=False, already=already)
    if problem := _target_problem(registry, history, blob, now=now):
        raise RefusedError(problem, nearest_hint(registry, history, blob, now=now))
    previous = not history.is_rolled_back and blob == history.state_before(history.blob)
    return RollbackPlan(environment, model, current, blob, target, is_previous=previous)


def _serves(blob: str | None, pointer: Pointer | None) -> bool:
    """Whether a state serves a version; one that nobody can read is taken to."""
    return blob is not None and not (pointer is not None and pointer.is_withdrawal)


def _nothing_to_do(
    history: PointerHistory, to_version: str | None, promotion: str | None, *, to_nothing: bool
) -> str | None:
    newest = history.newest
    if newest is None:
        return None
    what = f"{history.model} in {history.environment}"
    now = f"{history.model}@{newest.version}" if newest.version else "nothing"
    if to_version is not None:
        return f"{what} is at {to_version} already" if newest.version == to_version else None
    if promotion is not None:
        gone = any(event.undoes == promotion for event in history.events)
        held = history.pointer is not None and history.pointer.promotion == promotion
        return (
            f"promotion {promotion} was rolled back already; {what} serves {now}"
            if gone and not held
            else None
        )
    if to_nothing:
        # Somebody who asks for nothing is not served by hearing that something else was undone.
        return None if _serves(history.blob, history.pointer) else f"{what} serves nothing already"
    if history.is_rolled_back:
        return f"{what} was rolled back already (promotion {newest.undoes}); it serves {now}"
    return None


def _target(history: PointerHistory, to_version: str | None, promotion: str | None) -> str | None:
    if to_version is not None:
        for event in reversed(history.events):
            if (
                event.version == to_version
                and event.blob is not None
                and event.blob not in history.undone_blobs
            ):
                return event.blob
        came = to_version in history.versions_live()
        if came:
            raise RefusedError(
                f"{history.model}@{to_version} left {history.environment} by a rollback; no rollback brings it back",
                f"Promote it with a reason: mooring promote {history.model}@{to_version} --to {history.environment} "
                "--override 'what changed since' --reason '...'",
            )
        raise NotFoundError(
            f"{history.model}@{to_version} was never live in {history.environment}",
            f"These were: {', '.join(history.versions_live()) or 'none'}.",
        )
    if promotion is not None:
        for event in history.events:
            if event.promotion == promotion and event.blob is not None and event.undoes is None:
                return event.before_blob
        raise NotFoundError(
            f"no promotion {promotion} ever changed {history.model} in {history.environment}",
            f"See them all: mooring history {history.model} --env {history.environment}",
        )
    blob = history.blob
    return None if blob is None else history.state_before(blob)


def _target_problem(registry: Registry, history: PointerHistory, blob: str | None, *, now: int) -> str | None:
    if blob is None:
        return None
    if blob in history.undone_blobs:
        return f"that state of {history.model} in {history.environment} was itself left by a rollback"
    pointer = history.pointers.get(blob)
    if pointer is None:
        return f"the earlier pointer {blob[:12]} cannot be read"
    if pointer.version is None or pointer.manifest is None:
        return None
    undone = history.undone_versions.get(pointer.version)
    if undone is not None:
        # An older pointer of the same bytes is no way around the override that a promotion would need.
        return f"{history.model}@{pointer.version} left {history.environment} by a rollback (of promotion {undone})"
    for version in pointer.served:
        if problem := retirement(registry, history.environment, history.model, version, now=now):
            return problem  # a share of an A/B test answers as well
    environment, model = history.environment, history.model
    return target_problem(registry, environment, model, pointer.version, pointer.manifest, now=now)


def rollback_targets(
    registry: Registry, history: PointerHistory, *, now: int
) -> tuple[tuple[str, Pointer], ...]:
    """The earlier states that may return at `now`, newest first, each version once: pairs of blob id and pointer."""
    found: dict[str | None, tuple[str, Pointer]] = {}
    for event in reversed(history.events):
        pointer = history.pointers.get(event.blob) if event.blob is not None else None
        if event.blob is None or pointer is None or event.blob == history.blob or pointer.version in found:
            continue
        if pointer.version is not None and _target_problem(registry, history, event.blob, now=now) is None:
            found[pointer.version] = (event.blob, pointer)
    return tuple(found.values())


def nearest_hint(registry: Registry, history: PointerHistory, unfit: str | None, *, now: int) -> str:
    """What to do instead of a rollback to the blob `unfit`: the command for the nearest state that may return."""
    current = history.pointer.version if history.pointer is not None else None
    for blob, pointer in rollback_targets(registry, history, now=now):
        if blob != unfit and pointer.version != current:
            return (
                f"The nearest valid target: mooring rollback {history.model} --in {history.environment} "
                f"--to-version {pointer.version} --reason '...'"
            )
    withdraw = f"mooring withdraw {history.model} --from {history.environment} --reason '...'"
    return f"There is no earlier valid state. To serve nothing: {withdraw}"
