"""Promise 17: exit codes are distinct for findings, usage, unavailable, pending, integrity and trust."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mooring.errors import ExitCode
from tests.badinput.world import Said, World

WHY = ("--reason", "x")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world without a hook that nobody changes."""
    return World.build(tmp_path_factory.mktemp("plain"), hook=False)


@pytest.fixture
def world(plain: World, tmp_path: Path) -> World:
    """A world of one's own."""
    return plain.copy(tmp_path / "world")


def fine(world: World) -> Said:
    """Everything is in order."""
    return world.mooring("check", "--ref", "origin/main")


def finding(world: World) -> Said:
    """A rule finds a fault."""
    world.commit({"environments/staging/iris.yaml": "a: 1\n"})
    return world.mooring("check", "--ref", "origin/main")


def refusal(world: World) -> Said:
    """The state of the registry forbids it."""
    return world.mooring("rollback", "iris", "--in", "production", *WHY)


def failed_gate(world: World) -> Said:
    """A gate will never let it pass."""
    policy = world.alex.git("show", "origin/main:environments/production.yaml").stdout
    world.commit({"environments/production.yaml": policy + "gates:\n  - {metric: accuracy, min: 0.99}\n"})
    assert world.mooring("promote", "iris@1.1.0", "--to", "production", *WHY).code == 0
    return world.mooring("merge", "promote/production/iris/1.1.0")


def usage(world: World) -> Said:
    """The words are wrong."""
    return world.mooring("resolve", "iris")


def nothing(world: World) -> Said:
    """What is asked for is not there."""
    return world.mooring("resolve", "iris@9.9.9")


def nothing_deployed(world: World) -> Said:
    """The environment serves nothing."""
    assert world.mooring("withdraw", "iris", "--from", "staging", *WHY).code == 0
    assert world.mooring("merge", "promote/staging/iris/withdraw").code == 0
    return world.mooring("resolve", "iris@staging", "--json")


def pending(world: World) -> Said:
    """Somebody has to approve."""
    assert world.mooring("promote", "iris@1.1.0", "--to", "production", *WHY).code == 0
    return world.mooring("merge", "promote/production/iris/1.1.0")


def pending_rollback(world: World) -> Said:
    """A rollback that is only proposed is not done."""
    return world.mooring("rollback", "iris", "--in", "staging", "--propose", *WHY)


def wrong_manifest(world: World) -> Said:
    """The chain of digests is broken."""
    path = "registry/iris/versions/2.0.0/manifest.yaml"
    world.commit({path: world.alex.git("show", f"origin/main:{path}").stdout.replace("New", "Old")})
    return world.mooring("resolve", "iris@staging")


def wrong_bytes(world: World) -> Said:
    """The remote holds other bytes than were registered."""
    for path in [path for path in world.storage.rglob("*") if path.is_file()]:
        path.write_bytes(path.read_bytes()[::-1])
    return world.mooring("fetch", "iris@staging", environ={"MOORING_CACHE": str(world.scene.root / "cache")})


def unreachable(world: World) -> Said:
    """The remote is gone."""
    shutil.rmtree(world.scene.remote)
    return world.mooring("promote", "iris@1.1.0", "--to", "production", *WHY)


def locked(world: World) -> Said:
    """A lock was left behind in the clone."""
    world.alex.git("update-ref", "refs/remotes/origin/main", "origin/main~1")
    (world.folder / ".git" / "refs" / "remotes" / "origin" / "main.lock").touch()
    return world.mooring("promote", "iris@1.1.0", "--to", "production", *WHY)


CASES: dict[Callable[[World], Said], ExitCode] = {
    fine: ExitCode.OK,
    finding: ExitCode.REFUSED,
    refusal: ExitCode.REFUSED,
    failed_gate: ExitCode.REFUSED,
    usage: ExitCode.USAGE,
    nothing: ExitCode.NOT_FOUND,
    nothing_deployed: ExitCode.NOT_FOUND,
    pending: ExitCode.PENDING,
    pending_rollback: ExitCode.PENDING,
    wrong_manifest: ExitCode.INTEGRITY,
    wrong_bytes: ExitCode.INTEGRITY,
    unreachable: ExitCode.UNAVAILABLE,
    locked: ExitCode.UNAVAILABLE,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_each_kind_of_end_has_its_own_code(world: World, case: Callable[[World], Said]) -> None:
    said = case(world)

    assert said.code == CASES[case], said
    assert "Traceback" not in said.out + said.err
    if said.code not in (ExitCode.OK, ExitCode.REFUSED, ExitCode.PENDING):
        assert said.out == ""


def test_the_codes_are_distinct_and_never_change() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "OK": 0,
        "REFUSED": 1,
        "USAGE": 2,
        "NOT_FOUND": 3,
        "PENDING": 4,
        "INTEGRITY": 5,
        "UNAVAILABLE": 6,
        "BUG": 70,
        "INTERRUPTED": 130,
    }
    assert set(CASES.values()) == set(ExitCode) - {ExitCode.BUG, ExitCode.INTERRUPTED}


@pytest.mark.slow
def test_a_shell_sees_the_same_codes(world: World) -> None:
    assert world.process("resolve", "iris@9.9.9").code == 3
    assert world.process("resolve").code == 2
