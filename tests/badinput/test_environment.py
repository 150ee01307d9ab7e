"""What the environment says of Git, of home and of who works here: a clear word, and never the wrong repository."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.badinput.world import World

PROMOTE = ("promote", "iris@1.1.0", "--to", "production", "--reason", "Better", "--dry-run")
ROLL_BACK = ("rollback", "iris", "--in", "staging", "--reason", "Worse", "--dry-run")
NOBODY = {f"GIT_{role}_{part}": None for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}


@pytest.mark.parametrize("command", [PROMOTE, ROLL_BACK], ids=["promote", "rollback"])
def test_without_an_identity_git_s_two_commands_are_named(shared: World, command: tuple[str, ...]) -> None:
    before = shared.snapshot()

    said = shared.mooring(*command, environ={**NOBODY, "GIT_CONFIG_GLOBAL": os.devnull})

    assert (said.code, said.message) == (1, "error: Git does not know who you are")
    assert "git config --global user.name" in said.hint
    assert shared.snapshot() == before


@pytest.mark.parametrize("command", [PROMOTE, ROLL_BACK], ids=["promote", "rollback"])
@pytest.mark.parametrize(
    ("name", "told"), [("Al\u202eex", "U+202E"), ("Al\x1b[31mex", "U+001B"), ("A" * 600, "500 are allowed")]
)
def test_an_identity_that_no_document_can_hold_is_refused(
    shared: World, command: tuple[str, ...], name: str, told: str
) -> None:
    said = shared.mooring(*command, environ={"GIT_AUTHOR_NAME": name})

    assert (said.code, told in said.message, "user.name" in said.hint) == (1, True, True), said
    assert "\x1b" not in said.err
    assert "\u202e" not in said.err


def test_without_git_the_missing_program_is_named(shared: World) -> None:
    for command in (PROMOTE, ("resolve", "iris@staging"), ("list",)):
        said = shared.mooring(*command, environ={"PATH": "/nowhere"})

        assert (said.code, said.message) == (6, "unavailable: git was not found on PATH")
        assert said.hint == "install Git 2.39 or newer\n"


def test_a_foreign_git_dir_leads_nowhere(shared: World, tmp_path: Path) -> None:
    elsewhere = {
        "GIT_DIR": str(tmp_path / "no.git"),
        "GIT_WORK_TREE": str(tmp_path),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "objects"),
        "GIT_NAMESPACE": "other",
        "GIT_CEILING_DIRECTORIES": "/",
    }
    before = shared.snapshot()

    answers = [shared.mooring("resolve", "iris@staging", environ=elsewhere)]
    answers.append(shared.mooring(*PROMOTE, environ=elsewhere))

    assert [said.code for said in answers] == [0, 0], answers
    assert answers[0].out == "iris@2.0.0\n"
    assert shared.snapshot() == before
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_the_account_s_own_is_used(shared: World) -> None:
    unset = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"))

    assert shared.mooring("resolve", "iris@staging", environ=unset).out == "iris@2.0.0\n"
    assert shared.mooring("show", "iris", environ=unset).code == 0
    assert shared.mooring(*PROMOTE, environ=unset).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
@pytest.mark.parametrize("whose", ["clone", "remote"])
def test_a_repository_of_somebody_else_is_not_worked_in(world: World, whose: str) -> None:
    folder = world.folder if whose == "clone" else world.scene.remote
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    before = world.snapshot()

    said = world.mooring(*PROMOTE)

    assert said.code == 6, said
    assert said.message == f"unavailable: {folder} belongs to another user, and Git refuses to work in it"
    assert said.hint == f"if you trust it: git config --global --add safe.directory {folder}\n"
    assert world.snapshot() == before


@pytest.mark.parametrize(
    ("registry", "code", "told"),
    [
        ("/nowhere/at/all", 3, "there is no folder /nowhere/at/all"),
        ("", 2, "the name of the registry is empty"),
        ("/etc/hostname", 3, "cannot be entered"),
        ("x" * 5_000, 3, "File name too long"),
        ("-x", 3, "there is no folder"),
        ("ext::sh -c 'touch pwned'", 3, "there is no folder"),
        ("git://example.com/x", 2, "not a remote that Mooring talks to"),
        ("http://example.com/x", 2, "not a remote that Mooring talks to"),
        ("ssh://-oProxyCommand=touch/x", 2, "not a remote that Mooring talks to"),
        ("file://relative/x", 2, "not a remote that Mooring talks to"),
        ("file:///nowhere/x.git", 6, "the remote did not answer"),
        ("https://bob:hunter2@127.0.0.1:1/x.git", 6, "the remote did not answer"),
    ],
)
@pytest.mark.parametrize("command", [("list",), ("resolve", "iris@staging"), PROMOTE], ids=lambda c: c[0])
def test_a_registry_that_is_none_is_said_to_be(
    shared: World, command: tuple[str, ...], registry: str, code: int, told: str
) -> None:
    before = shared.snapshot()

    said = shared.mooring(*command, "--registry", registry)

    assert (said.code, told in said.message, bool(said.hint)) == (code, True, True), said
    assert "hunter2" not in said.out + said.err
    assert not list(shared.folder.glob("pwned"))
    assert shared.snapshot() == before


def test_a_remote_that_runs_a_program_is_not_talked_to(world: World) -> None:
    world.alex.git("remote", "set-url", "origin", "ext::sh -c 'touch pwned'")
    before = world.snapshot()

    said = world.mooring(*PROMOTE)

    assert (said.code, "not a remote that Mooring talks to" in said.message) == (2, True), said
    assert world.snapshot() == before


def test_outside_of_a_registry_the_answer_is_where_to_go(shared: World, tmp_path: Path) -> None:
    for command in (("list",), ("resolve", "iris@staging"), PROMOTE):
        said = shared.mooring(*command, cwd=tmp_path)

        assert (said.code, said.message) == (3, f"error: {tmp_path} is not in a Git repository"), said
        assert said.hint


@pytest.mark.slow
def test_a_folder_that_went_away_under_the_shell_is_said_to_have(shared: World, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()

    said = shared.process("list", under=["sh", "-c", f'rmdir "{gone}"; exec "$@"', "sh"], cwd=gone)

    assert said.code in (3, 6), said
    assert "Traceback" not in said.err


def test_a_cache_that_cannot_be_written_does_not_stop_reading(world: World) -> None:
    shutil.rmtree(world.folder / ".git" / "mooring", ignore_errors=True)

    said = world.mooring("show", "iris", environ={"MOORING_CACHE": "/proc/nowhere"})
    fetched = world.mooring("fetch", "iris@staging", environ={"MOORING_CACHE": "/proc/nowhere"})

    assert said.code == 0, said
    assert (fetched.code, bool(fetched.hint)) == (6, True), fetched
