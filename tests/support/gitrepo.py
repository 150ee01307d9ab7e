"""Real Git repositories for tests: plain `git`, fixed dates, nothing of Mooring in between."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# One minute apart, so that Git's clock and the order of commits agree.
FIRST_SECOND = 1_767_322_800


def git(where: Path, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
    """Run plain Git in a folder and return its output without the last newline; raises if Git fails."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=where,
        input=stdin,
        capture_output=True,
        check=False,
        env=dict(os.environ) | dict(env or {}),
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode()}"
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def at_minute(number: int) -> dict[str, str]:
    """Variables that give a commit the date of this minute."""
    date = f"@{FIRST_SECOND + 60 * number} +0000"
    return {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}


def make_repository(where: Path, *, bare: bool = False) -> Path:
    """An empty repository with the branch main."""
    where.mkdir(parents=True, exist_ok=True)
    git(where, "init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []), ".")
    return where


def write(where: Path, files: Mapping[str, bytes | None]) -> None:
    """Put files into a work tree; None removes one."""
    for name, content in files.items():
        file = where / name
        if content is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def commit(
    where: Path, files: Mapping[str, bytes | None], message: str = "A change", *, minute: int = 0
) -> str:
    """Write files into the work tree, commit everything there, and return the commit's id."""
    write(where, files)
    git(where, "add", "--all")
    git(where, "commit", "--quiet", "--allow-empty", "--message", message, env=at_minute(minute))
    return git(where, "rev-parse", "HEAD")


def blob_id(content: bytes) -> str:
    """The id that Git gives to this content."""
    return hashlib.sha1(b"blob %d\0%s" % (len(content), content), usedforsecurity=False).hexdigest()


def install_hook(repository: Path, name: str, lines: Sequence[str]) -> None:
    """Install a shell script as a hook of a bare repository."""
    hook = repository / "hooks" / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    hook.chmod(0o755)
