"""What Git said when it failed, as an error that says what to do next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mooring.errors import IntegrityError, MooringError, NotFoundError, RefusedError, UnavailableError
from mooring.stores.git.url import redact

# Strings, not compiled patterns: compiling them all costs milliseconds, and most runs use none.
_OWNERSHIP = r"(?m)dubious ownership in repository at '(.+)'$"
_LOCK = r"Unable to create '(.+\.lock)': File exists"
_REMOTE_GONE = (
    r"Could not read from remote repository|does not appear to be a git repository|Could not resolve host"
    r"|unable to access '|Connection (?:refused|reset|timed out)|the remote end hung up|early EOF"
    r"|Authentication failed|could not read (?:Username|Password)|Permission denied \(|Host key verification failed"
    r"|No such remote|repository '[^']*' not found|unable to connect|RPC failed|transport '[^']*' not allowed"
    r"|No route to host|Name or service not known"
)
_CORRUPT = (
    r"(?:loose object|object|packed object|pack) ?\S* (?:\(stored in [^)]+\) )?is corrupt|hash mismatch"
    r"|inflate: data stream error|unable to stream"
    r"|object file \S+ is empty|unable to unpack|index-pack failed|fsck error|bad tree"
    r"|file \S+ is not a GIT packfile|packfile \S+ (?:cannot|does not)|garbage at end"
)
_MISSING = r"bad object|unable to read (?:tree|sha1 file|object)|Not a valid object name|missing blob"
_NOBODY = r"Please tell me who you are|empty ident name|no (?:name|email) was given"
_PROMISED = r"could not fetch ([0-9a-f]+) from promisor remote"
_MOVED = (
    r"cannot lock ref '([^']+)': (?:is at \w+ but expected|reference already exists|unable to resolve reference"
    r"|reference is missing but expected)"
)


class GitFailedError(UnavailableError):
    """Git ended with an error that has no plainer name; carries `argv`, `returncode` and `stderr`."""

    def __init__(self, argv: Sequence[str], returncode: int, stderr: str) -> None:
        self.argv = tuple(redact(word) for word in argv)
        self.returncode = returncode
        self.stderr = redact(stderr).strip()
        said = self.stderr or "and said nothing"
        super().__init__(f"git {subcommand(argv)} failed with status {returncode}: {said}")


class MissingObjectError(UnavailableError):
    """An object that is named is not in this repository: a partial or shallow clone, or a removed object."""

    def __init__(self, name: str, where: Path) -> None:
        self.name = name
        super().__init__(
            f"the object {name} is not in {where}",
            "fetch it: git fetch --unshallow in a shallow clone, or run the command again to refresh a mirror",
        )


class PromisedObjectError(MissingObjectError):
    """An object that a partial clone left at its remote; `Repository.prefetch` gets it."""


class StaleRefError(RefusedError):
    """A ref was not moved because somebody else had moved it first; nothing was changed."""


def subcommand(argv: Sequence[str]) -> str:
    """The Git subcommand in an argument list such as `git -c key=value fetch ...`."""
    words = iter(argv[1:])
    for word in words:
        if word == "-c":
            next(words, None)
        elif not word.startswith("-"):
            return word
    return "git"


def explain(argv: Sequence[str], returncode: int, stderr: str, *, where: Path) -> MooringError:
    """Turn a failed run of Git in the folder `where` into the error its reader can act upon."""
    said = redact(stderr).strip()
    if found := re.search(_OWNERSHIP, stderr):
        path = found[1]
        return UnavailableError(
            f"{path} belongs to another user, and Git refuses to work in it",
            f"if you trust it: git config --global --add safe.directory {_quoted(path)}",
        )
    if re.search(_NOBODY, stderr):
        return RefusedError(
            "Git does not know who you are",
            'tell it: git config --global user.name "Your Name"'
            " && git config --global user.email you@example.com",
        )
    if "not a git repository" in stderr:
        return NotFoundError(
            f"{where} is not in a Git repository",
            "go into one, give --registry PATH|URL, or start a registry: mooring init FOLDER",
        )
    if found := re.search(_LOCK, stderr):
        from mooring.stores.git.locks import describe_lock

        return UnavailableError(*describe_lock(Path(found[1]), relative_to=where))
    if found := re.search(_MOVED, stderr):
        return StaleRefError(
            f"{found[1]} was moved by somebody else: {_last_line(said)}", "fetch and try again"
        )
    if found := re.search(_PROMISED, stderr):
        return PromisedObjectError(found[1], where)
    if re.search(_CORRUPT, stderr):
        return IntegrityError(
            f"damaged or refused objects in {where}: {_last_line(said)}", "look with: git fsck --full"
        )
    if re.search(_REMOTE_GONE, stderr):
        return UnavailableError(
            f"the remote did not answer: {_gist(said)}", "check its URL, the network and your keys"
        )
    if re.search(_MISSING, stderr):
        return UnavailableError(
            f"an object is missing in {where}: {_last_line(said)}",
            "in a shallow clone: git fetch --unshallow; in CI: fetch-depth: 0",
        )
    return GitFailedError(argv, returncode, stderr)


def _gist(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:")) or "denied" in line]
    return "; ".join((telling or lines)[:3])


def _last_line(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("fatal:", "error:"))] or said.splitlines()
    return lines[-1] if lines else "Git said nothing"


def _quoted(path: str) -> str:
    import shlex

    return shlex.quote(path)
