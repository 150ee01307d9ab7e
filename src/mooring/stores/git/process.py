"""Runs Git: a fixed argument list, a scrubbed environment, a deadline, and errors that say what to do.

GitPython starts every process with a copy of `os.environ` from which nothing can be taken away, and a
leftover `GIT_DIR` or `GIT_INDEX_FILE` makes Git work on another repository than the one that was opened.
Processes are therefore started here; DESIGN section 10 gives the two profiles.
"""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mooring.errors import NotFoundError, UnavailableError
from mooring.stores.git.failures import explain, subcommand
from mooring.stores.git.profile import PROTECTIONS, Profile, environment

__all__ = ["Completed", "GitRunner", "Profile", "environment", "stop"]

READING_SECONDS = 300.0
TALKING_SECONDS = 300.0
_GRACE_SECONDS = 2.0
_WHERE = "give the folder of a clone, or an address such as https://host/path or ssh://host/path"


@dataclass(frozen=True, slots=True)
class Completed:
    """A finished run: its exit status and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def line(self) -> str:
        """Standard output as text, without the newline at its end."""
        return self.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


class GitRunner:
    """Starts Git for one repository (or, without `git_dir`, for one folder).

    With `git_dir` Git is told where the repository is and searches nothing; Git's ownership check is part of
    that search, so `Repository.open` makes it once, under the user's own `safe.directory`.
    """

    def __init__(
        self, base: Mapping[str, str], *, cwd: Path, git_dir: Path | None = None, in_hook: bool = False
    ) -> None:
        self.base = base
        self.cwd = cwd
        self.git_dir = git_dir
        self.in_hook = in_hook
        self._environments: dict[Profile, dict[str, str]] = {}

    def environment(self, profile: Profile) -> dict[str, str]:
        """The environment of a run in this profile; a fresh dictionary."""
        if profile not in self._environments:
            made = environment(profile, self.base, in_hook=self.in_hook)
            if self.git_dir is not None:
                made["GIT_DIR"] = str(self.git_dir)
            self._environments[profile] = made
        return dict(self._environments[profile])

    def run(
        self,
        *arguments: str,
        profile: Profile = Profile.READING,
        stdin: bytes = b"",
        ok: Sequence[int] = (0,),
        timeout: float | None = None,
        extra: Mapping[str, str] | None = None,
        on_stderr: Callable[[bytes], None] | None = None,
    ) -> Completed:
        """Run `git ARGUMENTS` to its end; statuses outside `ok` raise the error that fits Git's message.

        `timeout` is in seconds; past it Git is stopped and UnavailableError raised. `extra` adds variables to
        the environment. `on_stderr` is given standard error as it comes, for progress. Ctrl-C stops Git too.
        """
        limit = timeout or (READING_SECONDS if profile is Profile.READING else TALKING_SECONDS)
        argv = ["git", *PROTECTIONS, *arguments]
        process = self._popen(argv, profile, stderr=subprocess.PIPE, extra=extra)
        try:
            if on_stderr is None:
                out, err = process.communicate(stdin, timeout=limit)
            else:
                out, err = _communicate_with_progress(process, on_stderr, timeout=limit)
        except subprocess.TimeoutExpired:
            stop(process)
            raise UnavailableError(
                f"git {subcommand(argv)} did not end within {limit:g} s in {self.cwd}",
                "the remote or the disk may hang; try again",
            ) from None
        except BaseException:
            stop(process)
            raise
        said = err.decode("utf-8", "replace")
        if process.returncode not in ok:
            raise explain(argv, process.returncode, said, where=self.cwd)
        return Completed(process.returncode, out, said)

    def start(self, *arguments: str, stderr: int | IO[bytes] = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Start `git ARGUMENTS` in the reading profile with pipes at both ends; the caller stops it."""
        return self._popen(["git", *PROTECTIONS, *arguments], Profile.READING, stderr=stderr, extra=None)

    def _popen(
        self, argv: list[str], profile: Profile, *, stderr: int | IO[bytes], extra: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                argv,
                cwd=self.cwd,
                env=self.environment(profile) | dict(extra or {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                bufsize=1 << 16,
                # A reader never asks anything, so Ctrl-C at the terminal may pass it by: we stop it ourselves,
                # in order. A talker stays in the terminal's group, or ssh could not ask for a passphrase.
                process_group=0 if profile is Profile.READING else None,
            )
        except FileNotFoundError as error:
            if not self.cwd.is_dir():
                raise NotFoundError(f"there is no folder {self.cwd}", _WHERE) from error
            raise UnavailableError("git was not found on PATH", "install Git 2.39 or newer") from error
        except OSError as error:
            # No folder, not ours to enter, or a name that no file system takes; anything else is the machine's trouble.
            if error.errno in (errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP):
                where = str(self.cwd) if len(str(self.cwd)) <= 300 else f"{str(self.cwd)[:300]}..."
                raise NotFoundError(f"{where} cannot be entered: {error.strerror}", _WHERE) from error
            raise UnavailableError(f"git cannot be started: {error.strerror}", "try again") from error


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a child: politely first, so that Git removes its lock files, then for good; closes its pipes."""
    for end in (process.terminate, process.kill):
        if process.poll() is not None:
            break
        end()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    # Never read to the end here: a grandchild (ssh on a dead network) may hold the pipe for minutes.
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _communicate_with_progress(
    process: subprocess.Popen[bytes], on_stderr: Callable[[bytes], None], *, timeout: float
) -> tuple[bytes, bytes]:
    import selectors
    from time import monotonic

    assert process.stdin is not None  # noqa: S101 - opened as pipes above
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    process.stdin.close()
    ends = monotonic() + timeout
    parts: dict[int, list[bytes]] = {process.stdout.fileno(): [], process.stderr.fileno(): []}
    with selectors.DefaultSelector() as ready:
        for pipe in (process.stdout, process.stderr):
            ready.register(pipe, selectors.EVENT_READ)
        while ready.get_map():
            left = ends - monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(process.args, timeout)
            for key, _ in ready.select(left):
                data = os.read(key.fd, 1 << 16)
                if not data:
                    ready.unregister(key.fileobj)
                    continue
                parts[key.fd].append(data)
                if key.fileobj is process.stderr:
                    on_stderr(data)
    process.wait(max(ends - monotonic(), 0.1))
    out, err = (b"".join(part) for part in parts.values())
    process.stdout.close()
    process.stderr.close()
    return out, err
