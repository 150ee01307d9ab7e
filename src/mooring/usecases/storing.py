"""Bring the bytes of a new version to the remote that main's configuration names, through DVC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.errors import RefusedError
from mooring.stores.describe import Described
from mooring.stores.hub import Hub
from mooring.stores.storage import remote_config

if TYPE_CHECKING:
    from mooring.stores.artifacts import ArtifactCache, Progress


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the bytes are; `inner` are the files to commit with the manifest when the remote lies in the repository."""

    address: str
    inner: Mapping[str, bytes] = field(default_factory=dict)


def store_artifact(
    hub: Hub,
    commit: str,
    sources: Mapping[str, Path],
    described: Described,
    *,
    cache: ArtifactCache,
    progress: Progress | None = None,
) -> Stored:
    """Store the files that were described; the remote is read back before this returns.

    Raises RefusedError when a file changed since it was described, NotFoundError where no remote is configured,
    UnavailableError and IntegrityError as `stores.dvc.store` does.
    """
    from mooring.stores.dvc import store

    config = remote_config(hub, commit)
    stored = store(
        sources,
        config,
        cache,
        roles={file.path: file.role for file in described.files},
        declared={file.path: file.format for file in described.files},
        taken=described.taken or None,
        progress=progress or _silent,
    )
    if (stored.files, stored.dvc) != (described.files, described.dvc):
        raise RefusedError(
            "the files changed while they were registered", "Run it again when nobody writes them."
        )
    inner = {
        path: found if isinstance(found, bytes) else found.read_bytes()
        for path, found in stored.objects.items()
    }
    return Stored(config.address, inner)


def _silent(_path: str, _done: int, _size: int) -> None:
    return None
