"""One state of a repository, as the registry reads it: entries of a tree and the documents they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mooring.domain.document import Document
from mooring.domain.finding import Unreadable

D = TypeVar("D", bound=Document)

LINK = "120000"
"""The mode that Git gives to a symbolic link."""
EXECUTABLE = "100755"
"""The mode that Git gives to a file that may be run."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a tree: `kind` is blob, tree or commit (a submodule); `path` counts from the top."""

    path: str
    mode: str
    kind: str
    oid: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_regular(self) -> bool:
        """Whether it is a file with bytes of its own: no link, no submodule, no folder."""
        return self.kind == "blob" and self.mode != LINK


class Files(Protocol):
    """One state of a repository: a commit, the index, or a dictionary in a test."""

    @property
    def commit(self) -> str | None:
        """The commit this is the state of, if it is one."""

    def entry(self, path: str) -> Entry | None:
        """The entry at `path`, or None."""

    def look_up(self, paths: Sequence[str]) -> None:
        """Say which paths `entry` will be asked for, so that they can be found in one go."""

    def list_up(self, folders: Sequence[str]) -> None:
        """Say which folders `children` will be asked for, so that they can be read in one go."""

    def children(self, folder: str) -> Sequence[Entry]:
        """The direct entries of `folder`, sorted by path; empty when there is no such folder."""

    def walk(self, folder: str) -> Sequence[Entry]:
        """All blobs and submodules below `folder`, sorted by path."""

    def read(self, entry: Entry) -> bytes:
        """The bytes of a blob."""

    def documents(self, entries: Sequence[Entry], kind: type[D]) -> Iterator[tuple[Entry, D | Unreadable]]:
        """Every entry as a document of `kind`, in order, read and parsed in bulk."""
