"""How long a version must be kept: while it is live, may be wanted back by a rollback, or one that is live needs it.

Retention never rewrites: a version that need not be kept is archived by a status, its bytes may then go from the
remote, and its manifest stays for ever (DESIGN 4.1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.events import PointerHistory
from mooring.domain.model import ModelVersion
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Registry
from mooring.domain.text import seconds_of

DAY: Final = 86_400
DEFAULT: Final = 400 * DAY
"""Seconds in which a version that left may come back, where nothing promotes from the environment and its policy says
no other time. An environment that others promote from keeps only what its policy says."""

PastOf = Callable[[str, str], PointerHistory]
"""The history of a pointer, by environment and model."""


def kept_for(registry: Registry, environment: str) -> float:
    """For how many seconds an environment wants back what left it."""
    policy = _policy(registry, environment)
    if policy is not None and policy.retention is not None:
        return seconds_of(policy.retention)
    policies = [_policy(registry, other) for other in registry.environment_names()]
    feeds = any(environment in other.promotes_from for other in policies if other is not None)
    return 0 if feeds else DEFAULT


def _policy(registry: Registry, environment: str) -> Policy | None:
    found = registry.load(layout.policy_path(environment), Policy)
    return found if isinstance(found, Policy) else None


def reasons_to_keep(
    registry: Registry, past_of: PastOf, model: str, version: str, *, now: int
) -> Iterator[tuple[str, str]]:
    """Why a version must not be archived: pairs of environment and reason, none where it may.

    It is live somewhere, was within the retention of an environment up to `now` (seconds since 1970), or is a parent of
    a version that is live.
    """
    ref = f"{model}@{version}"
    for environment in registry.environment_names():
        pointer = registry.load(layout.pointer_path(environment, model), Pointer)
        if isinstance(pointer, Pointer) and version in pointer.served:
            yield environment, f"{ref} is live in {environment}"
        elif (left := _left(past_of(environment, model), version)) is not None:
            keeps = kept_for(registry, environment)
            if now - left < keeps:
                yield environment, f"{ref} was live in {environment} within the last {keeps / DAY:g} days"
        for child in _live(registry, environment):
            if ref in _parents(registry, child):
                yield (
                    environment,
                    f"{ref} is a parent of {child[0]}@{child[1]}, which is live in {environment}",
                )


def _left(history: PointerHistory, version: str) -> int | None:
    """When a version last stopped being served, in seconds since 1970; None where it never was."""
    left = None
    for event in history.events:
        before = history.pointers.get(event.before_blob) if event.before_blob is not None else None
        if before is not None and version in before.served:
            left = event.moment.time
    return left


def _live(registry: Registry, environment: str) -> Iterator[tuple[str, str]]:
    """Model and version of everything that an environment serves."""
    paths = {}
    for entry in registry.files.walk(f"{layout.ENVIRONMENTS}/{environment}"):
        identity = layout.identify(entry.path)
        if identity is not None and identity.model is not None:
            paths[entry.path] = identity.model
    for path, pointer in registry.load_many(list(paths), Pointer).items():
        if isinstance(pointer, Pointer):
            for version in pointer.served:
                yield paths[path], version


def _parents(registry: Registry, child: tuple[str, str]) -> tuple[str, ...]:
    manifest = registry.load(layout.manifest_path(*child), ModelVersion)
    lineage = manifest.lineage if isinstance(manifest, ModelVersion) else None
    return lineage.parents if lineage is not None else ()
