"""A state of a registry held in a dictionary of paths: the index of a hook, a work tree, a test."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from mooring.documents import codec
from mooring.domain.document import Document
from mooring.domain.finding import Unreadable
from mooring.domain.registry import Entry

D = TypeVar("D", bound=Document)


def blob_id(data: bytes) -> str:
    """Git's id of a blob with these bytes (SHA-1 object format)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class MemoryFiles:
    """Files by path. `modes` gives the mode of those that are no plain file (120000 a link, 160000 a submodule)."""

    content: Mapping[str, bytes]
    modes: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for path, data in sorted(self.content.items()):
            mode = self.modes.get(path, "100644")
            kind = "commit" if mode == "160000" else "blob"
            entries[path] = Entry(path, mode, kind, blob_id(data))
            folder = path.rpartition("/")[0]
            while folder and folder not in entries:
                entries[folder] = Entry(folder, "040000", "tree", "0" * 40)
                folder = folder.rpartition("/")[0]
        return entries

    @cached_property
    def _by_folder(self) -> dict[str, list[Entry]]:
        folders: dict[str, list[Entry]] = {}
        for path, entry in sorted(self._entries.items()):
            folders.setdefault(path.rpartition("/")[0], []).append(entry)
        return folders

    def entry(self, path: str) -> Entry | None:
        """The entry at `path`, or None."""
        return self._entries.get(path)

    def look_up(self, paths: Sequence[str]) -> None:
        """Nothing to prepare: everything is in memory."""

    def list_up(self, folders: Sequence[str]) -> None:
        """Nothing to prepare: everything is in memory."""

    def children(self, folder: str) -> Sequence[Entry]:
        """The direct entries of `folder`, sorted by path."""
        return self._by_folder.get(folder, [])

    def walk(self, folder: str) -> Sequence[Entry]:
        """All blobs and submodules below `folder` (everything for the empty name), sorted by path."""
        prefix = f"{folder}/" if folder else ""
        return [
            entry
            for path, entry in sorted(self._entries.items())
            if path.startswith(prefix) and entry.kind != "tree"
        ]

    def read(self, entry: Entry) -> bytes:
        """The bytes of a blob."""
        return self.content[entry.path]

    def documents(self, entries: Sequence[Entry], kind: type[D]) -> Iterator[tuple[Entry, D | Unreadable]]:
        """Every entry as a document of `kind`, in order."""
        for entry in entries:
            yield entry, codec.decode(kind, self.read(entry), entry.path)
