"""Promise 10: rollback is one commit, idempotent, under a second, works with the remote down if the bytes are cached,
and stays rolled back."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mooring
from mooring.errors import RefusedError
from mooring.usecases.rollback import RollbackOutcome
from tests.laws.world import IRIS, World, Worlds
from tests.support.builder import Builder
from tests.support.gitrepo import git, write


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Worlds(tmp_path / "worlds").new() as made:
        yield made


def cpu_seconds() -> float:
    """Seconds that this process and the programs it ran have worked; waiting for other tests does not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def test_it_is_one_commit_that_changes_one_file(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    tip = world.tip
    done = world.roll_back()

    assert git(world.remote, "rev-list", "--parents", "-1", "refs/heads/main") == f"{done.commit} {tip}"
    assert git(world.remote, "diff", "--name-only", tip, "refs/heads/main") == IRIS
    assert world.live() == "1.0.0"


def test_it_is_idempotent_and_holds_against_the_same_promotion_and_the_revert_of_itself(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    first = world.roll_back()
    refs = world.refs()
    second = world.roll_back()
    with pytest.raises(RefusedError, match="left staging by a rollback"):
        world.promote("1.1.0")
    with pytest.raises(RefusedError, match="left staging by a rollback"):
        world.roll_back(to_version="1.1.0")

    assert (first.outcome, second.outcome) == (RollbackOutcome.DONE, RollbackOutcome.ALREADY)
    assert world.refs() == refs


def test_it_takes_less_than_a_second(world: World) -> None:
    world.past("1.0.0", "1.1.0")
    before = cpu_seconds()
    world.roll_back()

    assert cpu_seconds() - before < 1.0


def test_it_works_with_the_remote_down_and_the_version_is_fetched_from_the_cache(
    world: World, tmp_path: Path
) -> None:
    world.past("1.0.0", "1.1.0")
    objects = Builder().model("iris").version("1.0.0").version("1.1.0").objects
    bytes_ = tmp_path / "bytes"
    write(bytes_, dict(objects))
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {bytes_}\n"
    write(world.clone, {".dvc/config.local": config.encode()})
    with mooring.Registry.open(world.clone, cache=tmp_path / "cache") as registry:
        registry.fetch("iris@1.0.0")
        shutil.rmtree(bytes_)
        done = registry.rollback("iris", environment="staging", reason="It was worse").apply()
        registry.refresh()
        fetched = registry.fetch("iris@staging")

        assert done.outcome is RollbackOutcome.DONE
        assert done.bytes == "present"
        assert fetched.resolution.version == "1.0.0"
