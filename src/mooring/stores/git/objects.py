"""Objects by the thousand: one open `git cat-file --batch-command` that answers in microseconds."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias, cast

from mooring.errors import IntegrityError, MooringError, UsageError
from mooring.stores.git.failures import MissingObjectError, PromisedObjectError, explain
from mooring.stores.git.grammar import check_oid
from mooring.stores.git.process import GitRunner, stop

if TYPE_CHECKING:
    from io import BufferedReader
    from pathlib import Path

_HEADER = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) (blob|tree|commit|tag) ([0-9]+)\n")
# Git collects the requests of a batch until "flush" and answers while we only read, so no batch is too long
# for the pipes; this bounds what is held in memory.
_BATCH = 128
_CHUNK = 1 << 20
_SHA1_DIGITS = 40


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree or of the index; `path` counts from the root of the tree."""

    mode: str
    """Six octal digits: 100644, 100755, 120000 (link), 040000 (folder), 160000 (submodule)."""
    kind: str
    """blob, tree or commit."""
    oid: str
    path: str


@dataclass(frozen=True, slots=True)
class Header:
    """What an object is, without its bytes."""

    oid: str
    kind: str
    size: int
    """Bytes."""


_Answer: TypeAlias = tuple[Header, bytes] | None


class _DiedError(Exception):
    """The process ended in the middle of an answer."""


class _DamagedError(Exception):
    """The bytes that Git gave for an object (or for one before it in the batch) do not hash to its id."""


