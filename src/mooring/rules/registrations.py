"""What a change registers."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.change import Change
from mooring.domain.layout import FileKind
from mooring.domain.model import ModelVersion


def new_manifests(change: Change) -> Iterator[tuple[str, ModelVersion]]:
    """The path and the document of every manifest that the change adds and that can be read."""
    for file in change.of_kind(FileKind.MANIFEST):
        manifest = change.head.load(file.path, ModelVersion) if file.before is None else None
        if isinstance(manifest, ModelVersion):
            yield file.path, manifest
