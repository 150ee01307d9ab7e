"""What is in a tree, and what is staged in the index."""

from __future__ import annotations

from mooring.errors import RefusedError
from mooring.stores.git.grammar import check_path
from mooring.stores.git.objects import TreeEntry
from mooring.stores.git.process import GitRunner


def listed(runner: GitRunner, tree: str, under: str, *, recursive: bool) -> list[TreeEntry]:
    """The entries of the tree `tree` in the folder `under`; none if it is absent."""
    options = ["-r"] if recursive else []
    out = runner.run("ls-tree", "-z", "--full-tree", *options, tree, "--", *_folder(under)).line
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
