"""Replace damaged or missing objects of a DVC remote from a good copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry
from mooring.errors import MooringError
from mooring.stores.hub import Hub
from mooring.stores.storage import remote_config

if TYPE_CHECKING:
    from mooring.stores.artifacts import ArtifactCache, Progress


@dataclass(frozen=True, slots=True)
class Healed:
    """One version: the keys of the objects that were replaced, or why it could not be mended."""

    ref: str
    replaced: tuple[str, ...]
    error: MooringError | None = None


def heal_versions(
    hub: Hub, commit: str, references: Sequence[str], *, cache: ArtifactCache, progress: Progress
) -> tuple[Healed, ...]:
    """Read every object of the versions that `references` mean (all that are live, when none) and mend the wrong ones.

    A version that cannot be mended is told and stops no other. Raises NotFoundError for an unknown reference, or where
    no remote is configured.
    """
    from mooring.stores.dvc import heal

    registry = hub.registry(commit)
    config = remote_config(hub, commit)
    wanted = {registry.resolve(parse_reference(reference)).ref for reference in references} or _live(registry)
    healed: list[Healed] = []
    for ref in sorted(wanted):
        model, _, version = ref.partition("@")
        try:
            artifact = registry.release(model, version).manifest.artifact
            healed.append(Healed(ref, heal(artifact, config, cache, progress=progress)))
        except MooringError as error:
            healed.append(Healed(ref, (), error))
    return tuple(healed)


def _live(registry: Registry) -> set[str]:
    return {
        f"{name}@{pointer.version}"
        for name in registry.model_names()
        for pointer in registry.pointers(name).values()
        if pointer.version is not None
    }
