"""States of a real repository as `domain.registry.Files`: a commit, or the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias, TypeVar

from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain.document import Document
from mooring.domain.finding import Problem, Unreadable
from mooring.domain.registry import Entry
from mooring.errors import NotFoundError
from mooring.stores.cache import Cache
from mooring.stores.git import grammar, trees
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.repository import Repository

D = TypeVar("D", bound=Document)

MOST_BYTES = 256 * 1024
_AT_ONCE = 1_000


_Names: TypeAlias = dict[str, tuple[str, str]]
"""A folder as Git keeps it: mode and object id by name."""


def _entry(path: str, found: tuple[str, str]) -> Entry:
    mode, oid = found
    return Entry(path, mode.zfill(6), trees.KINDS.get(mode, "blob"), oid)


class GitFiles:
    """The files of one commit, read from the object database; every folder is read at most once and kept."""

    def __init__(self, repository: Repository, commit: str, cache: Cache) -> None:
        self.repository = repository
        self._commit = commit
        self._cache = cache
        self._folders: dict[str, _Names] = {}
        self._children: dict[str, list[Entry]] = {}
        self._here: set[str] = set()

    @property
    def commit(self) -> str | None:
        """The commit this is the state of."""
        return self._commit

    def entry(self, path: str) -> Entry | None:
        """The entry at `path`, or None."""
        folder, _, name = path.rpartition("/")
        self._open([folder])
        found = self._folders[folder].get(name)
        return None if found is None else _entry(path, found)

    def look_up(self, paths: Sequence[str]) -> None:
        """Read the folders of `paths` in one go, for `entry` to answer from."""
        self._open(path.rpartition("/")[0] for path in paths)

    def list_up(self, folders: Sequence[str]) -> None:
        """Read `folders` in one go, for `children` to answer from."""
        self._open(folders)

    def children(self, folder: str) -> Sequence[Entry]:
        """The direct entries of `folder`, sorted by path."""
        if folder not in self._children:
            self._open([folder])
            top = f"{folder}/" if folder else ""
            self._children[folder] = [
                _entry(f"{top}{name}", found) for name, found in sorted(self._folders[folder].items())
            ]
        return self._children[folder]

    def walk(self, folder: str) -> Sequence[Entry]:
        """All blobs and submodules below `folder`, sorted by path."""
        found: list[Entry] = []
        level = [folder]
        while level:
            self._open(level)
            below = [entry for one in level for entry in self.children(one)]
            found += [entry for entry in below if entry.kind != "tree"]
            level = [entry.path for entry in below if entry.kind == "tree"]
        return sorted(found, key=lambda entry: entry.path)

    def _open(self, folders: Iterable[str]) -> None:
        """Read the trees of `folders` and of all folders above them, level by level.

        By the process that is open anyway: `git ls-tree` would cost 2 ms a folder, and asked for `COMMIT:PATH`
        Git reads every folder above anew for each path.
        """
        levels: dict[int, list[str]] = {}
        seen: set[str] = set()
        for wanted in folders:
            folder = wanted
            while folder not in self._folders and folder not in seen:
                seen.add(folder)
                levels.setdefault(folder.count("/") + 1 if folder else 0, []).append(folder)
                folder = folder.rpartition("/")[0]
        for _, level in sorted(levels.items()):
            self._read_folders(level)

    def _read_folders(self, level: Sequence[str]) -> None:
        trees_of = {folder: self._tree_of(folder) for folder in level}
        # Folders are there even where the blobs are not: the clones that are looked after lack nothing else.
        data = dict(
            self.repository.read_many(dict.fromkeys(oid for oid in trees_of.values() if oid is not None))
        )
        for folder, oid in trees_of.items():
            self._folders[folder] = trees.parse(data[oid], len(oid) // 2) if oid is not None else {}

    def _tree_of(self, folder: str) -> str | None:
        """The id of a folder whose parent was read already, None where there is no such folder."""
        if not folder:
            top = self.repository.objects.lookup([f"{grammar.check_revision(self._commit)}^{{tree}}"])[0]
            if top is None:
                raise NotFoundError(f"there is no commit {self._commit} in {self.repository.path}")
            return top
        parent, _, name = folder.rpartition("/")
        mode, oid = self._folders[parent].get(name, ("", ""))
        return oid if trees.KINDS.get(mode) == "tree" else None

    def read(self, entry: Entry) -> bytes:
        """The bytes of a blob."""
        return self._read_all([entry.oid])[entry.oid]

    def contents(self, oids: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """Pairs of blob id and bytes, in the order asked, without holding them all."""
        self._bring(oids)
        for start in range(0, len(oids), _AT_ONCE):
            yield from self._read_all(oids[start : start + _AT_ONCE]).items()

    def _read_all(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The bytes of many blobs; what a partial clone lacks is fetched in one request, never blob by blob."""
        self._bring(oids)
        try:
            return dict(self.repository.read_many(oids))
        except MissingObjectError:
            if not self.repository.prefetch(oids):
                raise
            return dict(self.repository.read_many(oids))

    def _bring(self, oids: Sequence[str]) -> None:
        """Fetch what a partial clone lacks before it is missed: Git takes 2 s to say so, and ends its process."""
        if self._is_partial and (unknown := [oid for oid in oids if oid not in self._here]):
            self.repository.prefetch(unknown)
            self._here.update(unknown)

    @cached_property
    def _is_partial(self) -> bool:
        """Whether objects came from a remote that promised the rest: such packs bear a mark of that name."""
        packs = self.repository.common_dir / "objects" / "pack"
        return any(packs.glob("*.promisor"))

    def documents(self, entries: Sequence[Entry], kind: type[D]) -> Iterator[tuple[Entry, D | Unreadable]]:
        """Every entry as a document of `kind`: known ones from the cache, the rest read in one batch."""
        cached = self._cache.documents([entry.oid for entry in entries], kind.__name__)
        missing = list(dict.fromkeys(entry.oid for entry in entries if entry.oid not in cached))
        fresh = self._read_all(missing)
        learned: dict[str, str] = {}
        for entry in entries:
            if entry.oid in cached:
                yield entry, codec.revive(kind, cached[entry.oid])
                continue
            found = decode_blob(kind, fresh[entry.oid], entry.path)
            if not isinstance(found, Unreadable):
                learned[entry.oid] = codec.store(found)
            yield entry, found
        if learned:
            self._cache.add_documents(kind.__name__, learned)


def decode_blob(kind: type[D], data: bytes, path: str) -> D | Unreadable:
    """As `codec.decode`, without looking into what is too large to be a document."""
    if len(data) > MOST_BYTES:
        words = f"{len(data):,} bytes, and a document has at most {MOST_BYTES:,}"
        return Unreadable(path, (Problem("unreadable-yaml", (), words, None, 1, 1),))
    return codec.decode(kind, data, path)


class IndexFiles(MemoryFiles):
    """The files staged for the next commit, as a pre-commit hook sees them."""

    def __init__(self, repository: Repository, tops: Sequence[str]) -> None:
        entries = [found for top in tops for found in repository.index_entries(top)]
        blobs = dict(
            repository.read_many(list(dict.fromkeys(found.oid for found in entries if found.kind == "blob")))
        )
        super().__init__(
            {found.path: blobs.get(found.oid, b"") for found in entries},
            {found.path: found.mode for found in entries},
        )
