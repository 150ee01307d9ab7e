"""Objects by the thousand: one open `git cat-file --batch-command` that answers in microseconds."""

from __future__ import annotations

import re
import subprocess
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Self

from mooring.errors import IntegrityError, UsageError
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.grammar import check_oid
from mooring.stores.git.process import GitRunner, stop

_HEADER = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) (blob|tree|commit|tag) ([0-9]+)")
# Git collects the requests of a batch until "flush" and answers while we only read, so no batch is too long
# for the pipes; this bounds what is held in memory.
_BATCH = 512


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


class _DiedError(Exception):
    """The process ended in the middle of an answer."""


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
        """Kind, size and bytes of the object `oid`."""
        found = self._ask([f"contents {check_oid(oid)}"])[0]
        if found is None:
            # A repack between two questions can hide an object from the old process; a new one sees it.
            self.close()
            found = self._ask([f"contents {oid}"])[0]
        if found is None:
            raise MissingObjectError(oid, self._runner.git_dir or self._runner.cwd)
        return found

    def read_many(self, oids: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Pairs of id and bytes in the order asked; at most a few hundred objects are held at a time."""
        rest = iter(oids)
        while batch := list(islice(rest, _BATCH)):
            answers = self._ask([f"contents {check_oid(oid)}" for oid in batch])
            for oid, answer in zip(batch, answers, strict=True):
                yield oid, (answer[1] if answer is not None else self.read(oid))

    def headers(self, names: Iterable[str]) -> list[Header | None]:
        """Kind and size of each object; None where a name (an id, `main^{commit}`, `COMMIT:PATH`) names none."""
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
        header = self.headers([check_oid(oid)])[0]
        return header.size if header is not None else None

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

    def _ask(self, requests: Sequence[str]) -> list[tuple[Header, bytes] | None]:
        with self._lock:
            try:
                return self._exchange(requests)
            except _DiedError:
                self._end()
            except BaseException:
                # Ctrl-C in the middle of an answer: what is left in the pipe belongs to nobody.
                self._end()
                raise
            try:
                return self._exchange(requests)
            except BaseException as error:
                self._end()
                if isinstance(error, _DiedError):
                    self._raise_reason(requests)
                raise

    def _exchange(self, requests: Sequence[str]) -> list[tuple[Header, bytes] | None]:
        process = self._running()
        if process.stdin is None or process.stdout is None:
            raise _DiedError
        try:
            process.stdin.write("\n".join([*requests, "flush\n"]).encode("utf-8", "surrogateescape"))
            process.stdin.flush()
        except OSError as error:
            raise _DiedError from error
        answers: list[tuple[Header, bytes] | None] = []
        for request in requests:
            line = process.stdout.readline()
            if not line.endswith(b"\n"):
                raise _DiedError
            header = _HEADER.fullmatch(line, 0, len(line) - 1)
            if header is None:
                answers.append(None)
                continue
            size = int(header[3])
            data = b""
            if request.startswith("contents "):
                data = process.stdout.read(size + 1)
                if len(data) != size + 1:
                    raise _DiedError
            answers.append((Header(header[1].decode(), header[2].decode(), size), data[:-1]))
        return answers

    def _raise_reason(self, requests: Sequence[str]) -> None:
        """Ask again for one object at a time with a Git that says why it fails, and raise that."""
        for request in requests:
            name = request.partition(" ")[2]
            what = "-p" if request.startswith("contents ") else "-t"
            self._runner.run("cat-file", what, name, ok=(0, 1, 128) if what == "-t" else (0,))
        raise IntegrityError(
            f"git cat-file ended without a word in {self._runner.cwd}", "look with: git fsck --full"
        )

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


def _one_line(name: str) -> str:
    if "\n" in name or "\x00" in name:
        raise UsageError(f"not a name of an object: {name!r}")
    return name
