"""Bring the documents of a work tree into their canonical layout."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mooring.documents.canonical import canonical, layout_of
from mooring.documents.yaml_problem import TextProblem
from mooring.domain import layout
from mooring.domain.layout import FileKind
from mooring.errors import MooringError, UsageError
from mooring.stores.hub import Hub
from mooring.stores.worktree import WorkTree

_SHA1_DIGITS: Final = 40


@dataclass(frozen=True, slots=True)
class Edit:
    """A document whose layout is not the canonical one."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Laid:
    """What became of the documents that were asked for.

    `same` counts those that are canonical already. `left` are files that were named and are not to be touched, with the
    reason. `problems` say what could not be read or laid out.
    """

    edits: tuple[Edit, ...]
    same: int
    left: tuple[tuple[str, str], ...]
    problems: tuple[MooringError, ...]


def lay_out(hub: Hub, places: Sequence[Path], *, write: bool) -> Laid:
    """Lay out the documents at `places`, files or folders, or all of them; without `write` nothing is changed.

    What main holds below `versions/`, and pointers that ever were on it, are never touched (DESIGN section 10); a
    version or pointer that is not on main yet is laid out like the rest. A problem with one does not keep the others
    from being written. Raises NotFoundError and UsageError for a place that is none.
    """
    if hub.repository.is_bare or hub.in_mirror:
        raise UsageError(
            "documents are laid out in a work tree, and there is none",
            "Clone the registry, and run it there.",
        )
    tree = WorkTree(hub.repository.path)
    settled = _Settled(hub, tree)
    wanted, left = _chosen(tree, places)
    edits: list[Edit] = []
    problems: list[MooringError] = []
    same = 0
    for path, is_named in wanted.items():
        if (why := settled.of_version(path)) is not None:
            left += [(path, why)] if is_named else []
            continue
        try:
            edit = _edit(tree, path)
            if edit is not None and (why := settled.of_pointer(edit)) is not None:
                left += [(path, why)] if is_named else []
                continue
            if edit is not None and write:
                tree.replace(path, edit.before, edit.after)
        except MooringError as problem:
            problems.append(problem)
            continue
        edits += [edit] if edit is not None else []
        same += edit is None
    return Laid(tuple(edits), same, tuple(left), tuple(problems))


def _chosen(tree: WorkTree, places: Sequence[Path]) -> tuple[dict[str, bool], list[tuple[str, str]]]:
    """The documents that are asked for, each with whether it was named itself; and the named files that are none."""
    if not places:
        return dict.fromkeys(tree.documents(), False), []
    chosen: dict[str, bool] = {}
    left: list[tuple[str, str]] = []
    for path in map(tree.path_of, places):
        if tree.is_folder(path):
            for found in tree.documents(path):
                chosen.setdefault(found, False)
        elif layout_of(path) is not None:
            chosen[path] = True
        else:
            left.append((path, "it is no YAML document of the registry"))
    return chosen, left


def _edit(tree: WorkTree, path: str) -> Edit | None:
    kind = layout_of(path)
    if kind is None:
        raise UsageError(f"{path} is no document of the registry")
    before = tree.read(path)
    try:
        after = canonical(kind, before)
    except TextProblem as problem:
        raise problem.at(path) from None
    return None if before == after else Edit(path, before, after)


class _Settled:
    """What is on main already and stays as it is to the byte: its digest is pinned, or its blob is its identity."""

    def __init__(self, hub: Hub, tree: WorkTree) -> None:
        self._hub = hub
        self._tree = tree
        refs = (hub.main_ref, f"refs/heads/{hub.branch}")
        known = [hub.repository.commit_id(ref) for ref in refs]
        if not any(known):
            known = [hub.repository.commit_id("HEAD")]
        self._commits = tuple(dict.fromkeys(commit for commit in known if commit is not None))

    def of_version(self, path: str) -> str | None:
        """Why a manifest must not be touched; None where it may, and for everything else."""
        identity = layout.identify(path)
        if identity is None or identity.kind is not FileKind.MANIFEST:
            return None
        if any(self._hub.registry(commit).files.entry(path) is not None for commit in self._commits):
            return "versions on main are immutable"
        if self._tree.holds(f"{path.rpartition('/')[0]}/{layout.SIGNATURE}"):
            return "it is signed, and the signature is over these bytes"
        return None

    def of_pointer(self, edit: Edit) -> str | None:
        """Why a pointer must not be touched: one that ever was on main is known by its bytes, also where a revert
        brings it back.
        """
        identity = layout.identify(edit.path)
        if identity is None or identity.kind is not FileKind.POINTER:
            return None
        for commit in self._commits:
            known = self._hub.history(commit).of(identity.environment or "", identity.model or "").introduced
            if any(_blob_id(edit.before, like=blob) == blob for blob in known):
                return "pointers on main are changed by promotions only"
        return None


def _blob_id(data: bytes, *, like: str) -> str:
    """The id of a blob in the object format of another id."""
    found = hashlib.sha1(usedforsecurity=False) if len(like) == _SHA1_DIGITS else hashlib.sha256()
    found.update(b"blob %d\0" % len(data) + data)
    return found.hexdigest()
