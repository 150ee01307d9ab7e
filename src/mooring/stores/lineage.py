"""Which versions were made from which: gathered once from all manifests, then carried on by what differs.

A promotion must not read 100 000 manifests to say who depends on a version. What was gathered lies in the cache with
the id of the tree that it was gathered from; from there to any other tree only manifests that differ are looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mooring.domain import layout
from mooring.domain.layout import FileKind
from mooring.domain.model import ModelVersion
from mooring.stores.cache import Cache
from mooring.stores.files import GitFiles, decode_blob
from mooring.stores.git.repository import PathChange, Repository

_NAME: Final = "children"
# The lines as they are always written. Strict YAML takes half a millisecond a manifest: a minute at 100 000.
_WRITTEN: Final = re.compile(rb"^lineage:\n  parents: \[([0-9a-z][0-9A-Za-z./@, -]*)\]$", re.MULTILINE)
_START: Final = b"apiVersion: mooring/v1\nkind: ModelVersion\n"


@dataclass(frozen=True, slots=True)
class Lineage:
    """The parents of every version that has any, both as `model@version`."""

    parents: Mapping[str, tuple[str, ...]]

    def children(self, of: str) -> tuple[str, ...]:
        """The versions that name `of` among their parents, sorted."""
        return tuple(sorted(child for child, parents in self.parents.items() if of in parents))


def lineage_at(repository: Repository, commit: str, cache: Cache) -> Lineage:
    """The lineage of the registry at a commit (or tree); manifests that cannot be read have none."""
    tree = repository.objects.lookup([f"{commit}:{layout.REGISTRY}"])[0]
    if tree is None:
        return Lineage({})
    known = cache.index(_NAME)
    if known is not None and known[0] == tree:
        return Lineage(_thaw(known[1]))
    since, parents = None, dict[str, tuple[str, ...]]()
    # The tree may be gone with a branch that was deleted; then all is gathered anew.
    if known is not None and repository.has_object(known[0]):
        since, parents = known[0], _thaw(known[1])
    changed = repository.changed_paths(since, tree)
    _carry_on(parents, changed, GitFiles(repository, commit, cache))
    cache.put_index(_NAME, tree, json.dumps(parents, separators=(",", ":")))
    return Lineage(parents)


def _thaw(text: str) -> dict[str, tuple[str, ...]]:
    return {child: tuple(parents) for child, parents in json.loads(text).items()}


def _carry_on(parents: dict[str, tuple[str, ...]], changed: Sequence[PathChange], files: GitFiles) -> None:
    """Forget what the changed manifests said, and take in what they say now."""
    came: dict[str, list[str]] = {}
    for change in changed:
        place = layout.identify(f"{layout.REGISTRY}/{change.path}")
        if place is None or place.kind is not FileKind.MANIFEST:
            continue
        child = f"{place.model}@{place.version}"
        parents.pop(child, None)
        if change.new_oid is not None and (change.new_mode or "").startswith("100"):
            came.setdefault(change.new_oid, []).append(child)
    for oid, data in files.contents(list(came)):
        if found := _parents(data):
            parents.update(dict.fromkeys(came[oid], found))


def _parents(data: bytes) -> tuple[str, ...]:
    if b"parents" not in data:
        return ()
    written = _WRITTEN.search(data) if data.startswith(_START) else None
    if written is not None:
        return tuple(written[1].decode("ascii").split(", "))
    manifest = decode_blob(ModelVersion, data, layout.MANIFEST)
    if not isinstance(manifest, ModelVersion) or manifest.lineage is None:
        return ()
    return manifest.lineage.parents
