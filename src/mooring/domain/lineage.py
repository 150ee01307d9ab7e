"""Who descends from whom among the versions of one state."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from mooring.domain import layout
from mooring.domain.layout import FileKind
from mooring.domain.model import ModelVersion

if TYPE_CHECKING:
    from mooring.domain.registry import Registry

_NONE: frozenset[str] = frozenset()


class Lineage:
    """The parents that manifests name, as `model@version`; manifests that are missing or unreadable name none.

    What is asked for is read, level by level, and remembered: a version costs its ancestors, once.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._parents: dict[str, tuple[str, ...]] = {}
        self._loops: dict[str, frozenset[str]] = {}

    def parents(self, ref: str) -> tuple[str, ...]:
        """What `ref` says that it was made from."""
        if ref not in self._parents:
            self._read([ref])
        return self._parents[ref]

    def loop(self, ref: str) -> frozenset[str]:
        """All versions that are both ancestors and descendants of `ref`, itself among them; empty as it should be."""
        if not self.parents(ref):
            return _NONE
        if ref not in self._loops:
            self._read_ancestors(ref)
            self._find_loops(ref)
        return self._loops[ref]

    def way(self, start: str, goal: str) -> tuple[str, ...]:
        """The shortest way from a version over its parents to another one; empty where no way leads there."""
        came_from: dict[str, str] = {start: start}
        level = [start]
        while level and goal not in came_from:
            below = []
            for ref in level:
                fresh = [parent for parent in self.parents(ref) if parent not in came_from]
                came_from.update(dict.fromkeys(fresh, ref))
                below += fresh
            level = below
        if goal not in came_from:
            return ()
        way = [goal]
        while way[-1] != start:
            way.append(came_from[way[-1]])
        return tuple(reversed(way))

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        places = [layout.identify(entry.path) for entry in self._registry.files.walk(layout.REGISTRY)]
        everything = [
            f"{place.model}@{place.version}"
            for place in places
            if place is not None and place.kind is FileKind.MANIFEST
        ]
        self._read(everything)
        found: dict[str, list[str]] = {}
        for ref in everything:
            for parent in self._parents[ref]:
                found.setdefault(parent, []).append(ref)
        return found

    def children(self, ref: str) -> tuple[str, ...]:
        """The versions that name `ref` among their parents. Reads every manifest of the registry."""
        return tuple(self._children.get(ref, ()))

    def _read(self, refs: Iterable[str]) -> None:
        paths = {ref: _path(ref) for ref in refs if ref not in self._parents}
        found = self._registry.load_many(list(paths.values()), ModelVersion)
        for ref, path in paths.items():
            manifest = found.get(path)
            known = manifest.lineage if isinstance(manifest, ModelVersion) else None
            self._parents[ref] = known.parents if known is not None else ()

    def _read_ancestors(self, ref: str) -> None:
        level = {ref}
        seen = {ref}
        while level:
            self._read(level)
            above = {parent for one in level for parent in self._parents[one]}
            level = {parent for parent in above - seen if parent not in self._loops}
            seen |= level

    def _find_loops(self, start: str) -> None:
        """Tarjan's strongly connected components, without recursion: lineage may be longer than Python's stack."""
        number: dict[str, int] = {start: 0}
        lowest: dict[str, int] = {start: 0}
        stack = [start]
        waiting = {start}
        path = [(start, iter(self._parents[start]))]
        while path:
            ref, rest = path[-1]
            parent = next((one for one in rest if one not in self._loops), None)
            if parent is None:
                path.pop()
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[ref])
                if lowest[ref] == number[ref]:
                    members = [stack.pop()]
                    while members[-1] != ref:
                        members.append(stack.pop())
                    waiting.difference_update(members)
                    self._settle(members)
            elif parent not in number:
                number[parent] = lowest[parent] = len(number)
                stack.append(parent)
                waiting.add(parent)
                path.append((parent, iter(self._parents[parent])))
            elif parent in waiting:
                lowest[ref] = min(lowest[ref], number[parent])

    def _settle(self, members: list[str]) -> None:
        is_loop = len(members) > 1 or members[0] in self._parents[members[0]]
        self._loops.update(dict.fromkeys(members, frozenset(members) if is_loop else _NONE))


def _path(ref: str) -> str:
    model, _, version = ref.partition("@")
    return layout.manifest_path(model, version)