class BatchReader:
    """Reads objects through one open process; several threads may share it.

    The process starts at the first question, is started again when it died (a repack may have removed the
    files it had open), and ends with `close` or with the reader.
    """

    def __init__(self, runner: GitRunner) -> None:
        self._runner = runner
        self._process: subprocess.Popen[bytes] | None = None
        self._finalizer: weakref.finalize[[subprocess.Popen[bytes]], BatchReader] | None = None
        self._lock = threading.Lock()

    def read(self, oid: str) -> bytes:
        """The bytes of the object `oid`; MissingObjectError if it is not here, IntegrityError if damaged."""
        return self.typed(oid)[1]

    def typed(self, oid: str) -> tuple[Header, bytes]:
        """Kind, size and bytes of the object `oid`; the bytes hash to the id, or IntegrityError is raised."""
        found = self._ask([f"contents {check_oid(oid)}"])[0]
        if found is None:
            # A repack between two questions can hide an object from the old process; a new one sees it.
            self.close()
            found = self._ask([f"contents {oid}"])[0]
        if found is None:
            raise self._absence(oid)
        return found

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Pairs of id and bytes in the order asked; at most a few hundred objects are held at a time."""
        rest = iter(oids)
        while batch := list(islice(rest, _BATCH)):
            answers = self._ask([f"contents {check_oid(oid)}" for oid in batch])
            for oid, answer in zip(batch, answers, strict=True):
                yield oid, (answer[1] if answer is not None else self.read(oid))

    def headers(self, names: Iterable[str]) -> list[Header | None]:
        """Kind and size of each object; None where a name (an id, `main^{commit}`, `COMMIT:PATH`) names none.

        A partial clone that lacks one of them raises PromisedObjectError: it cannot tell the size.
        """
        found: list[Header | None] = []
        rest = iter(names)
        while batch := list(islice(rest, _BATCH)):
            answers = self._ask([f"info {_one_line(name)}" for name in batch])
            found.extend(answer[0] if answer is not None else None for answer in answers)
        return found

    def lookup(self, names: Iterable[str]) -> list[str | None]:
        """The id that each `COMMIT:PATH` (or id, or ref) names, or None where there is none."""
        return [header.oid if header is not None else None for header in self.headers(names)]

    def size(self, oid: str) -> int | None:
        """Bytes of the object `oid`, or None if it is not here."""
        try:
            header = self.headers([check_oid(oid)])[0]
        except PromisedObjectError:
            return None
        return header.size if header is not None else None

    def absent(self, oids: Sequence[str], *, is_partial: bool = False) -> list[str]:
        """Those of `oids` that are not here; in a clone known as partial they are looked for without asking."""
        if is_partial:
            return self._not_listed(oids)
        try:
            headers = self.headers(check_oid(oid) for oid in oids)
        except PromisedObjectError:
            return self._not_listed(oids)
        return [oid for oid, header in zip(oids, headers, strict=True) if header is None]

    def _not_listed(self, oids: Sequence[str]) -> list[str]:
        # Git ends at the first promised object that it is asked about, after seconds in which it looks whether it was
        # promised; a list of all it has names none.
        listed = self._runner.run(
            "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"
        )
        here = set(listed.line.split("\n"))
        return [oid for oid in oids if oid not in here]

    def close(self) -> None:
        """End the process; the next question starts a new one."""
        with self._lock:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, requests: Sequence[str]) -> list[_Answer]:
        with self._lock:
            try:
                return self._exchange(requests)
            except (_DiedError, _DamagedError):
                self._end()
                return [self._one(request) for request in requests]
            except BaseException:
                # Ctrl-C in the middle of an answer: what is left in the pipe belongs to nobody.
                self._end()
                raise

    def _one(self, request: str) -> _Answer:
        """Ask once more for one object alone, so that a damaged one does not take others along."""
        try:
            return self._exchange([request])[0]
        except (_DiedError, _DamagedError) as error:
            self._end()
            name = request.partition(" ")[2]
            said = self._why(name)
            if isinstance(said, PromisedObjectError):
                raise said from None
            if isinstance(said, IntegrityError) or isinstance(error, _DamagedError):
                raise IntegrityError(
                    f"the object {name} in {self._where} is damaged", "look with: git fsck --full"
                ) from error
            raise said from error
        except BaseException:
            self._end()
            raise

    def _exchange(self, requests: Sequence[str]) -> list[_Answer]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise _DiedError
        # A name that no object has: Git's answer to it ends the batch, whatever a damaged object did before.
        end = f"?{os.urandom(8).hex()}"
        try:
            lines = [*requests, f"info {end}", "flush\n"]
            process.stdin.write("\n".join(lines).encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except OSError as error:
            raise _DiedError from error
        last = f"{end} missing\n".encode()
        received = bytearray()
        while not received.endswith(last):
            # Popen types its pipes as IO[bytes]; with a buffer they are BufferedReaders.
            data = cast("BufferedReader", process.stdout).read1(_CHUNK)
            if not data:
                raise _DiedError
            received += data
        return _answers(requests, bytes(received))

    def _absence(self, oid: str) -> MooringError:
        """Why an object could not be read: Git calls one whose first bytes are damaged missing, too."""
        said = self._why(oid)
        return said if isinstance(said, IntegrityError) else MissingObjectError(oid, self._where)

    def _why(self, name: str) -> MooringError:
        """What a Git that may speak says about an object that could not be read."""
        argv = ["cat-file", "-p", name]
        done = self._runner.run(*argv, ok=(0, 1, 128))
        return explain(["git", *argv], done.returncode, done.stderr, where=self._where)

    @property
    def _where(self) -> Path:
        return self._runner.git_dir or self._runner.cwd

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = self._runner.start("cat-file", "--batch-command", "--buffer")
            self._finalizer = weakref.finalize(self, stop, self._process)
        return self._process

    def _end(self) -> None:
        if self._finalizer is not None:
            self._finalizer()
        self._finalizer = None
        self._process = None


def _answers(requests: Sequence[str], received: bytes) -> list[_Answer]:
    """Take a batch's output apart; _DamagedError where an object's bytes are not what its id says.

    `git cat-file` hashes nothing: a loose object with other bytes is handed out under its name, and one that
    is cut short moves everything after it.
    """
    answers: list[_Answer] = []
    at = 0
    for request in requests:
        header = _HEADER.match(received, at)
        if header is None:
            answers.append(None)
            at = received.find(b"\n", at) + 1
            continue
        oid, kind, size = header[1].decode(), header[2].decode(), int(header[3])
        at = header.end()
        data = b""
        if request.startswith("contents "):
            data = received[at : at + size]
            at += size + 1
            digest = hashlib.sha1(usedforsecurity=False) if len(oid) == _SHA1_DIGITS else hashlib.sha256()
            digest.update(b"%s %d\0" % (header[2], size))
            digest.update(data)
            if digest.hexdigest() != oid:
                raise _DamagedError(oid)
        answers.append((Header(oid, kind, size), data))
    return answers


def _one_line(name: str) -> str:
    if "\n" in name or "\x00" in name:
        raise UsageError(f"not a name of an object: {name!r}")
    return name
