"""Ends Mooring and the programs it starts at a chosen system call, and tells whether what is left is sound."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.badinput.world import Said, World
from tests.support.gitrepo import git

CHANGES = (
    "rename,renameat,renameat2,unlink,unlinkat,link,linkat,mkdir,mkdirat,rmdir,symlink,"
    "write,pwrite64,fsync,fdatasync,ftruncate,chmod,fchmod"
)
"""What changes files or tells another process something."""
PROCESSES = "fork,vfork,clone,clone3,wait4,waitid"
"""What starts a program or waits for it."""

_LOCK = re.compile(r"rm (\S+\.lock)")
# What is new in every run: the id of a promotion, and the time of a registration.
_FRESH = re.compile(rb"(?m)^(?:promotion|created_at): .*\n")


@functools.cache
def why_not() -> str | None:
    """Why no process can be ended at a system call here, or None where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    once = ["-e", "trace=write", "-e", "inject=write:signal=KILL:when=1"]
    tried = subprocess.run(
        ["strace", "-f", "-qq", "-o", "/dev/null", *once, "sh", "-c", "echo x"],
        capture_output=True,
        check=False,
    )
    if tried.returncode in (137, -9):
        return None
    return f"strace may not trace here: {tried.stderr.decode(errors='replace').strip()[:200]}"


def killed(
    world: World,
    command: Sequence[str],
    calls: str,
    number: int,
    *,
    signal: str = "KILL",
    children: bool = True,
) -> Said:
    """Run `mooring`; it, and each program it starts, is ended when it makes the call number `number` of `calls`."""
    follow = ["-f", "--seccomp-bpf"] if children else []
    under = ["strace", *follow, "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
    under += ["-e", f"inject={calls}:signal={signal}:when={number}"]
    return world.process(*command, under=under, environ=environ(world))


def environ(world: World) -> dict[str, str]:
    """A cache of the world's own, and no compiled files written on the way."""
    return {"MOORING_CACHE": str(world.scene.root / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}


def state(world: World) -> Mapping[str, object]:
    """What the remote says: for every branch how long it is and what it holds, without ids and times."""
    found: dict[str, object] = {}
    for line in git(world.scene.remote, "for-each-ref", "--format=%(refname) %(objectname)").splitlines():
        ref, oid = line.split()
        length = git(world.scene.remote, "rev-list", "--count", "--first-parent", oid)
        found[ref] = (length, *(f"{path} {held}" for path, held in _held(world.scene.remote, oid)))
    return found


def _held(remote: Path, commit: str) -> list[tuple[str, str]]:
    listed = git(remote, "ls-tree", "-r", "-z", commit).split("\0")
    held = []
    for entry in filter(None, listed):
        meta, path = entry.split("\t")
        oid = meta.split()[2]
        if path.startswith(("registry/", "environments/")):
            data = git(remote, "cat-file", "blob", oid).encode()
            held.append((path, _FRESH.sub(b"", data).decode()))
    return held


def untouched(world: World) -> Mapping[str, str]:
    """The user's own: work tree, index, branches and configuration."""
    own = ("tree ", "clone .git/", "clone HEAD", "clone refs/heads/", "clone refs/tags/")
    return {name: seen for name, seen in world.snapshot().items() if name.startswith(own)}


def faults(world: World) -> str:
    """What `git fsck` says of the remote and the clone; nothing where both are sound."""
    said = ""
    for folder in (world.scene.remote, world.folder):
        done = subprocess.run(
            ["git", "fsck", "--full", "--strict", "--no-dangling"], cwd=folder, capture_output=True, text=True
        )
        said += "" if done.returncode == 0 else f"{folder}: {done.stdout}{done.stderr}"
    return said


def run_again(world: World, command: Sequence[str]) -> tuple[Said, list[str]]:
    """Run the same command as a person does: a lock that it names, and says was left behind, is removed first.

    Returns the last answer, and the locks that were removed.
    """
    removed: list[str] = []
    while True:
        said = world.mooring(*command, environ=environ(world))
        lock = _LOCK.search(said.hint)
        if said.code != 6 or lock is None or lock[1] in removed:
            return said, removed
        assert "was left behind" in said.message, said
        Path(lock[1]).unlink()
        removed.append(lock[1])
