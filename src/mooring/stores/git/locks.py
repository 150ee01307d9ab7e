"""Whose lock file stands in the way: when it was made, and whether a running process still holds it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path


def describe_lock(path: Path, *, relative_to: Path) -> tuple[str, str]:
    """Message and hint for the lock file `path` that stopped Git; Git names it relative to `relative_to`.

    Git's locks bear no name, so the holder is looked for among the open files of running processes (Linux:
    one's own processes, or all of them as root). Git may close a lock before it renames it; a git process
    working in the same repository therefore counts as a holder too.
    """
    lock = path if path.is_absolute() else relative_to / path
    try:
        made = datetime.fromtimestamp(lock.stat().st_mtime, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except OSError:
        return f"another Git process held {lock} and has just let it go", "run the command again"
    holders = _holders(lock)
    if holders:
        return (
            f"{lock}, made {made}, is held by process {', '.join(holders)}",
            "wait for it, then run the command again",
        )
    if not Path("/proc/self/fd").is_dir():
        return f"{lock}, made {made}, stands in the way", f"if no Git is running here: rm {lock}"
    return (
        f"{lock}, made {made}, was left behind: no running process of yours holds it",
        f"nothing is lost; remove it: rm {lock}",
    )


def _holders(lock: Path) -> list[str]:
    repository = _repository_of(lock)
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name = (process / "comm").read_text().strip()
            holds = any(_same(link, lock) for link in (process / "fd").iterdir())
            works_here = name.startswith("git") and (process / "cwd").resolve().is_relative_to(repository)
        except OSError:
            continue
        if holds or works_here:
            found.append(f"{process.name} ({name})")
    return sorted(found)


def _same(link: Path, lock: Path) -> bool:
    try:
        return link.samefile(lock)
    except OSError:
        return False


def _repository_of(lock: Path) -> Path:
    for folder in lock.resolve().parents:
        if folder.name == ".git":
            return folder.parent
        if (folder / "HEAD").is_file() and (folder / "objects").is_dir():
            return folder
    return lock.resolve().parent
