"""States of a real repository as `domain.registry.Files`: a commit, or the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain.document import Document
from mooring.domain.finding import Problem, Unreadable
from mooring.domain.registry import Entry
from mooring.stores.cache import Cache
from mooring.stores.git import grammar, trees
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.objects import TreeEntry
from mooring.stores.git.repository import Repository

D = TypeVar("D", bound=Document)

MOST_BYTES = 256 * 1024


def _entry(found: TreeEntry) -> Entry:
    return Entry(found.path, found.mode, found.kind, found.oid)


class GitFiles:
    """The files of one commit, read from the object database; folders are listed once and kept."""

    def __init__(self, repository: Repository, commit: str, cache: Cache) -> None:
        self.repository = repository
        self._commit = commit
        self._cache = cache
        self._folders: dict[str, list[Entry]] = {}
        self._names: dict[str, dict[str, Entry]] = {}
        self._single: dict[str, Entry | None] = {}

    @property
    def commit(self) -> str | None:
        """The commit this is the state of."""
        return self._commit

    def entry(self, path: str) -> Entry | None:
        """The entry at `path`, or None: from a listing that was read already, else by one look-up."""
        folder = path.rpartition("/")[0]
        if folder in self._names:
            return self._names[folder].get(path)
        if path not in self._single:
            self.look_up([path])
        return self._single[path]

    def look_up(self, paths: Sequence[str]) -> None:
        """Find the blobs at `paths` in one go, for `entry` to answer from."""
        wanted = [
            path
            for path in dict.fromkeys(paths)
            if path not in self._single and path.rpartition("/")[0] not in self._names
        ]
        for path, oid in zip(wanted, self.repository.blob_ids(self._commit, wanted), strict=True):
            # A look-up by name tells no mode; links and submodules are met by listings, which rules about them read.
            self._single[path] = None if oid is None else Entry(path, "100644", "blob", oid)

    def children(self, folder: str) -> Sequence[Entry]:
        """The direct entries of `folder`, sorted by path."""
        if folder not in self._folders:
            listed = self._listed(folder)
            self._folders[folder] = sorted(listed, key=lambda entry: entry.path)
            self._names[folder] = {entry.path: entry for entry in listed}
        return self._folders[folder]

    def _listed(self, folder: str) -> list[Entry]:
        """The tree object itself, by the process that is open anyway: `git ls-tree` would cost 2 ms a folder."""
        name = f"{self._commit}:{grammar.check_path(folder)}" if folder else f"{self._commit}^{{tree}}"
        header = self.repository.objects.headers([name])[0]
        if header is None or header.kind != "tree":
            return []
        top = f"{folder}/" if folder else ""
        names = trees.parse(self.repository.read(header.oid), len(header.oid) // 2)
        return [
            Entry(f"{top}{name}", mode.zfill(6), trees.KINDS.get(mode, "blob"), oid)
            for name, (mode, oid) in names.items()
        ]

    def walk(self, folder: str) -> Sequence[Entry]:
        """All blobs and submodules below `folder`, sorted by path."""
        return [_entry(found) for found in self.repository.tree(self._commit, folder, recursive=True)]

    def read(self, entry: Entry) -> bytes:
        """The bytes of a blob."""
        return self._read_all([entry.oid])[entry.oid]

    def _read_all(self, oids: Sequence[str]) -> dict[str, bytes]:
        """The bytes of many blobs; what a partial clone lacks is fetched in one request, never blob by blob."""
        try:
            return dict(self.repository.read_many(oids))
        except MissingObjectError:
            if not self.repository.prefetch(oids):
                raise
            return dict(self.repository.read_many(oids))

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
