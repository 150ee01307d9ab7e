"""Nothing that Mooring writes touches the work tree, index, HEAD, stash or settings of the clone it is run in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mooring.usecases.merge import merge
from mooring.usecases.rollback import RollbackOutcome
from mooring.wiring import open_hub
from tests.laws.world import World
from tests.support.gitrepo import git, write

# What a fetch is for, and the file that can always be deleted.
OURS = (
    ".git/objects/",
    ".git/refs/remotes/",
    ".git/refs/mooring/",
    ".git/logs/refs/remotes/",
    ".git/mooring",
)
Found = dict[str, tuple[int, int, bytes]]


def snapshot(clone: Path) -> Found:
    """Every file that is the user's: mode, time of the last change in nanoseconds, and bytes."""
    found = {}
    for file in sorted(clone.rglob("*")):
        name = file.relative_to(clone).as_posix()
        if file.is_file() and not name.startswith(OURS):
            seen = file.lstat()
            found[name] = (seen.st_mode, seen.st_mtime_ns, file.read_bytes())
    return found


def clean(clone: Path) -> None:
    """Nothing is under way."""


def dirty(clone: Path) -> None:
    """Edits, new files, one that is staged, and one that is removed."""
    write(clone, {"README.md": b"# Mine\n", "notes/new.txt": b"new\n", "staged.txt": b"staged\n"})
    git(clone, "add", "staged.txt")
    (clone / "mooring.yaml").unlink()


def detached(clone: Path) -> None:
    """HEAD is on no branch."""
    git(clone, "checkout", "--quiet", "--detach")


def locked(clone: Path) -> None:
    """A Git that was killed left its lock."""
    (clone / ".git" / "index.lock").write_bytes(b"")


def stashed(clone: Path) -> None:
    """Something is put away."""
    write(clone, {"README.md": b"# Put away\n"})
    git(clone, "stash", "--quiet")


def merging(clone: Path) -> None:
    """A merge of the user's, of two branches that changed the pointer's own file, is not committed yet."""
    path = "environments/staging/iris.yaml"
    git(clone, "checkout", "--quiet", "-b", "one")
    write(clone, {path: b"one\n"})
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "One")
    git(clone, "checkout", "--quiet", "-b", "two", "main")
    write(clone, {path: b"two\n"})
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Two")
    git(clone, "merge", "--quiet", "--no-commit", "-s", "ours", "one")


def behind(clone: Path) -> None:
    """The user's main was never brought up to date, has a commit of its own and its pointer says something else."""
    write(clone, {"environments/staging/iris.yaml": b"mine: yes\n"})
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "-m", "Mine")


@pytest.mark.slow
@pytest.mark.parametrize("user", [clean, dirty, detached, locked, stashed, merging, behind])
def test_a_whole_life_of_a_pointer_leaves_the_clone_as_it_was(
    world: World, user: Callable[[Path], None]
) -> None:
    world.past("1.0.0")
    user(world.clone)
    # Its time is newer than the index says: a careless git status would look again and write the index.
    os.utime(world.clone / "registry" / "iris" / "model.yaml")
    before = snapshot(world.clone)

    merge(world.hub, world.promote("1.1.0").branch, now=1_767_400_000)
    assert world.roll_back(dry_run=True).outcome is RollbackOutcome.WOULD_DO
    assert world.roll_back().outcome is RollbackOutcome.DONE
    merge(world.hub, world.withdraw().branch, now=1_767_400_000)

    assert world.live() is None
    assert snapshot(world.clone) == before


def test_a_linked_work_tree_and_its_main_one_are_left_alone_too(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    linked = world.clone.parent / "linked"
    git(world.clone, "worktree", "add", "--quiet", "--detach", str(linked))
    dirty(linked)
    before = snapshot(world.clone), snapshot(linked)
    world.hub.repository.close()
    world.hub = open_hub(linked, environ=dict(os.environ))

    assert world.roll_back().outcome is RollbackOutcome.DONE
    assert (snapshot(world.clone), snapshot(linked)) == before
    assert world.live() == "1.0.0"


def test_a_bare_repository_given_by_its_path_needs_no_clone_at_all(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    world.hub.repository.close()
    world.hub = open_hub(world.remote, environ=dict(os.environ))

    assert world.roll_back().outcome is RollbackOutcome.DONE
    assert world.live() == "1.0.0"
