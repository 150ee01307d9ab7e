"""What lies about in a clone and its remote: locks, damage, shallow history, a silent server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.badinput.world import World

PROMOTE = ("promote", "iris@1.1.0", "--to", "production", "--reason", "Better")
ROLL_BACK = ("rollback", "iris", "--in", "staging", "--reason", "Worse")
DRY = "--dry-run"


@pytest.fixture
def unwatched(world: World) -> World:
    """A world whose remote has no hook, so that a push takes milliseconds."""
    (world.scene.remote / "hooks" / "pre-receive").unlink()
    return world


@pytest.mark.slow
@pytest.mark.parametrize(
    "state", ["stale index.lock", "detached head", "empty index", "a merge that is not done"]
)
def test_the_state_of_the_clone_is_nobody_s_business(unwatched: World, state: str) -> None:
    world, git_dir = unwatched, unwatched.folder / ".git"
    match state:
        case "stale index.lock":
            (git_dir / "index.lock").touch()
        case "detached head":
            world.alex.git("checkout", "--quiet", "--detach")
        case "empty index":
            (git_dir / "index").unlink()
            (git_dir / "index").touch()
        case _:
            (git_dir / "MERGE_HEAD").write_text(world.alex.git("rev-parse", "HEAD").stdout)
    own = {name: seen for name, seen in world.snapshot().items() if name.startswith(("tree ", "clone .git/"))}

    said = [world.mooring(*words) for words in (PROMOTE, ROLL_BACK, ("list",), ("fetch", "iris@staging"))]

    assert [one.code for one in said] == [0, 0, 0, 0], said
    after = world.snapshot()
    assert {name: after.get(name) for name in own} == own


@pytest.mark.slow
def test_a_stale_lock_in_the_remote_is_named_and_nothing_is_written(unwatched: World) -> None:
    world, lock = unwatched, unwatched.scene.remote / "refs" / "heads" / "main.lock"
    lock.touch()
    before = world.snapshot()

    said = world.mooring(*ROLL_BACK)

    assert (said.code, f"{lock}, made " in said.message, "was left behind" in said.message) == (
        6,
        True,
        True,
    ), said
    assert f"rm {lock}" in said.hint
    assert world.snapshot() == before
    lock.unlink()
    assert world.mooring(*ROLL_BACK).code == 0


def test_a_lock_on_a_ref_of_the_clone_is_named(unwatched: World) -> None:
    world = unwatched
    new = world.commit({"README.md": "Newer\n"})
    world.alex.git("update-ref", "refs/remotes/origin/main", f"{new}~1")
    lock = world.folder / ".git" / "refs" / "remotes" / "origin" / "main.lock"
    lock.touch()
    before = world.snapshot()

    said = world.mooring(*PROMOTE)

    assert (said.code, str(lock) in said.message, f"rm {lock}" in said.hint) == (6, True, True), said
    assert world.snapshot() == before


def test_a_shallow_clone_says_how_to_get_the_rest(world: World) -> None:
    shallow = world.scene.root / "shallow"
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", f"file://{world.scene.remote}", str(shallow)],
        check=True,
        capture_output=True,
    )
    before = world.snapshot()

    answers = [world.mooring(*words, cwd=shallow) for words in (PROMOTE, ROLL_BACK)]
    resolved = world.mooring("resolve", "iris@staging", cwd=shallow)

    assert all(one.code in (1, 6) for one in answers), answers
    assert all("shallow" in one.message and "git fetch --unshallow" in one.hint for one in answers), answers
    assert resolved.out == "iris@2.0.0\n"
    assert world.snapshot() == before


def test_without_a_remote_nothing_is_proposed(world: World) -> None:
    world.alex.git("remote", "remove", "origin")
    before = world.snapshot()

    for words in (PROMOTE, ROLL_BACK, ("merge", "iris@1.1.0"), ("proposals",)):
        said = world.mooring(*words)
        if words[0] != "proposals":
            assert (said.code, "has no remote" in said.message, "git remote add" in said.hint) == (
                1,
                True,
                True,
            ), said
    assert world.snapshot() == before


@pytest.mark.parametrize(
    "remote", ["/nowhere/x.git", "https://bob:hunter2@127.0.0.1:1/x.git", "ssh://127.0.0.1:1/x"]
)
def test_without_the_network_reads_go_on_and_writes_say_why_not(world: World, remote: str) -> None:
    world.alex.git("remote", "set-url", "origin", remote)
    before = world.snapshot()

    writes = [world.mooring(*words) for words in (PROMOTE, ROLL_BACK)]
    reads = [world.mooring(*words) for words in (("list",), ("show", "iris"), ("resolve", "iris@staging"))]

    assert [one.code for one in writes] == [6, 6], writes
    assert all(
        one.message.startswith("unavailable: the remote did not answer: ") and one.hint for one in writes
    )
    assert [one.code for one in reads] == [0, 0, 0]
    assert not any("hunter2" in one.out + one.err for one in writes + reads)
    assert world.snapshot() == before


@pytest.mark.slow
def test_a_server_that_never_answers_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from mooring.stores.git import process

    monkeypatch.setattr(process, "TALKING_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        world.alex.git("remote", "set-url", "origin", f"http://127.0.0.1:{port}/x.git")
        before = world.snapshot()

        monkeypatch.setattr("mooring.stores.git.remote.TALKING_SECONDS", 0.5)
        said = world.mooring(*PROMOTE)

    assert (said.code, "did not end within 0.5 s" in said.message, bool(said.hint)) == (6, True, True), said
    assert world.snapshot() == before


def objects_of(world: World, folder: Path, *paths: str) -> list[Path]:
    """The loose object files of what main holds at some paths."""
    oids = [world.alex.git("rev-parse", f"origin/main:{path}").stdout.strip() for path in paths]
    git_dir = folder / ".git" if (folder / ".git").is_dir() else folder
    subprocess.run(
        ["git", "-C", str(folder), "unpack-objects", "-q"], input=b"", check=False, capture_output=True
    )
    packs = list((git_dir / "objects" / "pack").glob("*.pack"))
    if packs:
        aside = git_dir / "aside.pack"
        packs[0].rename(aside)
        for other in (git_dir / "objects" / "pack").iterdir():
            other.unlink()
        with aside.open("rb") as data:
            subprocess.run(["git", "-C", str(folder), "unpack-objects", "-q"], stdin=data, check=True)
        aside.unlink()
    return [git_dir / "objects" / oid[:2] / oid[2:] for oid in oids]


@pytest.mark.parametrize("damage", ["overwritten", "truncated", "empty", "another object", "missing"])
def test_a_damaged_object_is_named_and_never_taken(world: World, damage: str) -> None:
    pointer, other = objects_of(
        world, world.folder, "environments/staging/iris.yaml", "environments/production/iris.yaml"
    )
    shutil.rmtree(world.folder / ".git" / "mooring", ignore_errors=True)
    data = pointer.read_bytes()
    pointer.chmod(0o644)
    match damage:
        case "overwritten":
            pointer.write_bytes(b"garbage")
        case "truncated":
            pointer.write_bytes(data[: len(data) // 2])
        case "empty":
            pointer.write_bytes(b"")
        case "another object":
            pointer.write_bytes(other.read_bytes())
        case _:
            pointer.unlink()
    before = world.snapshot()

    for words in (
        ("resolve", "iris@staging"),
        ("fetch", "iris@staging"),
        ("resolve", "iris@staging", "--json"),
    ):
        said = world.mooring(*words, "--offline")

        assert said.code == (6 if damage == "missing" else 5), said
        assert (said.out, bool(said.hint), "Traceback" in said.err) == ("", True, False), said
        if damage != "empty":
            assert pointer.parent.name + pointer.name in said.message
    assert world.snapshot() == before


def test_missing_and_wrong_bytes_of_a_model_are_told_apart(world: World) -> None:
    cache = {"MOORING_CACHE": str(world.scene.root / "cache")}
    stored = [path for path in world.storage.rglob("*") if path.is_file() and not path.name.endswith(".dir")]
    for path in stored:
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b"iris", b"evil"))
    wrong = world.mooring("fetch", "iris@staging", environ=cache)
    for path in stored:
        path.unlink()
    missing = world.mooring("fetch", "iris@staging", environ=cache)
    shutil.rmtree(world.storage)
    gone = world.mooring("fetch", "iris@staging", environ=cache)

    assert (wrong.code, missing.code, gone.code) == (5, 3, 6), (wrong, missing, gone)
    assert all(one.hint for one in (wrong, missing, gone))
    assert all("storage" in one.message for one in (wrong, missing, gone))
    assert not [path for path in (world.scene.root / "cache").rglob("sha256/*/*") if path.is_file()]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_clone_that_may_only_be_read_can_be_read(world: World) -> None:
    for path in (world.folder, *world.folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)

    assert world.mooring("resolve", "iris@staging").out == "iris@2.0.0\n"
    assert world.mooring("show", "iris").code == 0
    assert world.mooring(*PROMOTE).code == 6
