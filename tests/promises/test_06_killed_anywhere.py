"""Promise 6: killed at any system call, register, promote, rollback, merge and the cache leave the old or the new."""

from __future__ import annotations

import functools
import hashlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.badinput.world import MOORING, World
from tests.promises.killing import (
    CHANGES,
    PROCESSES,
    environ,
    faults,
    killed,
    run_again,
    state,
    untouched,
    why_not,
)
from tests.support.gitrepo import install_hook
from tests.support.slowly import first

needs_strace = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "promote": ("promote", "iris@1.1.0", "--to", "staging", "--reason", "Better"),
    "merge": ("merge", "promote/staging/iris/1.1.0"),
    "rollback": ("rollback", "iris", "--in", "staging", "--reason", "Worse"),
    "register": ("register", "iris", "artifact", "--version", "3.0.0"),
}
# How often the longest process of a command makes such a call, rounded up; a number beyond its end kills nothing.
LONGEST = {
    CHANGES: {"promote": 200, "merge": 120, "rollback": 170, "register": 240},
    PROCESSES: dict.fromkeys(COMMANDS, 150),
}
SAMPLE = [
    ("promote", CHANGES, 4),
    ("merge", PROCESSES, 100),
    ("rollback", CHANGES, 12),
    ("rollback", PROCESSES, 5),
    ("register", CHANGES, 150),
]


@dataclass(frozen=True)
class Stage:
    """A world in which a command can run, and what the remote says before and after it."""

    command: tuple[str, ...]
    world: World
    before: Mapping[str, object]
    after: Mapping[str, object]
    stored: frozenset[str]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stage]:
    """The stage of a command, made when it is first asked for."""
    plain = World.build(tmp_path_factory.mktemp("plain"), hook=False)

    @functools.cache
    def stage(name: str) -> Stage:
        command, root = COMMANDS[name], tmp_path_factory.mktemp(name)
        world = plain.copy(root / "world")
        for file, content in (("model.json", '{"weights": [1, 2, 3]}'), ("scaler.json", '{"mean": 0}')):
            (world.folder / "artifact").mkdir(exist_ok=True)
            (world.folder / "artifact" / file).write_text(content)
        if name == "merge":
            assert world.mooring(*COMMANDS["promote"], environ=environ(world)).code == 0
        done = world.copy(root / "done")
        before = state(done)
        said = done.mooring(*command, environ=environ(done))
        assert said.code == 0, said
        return Stage(command, world, before, state(done), objects(done))

    return stage


def objects(world: World) -> frozenset[str]:
    """The names of the objects in the storage."""
    return frozenset(
        str(path.relative_to(world.storage))
        for path in world.storage.rglob("*")
        if len(path.name) in (30, 34)
    )


def check(stage: Stage, folder: Path, calls: str, number: int) -> None:
    """Kill the command at one point and look at everything that is left; then run it again."""
    world = stage.world.copy(folder)
    mine = untouched(world)

    killed(world, stage.command, calls, number)

    left = state(world)
    assert left in (stage.before, stage.after)
    if left == stage.after:
        assert objects(world) >= stage.stored
    assert faults(world) == ""
    assert untouched(world) == mine

    said, _ = run_again(world, stage.command)

    assert said.code == 0, said
    assert state(world) == stage.after
    assert objects(world) >= stage.stored
    assert faults(world) == ""
    assert untouched(world) == mine


@needs_strace
@pytest.mark.parametrize(("name", "calls", "number"), first(3, SAMPLE))
def test_killed_at_a_point_it_leaves_the_old_or_the_new(
    stages: Callable[[str], Stage], tmp_path: Path, name: str, calls: str, number: int
) -> None:
    check(stages(name), tmp_path / "world", calls, number)


@needs_strace
@pytest.mark.slow
@pytest.mark.parametrize("calls", [CHANGES, PROCESSES], ids=["changes", "processes"])
@pytest.mark.parametrize("name", COMMANDS)
def test_killed_at_any_point_it_leaves_the_old_or_the_new(
    stages: Callable[[str], Stage], tmp_path: Path, name: str, calls: str
) -> None:
    # Children make few calls, and all of them are tried; of Mooring's own every third.
    longest = LONGEST[calls][name]
    for number in [*range(1, 41), *range(41, longest, 3)]:
        check(stages(name), tmp_path / str(number), calls, number)


@needs_strace
@pytest.mark.parametrize("number", first(1, [90, 7]))
def test_killed_while_it_fetches_the_cache_has_whole_files_or_none(
    stages: Callable[[str], Stage], tmp_path: Path, number: int
) -> None:
    world = stages("rollback").world.copy(tmp_path / "world")

    killed(world, ("fetch", "iris@staging"), CHANGES, number)

    assert set(map(wrong, cached(world))) <= {None}
    said = world.mooring("fetch", "iris@staging", environ=environ(world))
    assert said.code == 0, said
    assert [wrong(path) for path in cached(world)] == [None]
    assert not list((world.scene.root / "cache").rglob("tmp/*"))


def cached(world: World) -> list[Path]:
    """Every file that the cache would hand out."""
    return [path for path in (world.scene.root / "cache").rglob("sha256/*/*") if path.is_file()]


def wrong(path: Path) -> str | None:
    """The name of a cached file whose bytes are others than it says, or None."""
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    return None if found == path.parent.name + path.name else str(path)


@needs_strace
@pytest.mark.parametrize(("name", "number"), first(1, [("promote", 15), ("merge", 35)]))
def test_interrupted_between_two_programs_it_says_so_and_leaves_the_old_or_the_new(
    stages: Callable[[str], Stage], tmp_path: Path, name: str, number: int
) -> None:
    stage = stages(name)
    world = stage.world.copy(tmp_path / "world")
    mine = untouched(world)

    said = killed(world, stage.command, PROCESSES, number, signal="INT", children=False)

    assert (said.code, "Traceback" in said.err) == (130, False), said
    assert said.err.endswith("interrupted: nothing more was done\n")
    assert state(world) in (stage.before, stage.after)
    assert untouched(world) == mine
    assert run_again(world, stage.command)[0].code == 0
    assert state(world) == stage.after


@pytest.mark.parametrize("name", first(1, ["promote", "rollback"]))
def test_ctrl_c_while_the_server_thinks_leaves_the_old(
    stages: Callable[[str], Stage], tmp_path: Path, name: str
) -> None:
    stage = stages(name)
    world = stage.world.copy(tmp_path / "world")
    before, mine = state(world), untouched(world)
    reached, released = tmp_path / "reached", tmp_path / "released"
    for pipe in (reached, released):
        os.mkfifo(pipe)
    install_hook(world.scene.remote, "pre-receive", [f"echo here > '{reached}'", f"read line < '{released}'"])

    # A terminal sends Ctrl-C to everybody in the foreground: Mooring, Git, and the server that Git started.
    with subprocess.Popen(
        [*MOORING, *stage.command],
        cwd=world.folder,
        env=world.environ(environ(world)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert reached.read_text() == "here\n"
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)

    assert (process.returncode, "Traceback" in err) == (130, False), err
    assert err.endswith("interrupted: nothing more was done\n")
    assert state(world) == before
    assert untouched(world) == mine
    assert faults(world) == ""
    (world.scene.remote / "hooks" / "pre-receive").unlink()
    assert run_again(world, stage.command)[0].code == 0
    assert state(world) == stage.after


def test_interrupted_while_modules_are_imported_there_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")

    done = subprocess.run(
        [*MOORING, "list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (130, "interrupted: nothing more was done\n")
