"""The steps of a plan: each pointer that a change moves, and each version that it registers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from mooring.domain import layout, versions
from mooring.domain.change import Change
from mooring.domain.compatibility import compare
from mooring.domain.environment import Policy
from mooring.domain.events import EventKind
from mooring.domain.finding import Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.metric_deltas import metric_deltas
from mooring.domain.model import MetricSpec, Model, ModelVersion
from mooring.domain.plan import (
    Action,
    Bytes,
    Changed,
    Dependents,
    Elsewhere,
    Step,
    WayBack,
    last_stretch,
    way_back_of,
)
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Registry
from mooring.domain.verdict import Verdict
from mooring.domain.versions import Versioning
from mooring.errors import MooringError
from mooring.rules.pointer_moves import PointerMove, moves
from mooring.rules.releases import bump_baseline
from mooring.usecases.diff import section_differences

MOST_SKIPPED: Final = 20
_RELEASE: Final = re.compile(r"(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})\.(0|[1-9][0-9]{0,18})")


Judge = Callable[[Change, PointerMove], tuple[Verdict, ...]]
"""What the gates say of a move; raises RefusedError where there is nothing to judge it by."""


class Surroundings(Protocol):
    """What the steps ask of the world around the two states."""

    def gates(self, change: Change, move: PointerMove) -> tuple[Verdict, ...]:
        """What the gates say of one move; raises RefusedError where there is nothing to judge it by."""

    def there(self, registry: Registry, manifest: ModelVersion) -> str:
        """Whether the remote has the bytes of a version of this state: present, missing or unknown."""

    def dependents(self, step: Step) -> Dependents:
        """Who depends on what a step brings or takes away."""


@dataclass(frozen=True)
class Brief:
    """Surroundings of a short plan: gates alone; no remote is asked and no lineage read."""

    judge: Judge

    def gates(self, change: Change, move: PointerMove) -> tuple[Verdict, ...]:
        """As `judge` says."""
        return self.judge(change, move)

    def there(self, registry: Registry, manifest: ModelVersion) -> str:  # noqa: ARG002 - nobody is asked
        """Unknown."""
        return "unknown"

    def dependents(self, step: Step) -> Dependents:  # noqa: ARG002
        """None."""
        return Dependents()


def steps_of(change: Change, around: Surroundings) -> tuple[Step, ...]:
    """Every step of a change: registrations first, then moves, each in the order of their paths."""
    return (*_releases(change, around), *(_move(change, move, around) for move in moves(change)))


def _releases(change: Change, around: Surroundings) -> Iterator[Step]:
    for file in change.of_kind(FileKind.MANIFEST):
        place = file.identity
        if file.before is not None or place is None or place.model is None or place.version is None:
            continue
        step = Step(
            action=Action.REGISTER, model=place.model, path=file.path, version=place.version, previous=None
        )
        version = versions.try_parse(place.version, change.head.versioning(place.model))
        base = bump_baseline(change.head, place.model, version) if version is not None else None
        if base is not None and version is not None and version.scheme is Versioning.SEMVER:
            step = replace(step, given=versions.bump_between(base, version))
        step = replace(
            step,
            previous=base.text if base is not None else None,
            elsewhere=_elsewhere(change, place.model, None),
        )
        yield _compared(change, step, around, change.head)


def _move(change: Change, move: PointerMove, around: Surroundings) -> Step:
    before = move.before if isinstance(move.before, Pointer) else None
    after = move.after if isinstance(move.after, Pointer) else None
    action = _action(move)
    step = Step(
        action=action,
        model=move.model,
        path=move.path,
        environment=move.environment,
        version=after.version if after is not None else None,
        previous=before.version if before is not None else None,
        pointer=after,
        replaced=before,
        stretch=last_stretch(move.history, move.blob) if move.blob is not None and move.restores else None,
        elsewhere=_elsewhere(change, move.model, move.environment),
    )
    if action is Action.UNREADABLE:
        step = replace(step, problem=str(move.after))
    try:
        step = replace(step, gates=around.gates(change, move))
    except MooringError as error:
        step = replace(step, problem=step.problem or error.message)
    skipped = tuple(_skipped(change, move, step))
    step = replace(step, skipped=skipped[-MOST_SKIPPED:], skipped_more=len(skipped[:-MOST_SKIPPED]))
    step = _compared(change, step, around, change.base)
    step = replace(step, dependents=around.dependents(step), way_back=_way_back(change, step, around))
    broken = [one for one in step.dependents.shown if one.suits is False]
    unsuited = [
        f"{one.ref} is live in {move.environment} and requires {one.needs}; this brings {step.version or 'nothing'}"
        for one in broken
    ]
    return replace(step, notes=(*step.notes, *unsuited))


def _action(move: PointerMove) -> Action:
    if move.restores is EventKind.REMOVED:
        return Action.REMOVE
    if move.restores is EventKind.REVERTED_ROLLBACK:
        return Action.RESTORE
    if isinstance(move.after, Unreadable):
        return Action.UNREADABLE
    if move.restores is EventKind.ROLLED_BACK:
        return Action.ROLLBACK
    gone = isinstance(move.after, Pointer) and move.after.is_withdrawal
    return Action.WITHDRAW if gone else Action.PROMOTE


def _compared(change: Change, step: Step, around: Surroundings, older: Registry) -> Step:
    """The step with what differs between the version that comes and the one that it is compared with."""
    new, trouble = _manifest(change.head, step.model, step.version)
    old, other = _manifest(older, step.model, step.previous)
    step = replace(step, notes=tuple(one for one in (trouble, other) if one is not None))
    if old is not None:
        step = replace(step, replaced_artifact=_bytes(old, "unknown"))
    if new is None:
        return step
    step = replace(
        step,
        artifact=_bytes(new, around.there(change.head, new)),
        parents=new.lineage.parents if new.lineage is not None else (),
        breaking=new.breaking and step.action is Action.REGISTER,
    )
    specs = _specs(change, step.model)
    tolerances = _tolerances(change, step.environment)
    if old is None:
        return replace(step, metrics=metric_deltas({}, new.metrics, specs, tolerances=tolerances))
    if old == new:
        return step
    return replace(
        step,
        metrics=metric_deltas(old.metrics, new.metrics, specs, tolerances=tolerances),
        changes=tuple(
            Changed(one.section, one.name, one.before, one.after) for one in section_differences(old, new)
        ),
        interface=compare(old.interface, new.interface),
    )


def _manifest(registry: Registry, model: str, version: str | None) -> tuple[ModelVersion | None, str | None]:
    """The manifest of a version, or why there is none to compare; neither where nothing is served."""
    if version is None:
        return None, None
    found = registry.load(layout.manifest_path(model, version), ModelVersion)
    if isinstance(found, ModelVersion):
        return found, None
    return None, str(found) if found is not None else f"{model}@{version} is not in the registry"


def _bytes(manifest: ModelVersion, there: str) -> Bytes:
    files = manifest.artifact.files
    size = sum(file.size for file in files)
    return Bytes(manifest.version, manifest.artifact.digest, size, len(files), there)


def _specs(change: Change, model: str) -> Mapping[str, MetricSpec]:
    """What metrics mean as the base says it; of a new model, as it says itself."""
    for registry in (change.base, change.head):
        found = registry.load(layout.model_path(model), Model)
        if isinstance(found, Model):
            return found.metrics
    return {}


def _tolerances(change: Change, environment: str | None) -> dict[str, float]:
    policy = change.base.load(layout.policy_path(environment), Policy) if environment is not None else None
    gates = policy.gates if isinstance(policy, Policy) else ()
    return {
        gate.metric: gate.tolerance
        for gate in gates
        if gate.metric is not None and gate.tolerance is not None
    }


def _elsewhere(change: Change, model: str, here: str | None) -> tuple[Elsewhere, ...]:
    found = []
    for environment, pointer in change.base.pointers(model).items():
        if environment == here:
            continue
        history = change.past.of(environment, model) if change.past.is_complete() else None
        newest = history.newest if history is not None else None
        since = newest.moment.time if newest is not None else None
        held = history is not None and history.is_rolled_back
        found.append(Elsewhere(environment, pointer.version, since, held))
    return tuple(found)


def _skipped(change: Change, move: PointerMove, step: Step) -> list[str]:
    """The releases between what is live and what comes that never were live there, in rising order."""
    if step.action is not Action.PROMOTE or step.version is None or step.previous is None:
        return []
    scheme = change.base.versioning(move.model)
    low, high = (versions.try_parse(one, scheme) for one in (step.previous, step.version))
    if low is None or high is None or not low < high:
        return []
    names = [child.name for child in change.base.files.children(layout.versions_folder(move.model))]
    if scheme is Versioning.SEMVER:
        # Parsing 100 000 names takes a second and a half; releases are told and ordered by their three numbers.
        numbered = [
            (tuple(map(int, match.groups())), name)
            for name in names
            if (match := _RELEASE.fullmatch(name)) is not None
        ]
        between = [name for numbers, name in sorted(numbered) if low.numbers[:3] < numbers < high.numbers[:3]]
    else:
        parsed = [one for name in names if (one := versions.try_parse(name, scheme)) is not None]
        between = [one.text for one in sorted(parsed) if low < one < high]
    live = move.history.versions_live()
    return [name for name in between if name not in live]


def _way_back(change: Change, step: Step, around: Surroundings) -> WayBack | None:
    command = way_back_of(step.action, step.environment or "", step.model, step.replaced)
    if command is None:
        return None
    if step.previous is None:
        return WayBack(command, "nothing", "not needed")
    manifest, _ = _manifest(change.base, step.model, step.previous)
    there = around.there(change.base, manifest) if manifest is not None else "unknown"
    return WayBack(command, f"{step.model}@{step.previous}", there)
