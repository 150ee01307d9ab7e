"""What is in a tree, and what is staged in the index."""

from __future__ import annotations

from collections.abc import Sequence

from mooring.errors import RefusedError
from mooring.stores.git.grammar import check_path
from mooring.stores.git.objects import BatchReader, TreeEntry
from mooring.stores.git.process import GitRunner
from mooring.stores.git.trees import KINDS, parse

_BLOB_MODES = ("100", "120")


def listed(runner: GitRunner, tree: str, under: str, *, recursive: bool) -> list[TreeEntry]:
    """The entries of the tree `tree` in the folder `under`; none if it is absent."""
    options = ["-r"] if recursive else []
    return _entries(runner.run("ls-tree", "-z", "--full-tree", *options, tree, "--", *_folder(under)).line)


def blobs_at(reader: BatchReader, tree: str, paths: Sequence[str]) -> list[str | None]:
    """The blob at each path of the tree `tree`, None where there is none; no blob is looked at.

    Every folder on the way is read once: asked for `COMMIT:PATH`, Git reads them anew for each path.
    """
    folders = {"": tree}
    found: dict[str, str] = {}
    wanted = [(check_path(path).split("/"), path) for path in dict.fromkeys(paths)]
    depth = 0
    while wanted:
        fresh = reader.read_many(dict.fromkeys(folders.values()))
        read = {oid: parse(data, len(oid) // 2) for oid, data in fresh}
        below: dict[str, str] = {}
        deeper: list[tuple[list[str], str]] = []
        for parts, path in wanted:
            mode, oid = read[folders["/".join(parts[:depth])]].get(parts[depth], ("", ""))
            if depth + 1 == len(parts) and mode.startswith(_BLOB_MODES):
                found[path] = oid
            elif depth + 1 < len(parts) and KINDS.get(mode) == "tree":
                below["/".join(parts[: depth + 1])] = oid
                deeper.append((parts, path))
        folders, wanted, depth = below, deeper, depth + 1
    return [found.get(path) for path in paths]


def _entries(out: str) -> list[TreeEntry]:
    entries: list[TreeEntry] = []
    for line in out.split("\0"):
        meta, tab, path = line.partition("\t")
        if tab:
            mode, kind, oid = meta.split(" ")
            entries.append(TreeEntry(mode, kind, oid, path))
    return entries


def staged(runner: GitRunner, under: str) -> list[TreeEntry]:
    """What the index holds in the folder `under`; RefusedError for a path with an unresolved conflict."""
    out = runner.run("ls-files", "--stage", "-z", "--full-name", "--", *_folder(under)).line
    entries: list[TreeEntry] = []
    for line in out.split("\0"):
        meta, tab, path = line.partition("\t")
        if not tab:
            continue
        mode, oid, stage = meta.split(" ")
        if stage != "0":
            raise RefusedError(
                f"{path} has an unresolved merge conflict", f"resolve it, then: git add {path}"
            )
        entries.append(TreeEntry(mode, "commit" if mode == "160000" else "blob", oid, path))
    return entries


def _folder(under: str) -> list[str]:
    # The slash makes a file of that name no match.
    return [check_path(under.rstrip("/")) + "/"] if under else []
