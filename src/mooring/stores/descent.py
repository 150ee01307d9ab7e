"""Which versions need which: gathered once from all manifests, then carried on by what differs.

A promotion must not read 100 000 manifests to say who depends on a version. What was gathered lies in the cache with
the id of the tree that it was gathered from; from there to any other tree only manifests that differ are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mooring.domain import layout
from mooring.domain.layout import FileKind
from mooring.domain.model import ModelVersion
from mooring.domain.registry import Entry
from mooring.domain.requires import RequiredModel, parse_required
from mooring.stores.cache import Cache
from mooring.stores.files import GitFiles
from mooring.stores.git.repository import PathChange, Repository

_NAME: Final = "needs"
# The lines as they are always written. Strict YAML takes half a millisecond a manifest: a minute at 100 000.
_WRITTEN: Final = re.compile(rb"^lineage:\n  parents: \[([0-9a-z][0-9A-Za-z./@, -]*)\]$", re.MULTILINE)
_START: Final = b"apiVersion: mooring/v1\nkind: ModelVersion\n"
Needs = tuple[tuple[str, ...], tuple[str, ...]]
"""Of one version: its parents (`model@version`), and the models it requires as people write them."""


@dataclass(frozen=True, slots=True)
class Descent:
    """What every version that needs another says it needs, by `model@version`."""

    needs: Mapping[str, Needs]

    def children(self, of: str) -> tuple[str, ...]:
        """The versions that name `of` (`model@version`) among their parents, sorted."""
        return tuple(sorted(child for child, (parents, _) in self.needs.items() if of in parents))

    def requiring(self, model: str) -> tuple[tuple[str, RequiredModel], ...]:
        """The versions that require `model` to be live beside them, sorted, each with the range it takes."""
        found = [
            (ref, parse_required(text))
            for ref, (_, required) in sorted(self.needs.items())
            for text in required
            if text.startswith(model)
        ]
        return tuple(pair for pair in found if pair[1].model == model)


def descent_at(repository: Repository, commit: str, cache: Cache) -> Descent:
    """What the versions of the registry at a commit (or tree) need; manifests that cannot be read need nothing."""
    tree = repository.objects.lookup([f"{commit}:{layout.REGISTRY}"])[0]
    if tree is None:
        return Descent({})
    known = cache.index(_NAME)
    if known is not None and known[0] == tree:
        return Descent(_thaw(known[1]))
    since, needs = None, dict[str, Needs]()
    # The tree may be gone with a branch that was deleted; then all is gathered anew.
    if known is not None and repository.has_object(known[0]):
        since, needs = known[0], _thaw(known[1])
    _carry_on(needs, repository.changed_paths(since, tree), GitFiles(repository, commit, cache))
    cache.put_index(_NAME, tree, json.dumps(needs, separators=(",", ":")))
    return Descent(needs)


def _thaw(text: str) -> dict[str, Needs]:
    return {ref: (tuple(parents), tuple(required)) for ref, (parents, required) in json.loads(text).items()}


def _carry_on(needs: dict[str, Needs], changed: Sequence[PathChange], files: GitFiles) -> None:
    """Forget what the changed manifests said, and take in what they say now."""
    came: dict[str, list[str]] = {}
    for change in changed:
        place = layout.identify(f"{layout.REGISTRY}/{change.path}")
        if place is None or place.kind is not FileKind.MANIFEST:
            continue
        ref = f"{place.model}@{place.version}"
        needs.pop(ref, None)
        if change.new_oid is not None and (change.new_mode or "").startswith("100"):
            came.setdefault(change.new_oid, []).append(ref)
    for oid, found in _said(files, list(came)):
        needs.update(dict.fromkeys(came[oid], found))


def _said(files: GitFiles, blobs: Sequence[str]) -> Iterable[tuple[str, Needs]]:
    """What each manifest that needs anything says; most say nothing of it and are not parsed."""
    unclear: list[str] = []
    for oid, data in files.contents(blobs):
        if b"parents" not in data and b"requires" not in data:
            continue
        written = _WRITTEN.search(data) if data.startswith(_START) and b"requires" not in data else None
        if written is None:
            unclear.append(oid)
        else:
            yield oid, (tuple(written[1].decode("ascii").split(", ")), ())
    entries = [Entry(layout.MANIFEST, "100644", "blob", oid) for oid in unclear]
    for entry, manifest in files.documents(entries, ModelVersion):
        if not isinstance(manifest, ModelVersion):
            continue
        parents = manifest.lineage.parents if manifest.lineage is not None else ()
        required = tuple(map(str, manifest.requires))
        if parents or required:
            yield entry.oid, (parents, required)
