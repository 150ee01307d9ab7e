"""A mirror is made once, kept up to date by anybody, and made anew when it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mooring.errors import UnavailableError, UsageError
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.git.lockfile import exclusive
from mooring.stores.git.mirror import open_mirror
from mooring.stores.git.remote import RefUpdate, fetch, push
from mooring.stores.git.repository import Repository
from mooring.stores.git.trees import BlobId
from tests.support.gitrepo import blob_id, commit, git, make_repository

MAIN = "refs/heads/main"


@pytest.fixture
def server(tmp_path: Path) -> Path:
    work = make_repository(tmp_path / "work")
    commit(work, {"a": b"old\n", "d/b": b"1\n"})
    commit(work, {"a": b"new\n"}, minute=1)
    bare = make_repository(tmp_path / "server.git", bare=True)
    git(bare, "config", "uploadpack.allowFilter", "true")
    git(work, "remote", "add", "origin", str(bare))
    git(
        work,
        "push",
        "--quiet",
        "origin",
        "main",
        "main:refs/heads/promote/x",
        "main:refs/mooring/approvals/y",
    )
    return bare


def mirror(server: Path, tmp_path: Path, *, refresh: bool = True) -> Repository:
    return open_mirror(server.as_uri(), tmp_path / "cache", environ=os.environ, refresh=refresh)


def test_a_mirror_has_branches_and_approvals_and_no_old_bytes(server: Path, tmp_path: Path) -> None:
    with mirror(server, tmp_path) as made:
        tip = git(server, "rev-parse", "main")

        assert made.is_bare
        assert made.refs() == dict.fromkeys([MAIN, "refs/heads/promote/x", "refs/mooring/approvals/y"], tip)
        assert [record.oid for record in made.first_parent("main")] == git(server, "rev-list", "main").split()
        blob, absent = made.blob_ids("main", ["a", "nothing"])
        assert (blob, absent) == (blob_id(b"new\n"), None)
        assert blob is not None
        with pytest.raises(MissingObjectError):
            made.read(blob)
        made.prefetch([blob])
        assert made.read(blob) == b"new\n"
        assert {made.config("gc.auto"), made.config("transfer.fsckObjects")} == {"0", "true"}


def test_a_server_without_filters_gives_a_whole_mirror(server: Path, tmp_path: Path) -> None:
    git(server, "config", "uploadpack.allowFilter", "false")

    with mirror(server, tmp_path) as made:
        assert {made.read(entry.oid) for entry in made.tree("main~1")} == {b"old\n", b"1\n"}


def test_a_second_opening_brings_what_is_new_and_drops_what_is_gone(server: Path, tmp_path: Path) -> None:
    mirror(server, tmp_path).close()
    new = commit(tmp_path / "work", {"c": b"3\n"}, minute=2)
    git(tmp_path / "work", "push", "--quiet", "origin", "main", ":refs/heads/promote/x")

    with mirror(server, tmp_path, refresh=False) as before:
        assert before.commit_id("main") != new
    with mirror(server, tmp_path) as after:
        assert after.commit_id("main") == new
        assert list(after.refs("refs/heads")) == [MAIN]


def test_the_default_branch_is_the_servers(server: Path, tmp_path: Path) -> None:
    git(server, "branch", "--move", "main", "trunk")

    with mirror(server, tmp_path) as made:
        assert made.current_branch() == "refs/heads/trunk"


def test_a_commit_can_be_built_and_pushed_from_a_mirror(server: Path, tmp_path: Path) -> None:
    with mirror(server, tmp_path) as made:
        old = made.commit_id("main") or ""
        (restored,) = made.blob_ids("main~1", ["a"])
        assert restored is not None
        new = made.commit_with("main", {"a": BlobId(restored), "d/c": b"2\n"}, message="Back")

        assert push(made, "origin", [RefUpdate(new, MAIN, old)]).ok
        assert git(server, "show", "main:a") == "old"
        assert made.commit_id("main") == new
        assert fetch(made, "origin", ["+refs/heads/*:refs/heads/*"], prune=True).moved == {}


@pytest.mark.slow
def test_a_damaged_mirror_is_made_anew(server: Path, tmp_path: Path) -> None:
    with mirror(server, tmp_path) as made:
        place = made.path
    for damage in (
        lambda: (place / "HEAD").unlink(),
        lambda: [pack.unlink() for pack in (place / "objects/pack").iterdir()],
        lambda: (place / "config").write_text("[core]\n\tbare = true\n"),
        lambda: (place / "refs/heads/lost").write_text("1" * 40 + "\n"),
    ):
        damage()

        with mirror(server, tmp_path) as made:
            assert made.path == place
            assert made.commit_id("main") == git(server, "rev-parse", "main")
    assert sorted(entry.name for entry in place.parent.iterdir()) == [place.name, f"{place.name}.lock"]


def test_a_mirror_outlives_its_server(server: Path, tmp_path: Path) -> None:
    mirror(server, tmp_path).close()
    server.rename(tmp_path / "gone")

    with pytest.raises(UnavailableError):
        mirror(server, tmp_path)
    with mirror(server, tmp_path, refresh=False) as kept:
        assert len(list(kept.first_parent("main"))) == 2


def test_a_reader_does_not_wait_for_somebody_elses_fetch(server: Path, tmp_path: Path) -> None:
    with mirror(server, tmp_path) as made:
        place = made.path

    with exclusive(place.parent / f"{place.name}.lock", timeout=1):
        with mirror(server, tmp_path, refresh=False) as kept:
            assert kept.commit_id("main") is not None
        with pytest.raises(UnavailableError, match=r"another process has held .* for 0\.1 s"):
            open_mirror(server.as_uri(), place.parent, environ=os.environ, timeout=0.1)


def test_a_server_that_is_not_there_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        mirror(tmp_path / "nowhere.git", tmp_path)

    assert [entry.suffix for entry in (tmp_path / "cache").iterdir()] == [".lock"]


def test_what_a_killed_process_left_is_cleared_away(server: Path, tmp_path: Path) -> None:
    with mirror(server, tmp_path) as made:
        place = made.path
    left = place.parent / f".{place.name}.left"
    place.rename(left)

    mirror(server, tmp_path).close()

    assert not left.exists()


@pytest.mark.slow
def test_several_processes_open_one_mirror_at_once(server: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from mooring.stores.git.mirror import open_mirror\n"
        "with open_mirror(sys.argv[1], Path(sys.argv[2]), environ=os.environ) as made: print(made.commit_id('main'))"
    )
    command = [sys.executable, "-c", program, server.as_uri(), str(tmp_path / "cache")]

    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    answers = {process.communicate()[0] for process in running}

    assert answers == {git(server, "rev-parse", "main") + "\n"}


def test_an_empty_server_gives_an_empty_mirror(tmp_path: Path) -> None:
    with mirror(make_repository(tmp_path / "empty.git", bare=True), tmp_path) as made:
        assert made.refs() == {}
        assert made.commit_id("main") is None


def test_a_mirror_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        open_mirror("ext::sh -c true", tmp_path / "cache", environ=os.environ)

    assert not (tmp_path / "cache").exists()
