"""Fetch the bytes of a version: resolve → manifest at the pinned commit → verified files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.domain.formats import UNSAFE
from mooring.domain.model import ModelVersion
from mooring.domain.registry import Registry, Resolution
from mooring.errors import IntegrityError, MooringError, RefusedError
from mooring.stores.hub import Hub
from mooring.stores.remotes import Presence
from mooring.stores.storage import artifact_remote

if TYPE_CHECKING:
    from mooring.stores.artifacts import ArtifactCache, Progress


@dataclass(frozen=True, slots=True)
class Fetched:
    """The files of a version in the cache, by their path in the artifact, with the manifest that vouches for them."""

    resolution: Resolution
    manifest: ModelVersion
    files: Mapping[str, Path]


def manifest_of(registry: Registry, resolution: Resolution) -> ModelVersion:
    """The manifest that a resolution pinned; raises IntegrityError when its bytes are not those that were pinned."""
    release = registry.release(resolution.model, resolution.version)
    if release.digest != resolution.manifest:
        raise IntegrityError(
            f"the manifest of {resolution.ref} is {release.digest}, not {resolution.manifest}"
        )
    return release.manifest


def fetch(
    hub: Hub, resolution: Resolution, *, cache: ArtifactCache, progress: Progress | None = None
) -> Fetched:
    """Bring the files of a resolved version into `cache`, each verified against the manifest.

    Raises IntegrityError for a version that is blocked or bytes that are not what the manifest says, NotFoundError when
    the remote does not have them, UnavailableError when it does not answer.
    """
    if resolution.blocked is not None:
        raise IntegrityError(
            resolution.blocked, "A blocked version is not loaded; roll back or promote another."
        )
    manifest = manifest_of(hub.registry(resolution.commit), resolution)
    cached = {file.path: cache.verify(file) for file in manifest.artifact.files}
    files = {path: found for path, found in cached.items() if found is not None}
    if len(files) < len(cached):
        remotes = [artifact_remote(hub, resolution.commit)]
        files = dict(cache.fetch(manifest.artifact, remotes, progress=progress or _silent))
    return Fetched(resolution, manifest, files)


def check_consent(hub: Hub, fetched: Fetched) -> None:
    """Raise RefusedError when a file can run code as it is loaded and the environment's policy does not consent.

    A version that is named by its number is loaded on the caller's own `trust` alone.
    """
    environment = fetched.resolution.environment
    unsafe = sorted({file.format for file in fetched.manifest.artifact.files} & {str(one) for one in UNSAFE})
    if environment is None or not unsafe:
        return
    policy = hub.registry(fetched.resolution.commit).policy(environment)
    refused = [one for one in unsafe if one not in policy.unsafe_formats]
    if refused:
        raise RefusedError(
            f"{fetched.resolution.ref} is {refused[0]}, which can run code, and {environment} does not consent to that",
            f"Its policy would have to say: unsafe_formats: [{', '.join(refused)}]",
        )


def _silent(_path: str, _done: int, _size: int) -> None:
    return None


def presence_of(hub: Hub, cache: ArtifactCache, registry: Registry, manifest: ModelVersion) -> Presence:
    """Whether the bytes of a version can be had: from the cache, or from the remote if it answers within 2 seconds."""
    if cache.holds(manifest.artifact):
        return Presence.PRESENT
    return stored_of(hub, cache, registry, registry, manifest)


def stored_of(
    hub: Hub, cache: ArtifactCache, trusted: Registry, state: Registry, manifest: ModelVersion
) -> Presence:
    """Whether the remote that `trusted` names has the bytes of a version, if it answers within 2 seconds.

    A remote inside the repository is looked at as it is in `state`: a registration brings its bytes along.
    """
    try:
        remotes = [artifact_remote(hub, trusted.commit, held_by=state.commit)]
    except MooringError:
        # No remote is configured here, or its library is missing: that says nothing about the bytes.
        return Presence.UNKNOWN
    return cache.stored(manifest.artifact, remotes, seconds=2.0)
