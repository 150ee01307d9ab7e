"""Parsed documents, folded history and what the rules found, by Git's ids, in one SQLite file under the Git directory.

Everything in it can be worked out again from Git, so it is always safe to delete; a broken, locked or read-only file
only costs time. What is keyed by a blob or commit id never becomes stale.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Raised with every change of a document type or of a table: older rows are then forgotten.
GENERATION: Final = 3
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS documents (blob TEXT, kind TEXT, json TEXT, PRIMARY KEY (blob, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digests (blob TEXT PRIMARY KEY, digest TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (path TEXT PRIMARY KEY, tip TEXT, latest INTEGER, json TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS promotions (id TEXT PRIMARY KEY, path TEXT, commit_id TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS indexes (name TEXT PRIMARY KEY, tree TEXT, json TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS judgements (number INTEGER PRIMARY KEY, tree TEXT, rules TEXT, plain INTEGER, json TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS judged ON judgements (tree, rules);
"""
_NAMES: Final = ("documents", "digests", "steps", "promotions", "marks", "indexes", "judgements")
_CHUNK: Final = 500
# Those of the newest states are enough to begin from; each may hold many findings.
_JUDGEMENTS: Final = 8
_OLD_JUDGEMENTS: Final = "number NOT IN (SELECT number FROM judgements ORDER BY number DESC LIMIT ?)"
# What SQLite says of a file that is no database (any more): cut off, overwritten, or without the tables it should have.
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR_SHORT_READ})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the rules about one state found in a tree, as JSON; `plain` says that there is nothing more to say of it."""

    tree: str
    json: str
    plain: bool


@dataclass(frozen=True, slots=True)
class CachedSteps:
    """The history of one path up to the commit `tip`; `latest` is the highest time on main up to there."""

    tip: str
    latest: int
    json: str


class Cache:
    """One repository's cache. Every method works without the file too: reads find nothing, writes do nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._tried = False
        self._remade = False

    @classmethod
    def in_git_directory(cls, git_directory: Path) -> Cache:
        """The cache of the repository whose (common) Git directory this is."""
        return cls(git_directory / "mooring" / "cache.sqlite3")

    def close(self) -> None:
        """Close the file, if it was opened."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._tried = None, False

    def documents(self, blobs: Sequence[str], kind: str) -> dict[str, str]:
        """The stored JSON of those of `blobs` that were parsed as `kind` before."""
        found: dict[str, str] = {}
        for chunk in _chunks(blobs):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT blob, json FROM documents WHERE kind = ? AND blob IN ({marks})"  # noqa: S608 - marks only
            found.update((str(blob), str(row)) for blob, row in self._rows(query, (kind, *chunk)))
        return found

    def add_documents(self, kind: str, rows: Mapping[str, str]) -> None:
        """Remember the JSON of parsed documents by blob id."""
        self._write(
            "INSERT OR IGNORE INTO documents VALUES (?, ?, ?)",
            ((blob, kind, row) for blob, row in rows.items()),
        )

    def digest(self, blob: str) -> str | None:
        """The SHA-256 digest of a blob's bytes, if it was computed before."""
        for (found,) in self._rows("SELECT digest FROM digests WHERE blob = ?", (blob,)):
            return str(found)
        return None

    def add_digest(self, blob: str, digest: str) -> None:
        """Remember the SHA-256 digest of a blob's bytes."""
        self._write("INSERT OR IGNORE INTO digests VALUES (?, ?)", [(blob, digest)])

    def steps(self, path: str) -> CachedSteps | None:
        """The cached history of a path."""
        for tip, latest, json in self._rows("SELECT tip, latest, json FROM steps WHERE path = ?", (path,)):
            return CachedSteps(str(tip), int(str(latest)), str(json))
        return None

    def put_steps(self, path: str, steps: CachedSteps) -> None:
        """Replace the cached history of a path."""
        self._write(
            "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?)", [(path, steps.tip, steps.latest, steps.json)]
        )

    def promotion(self, identifier: str) -> tuple[str, str] | None:
        """The path and commit that first used a promotion id."""
        for path, commit in self._rows("SELECT path, commit_id FROM promotions WHERE id = ?", (identifier,)):
            return str(path), str(commit)
        return None

    def put_promotions(self, rows: Iterable[tuple[str, str, str]], *, tip: str, afresh: bool) -> None:
        """Remember which path and commit first used each promotion id, complete up to the commit `tip`."""
        self._do(
            ("DELETE FROM promotions", [()] if afresh else []),
            ("INSERT OR IGNORE INTO promotions VALUES (?, ?, ?)", rows),
            ("INSERT OR REPLACE INTO marks VALUES ('promotions', ?)", [(tip,)]),
        )

    def mark(self, name: str) -> str | None:
        """A remembered commit id, such as the tip up to which promotions are known."""
        for (value,) in self._rows("SELECT value FROM marks WHERE name = ?", (name,)):
            return str(value)
        return None

    def index(self, name: str) -> tuple[str, str] | None:
        """What was gathered from all of one tree: the tree's id and the JSON."""
        for tree, json in self._rows("SELECT tree, json FROM indexes WHERE name = ?", (name,)):
            return str(tree), str(json)
        return None

    def put_index(self, name: str, tree: str, json: str) -> None:
        """Remember what was gathered from a tree, in the place of what was gathered from another."""
        self._write("INSERT OR REPLACE INTO indexes VALUES (?, ?, ?)", [(name, tree, json)])

    def judgement(self, tree: str, rules: str) -> Judgement | None:
        """What the rules (whose fingerprint is `rules`) found in a tree, if it was judged before."""
        query = "SELECT tree, json, plain FROM judgements WHERE tree = ? AND rules = ?"
        for found, json, plain in self._rows(query, (tree, rules)):
            return Judgement(str(found), str(json), bool(plain))
        return None

    def judgements(self, rules: str) -> list[Judgement]:
        """All remembered judgements by these rules, the newest first."""
        query = "SELECT tree, json, plain FROM judgements WHERE rules = ? ORDER BY number DESC"
        return [
            Judgement(str(tree), str(json), bool(plain)) for tree, json, plain in self._rows(query, (rules,))
        ]

    def put_judgement(self, rules: str, judgement: Judgement) -> None:
        """Remember what the rules found in a tree, in place of what is oldest."""
        row = (judgement.tree, rules, judgement.plain, judgement.json)
        self._do(
            ("INSERT OR REPLACE INTO judgements (tree, rules, plain, json) VALUES (?, ?, ?, ?)", [row]),
            (f"DELETE FROM judgements WHERE {_OLD_JUDGEMENTS}", [(_JUDGEMENTS,)]),  # noqa: S608 - fixed words
        )

    def works(self) -> bool:
        """Whether the file can be written now."""
        connection = self._open()
        if connection is None:
            return False
        try:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            return False
        return True

    def _rows(self, query: str, values: Sequence[str]) -> Iterator[tuple[object, ...]]:
        connection = self._open()
        if connection is None:
            return iter(())
        try:
            return iter(connection.execute(query, values).fetchall())
        except sqlite3.Error as error:
            self._give_up(error)
            return iter(())

    def _write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        self._do((statement, rows))

    def _do(self, *steps: tuple[str, Iterable[tuple[object, ...]]]) -> None:
        """All of the statements with their rows, or none."""
        connection = self._open()
        if connection is None:
            return
        try:
            with connection:
                for statement, rows in steps:
                    connection.executemany(statement, rows)
        except sqlite3.Error as error:
            self._give_up(error)

    def _give_up(self, error: sqlite3.Error) -> None:
        """Begin with a fresh file where this one is broken; where it is only locked or full, go without."""
        if self._path is not None and not self._remade and _is_broken(error):
            self.close()
            self._tried = self._remade = True
            self._connection = _fresh(self._path)

    def _open(self) -> sqlite3.Connection | None:
        if self._tried or self._path is None:
            return self._connection
        self._tried = True
        try:
            self._path.parent.mkdir(exist_ok=True)
            self._connection = _connect(self._path)
        except sqlite3.DatabaseError as error:
            if _is_broken(error):
                self._remade, self._connection = True, _fresh(self._path)
        except OSError:
            pass
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=2.0, check_same_thread=False)
    (generation,) = connection.execute("PRAGMA user_version").fetchone()
    if generation != GENERATION:
        with connection:
            for table in _NAMES:
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version = {GENERATION}")
    # Everything can be worked out again: speed counts more than surviving a power cut.
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def _is_broken(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return False
    # An extended code has the plain one in its lowest byte.
    return code in _BROKEN or (code & 0xFF) in _BROKEN or "no such table" in str(error)


def _fresh(path: Path) -> sqlite3.Connection | None:
    """A new file in place of a broken one; None where none can be made, on a read-only disk for instance.

    The journal goes first: beside a new file it would be played back into it.
    """
    try:
        path.with_name(f"{path.name}-journal").unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        return _connect(path)
    except (sqlite3.DatabaseError, OSError):
        return None


def _chunks(values: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
