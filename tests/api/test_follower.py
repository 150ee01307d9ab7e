"""The follower: what is live, loaded; the last good model when anything fails; never backwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mooring
from mooring.api.follower import RewoundError
from tests.support.scene import Scene
from tests.support.stocked import stocked


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return stocked(tmp_path)


def follower_of(scene: Scene, tmp_path: Path, reference: str = "iris@production") -> mooring.Follower:
    return mooring.Registry.open(scene.remote.as_uri(), cache=tmp_path / "cache").follow(reference)


def test_it_loads_what_is_live_and_reloads_when_the_pointer_moves(scene: Scene, tmp_path: Path) -> None:
    follower = follower_of(scene, tmp_path)
    alex = scene.person("alex")

    assert follower.poll()
    assert follower.serving is not None
    assert follower.serving.model.model == {"model": "iris", "version": "1.0.0"}
    assert not follower.poll()

    alex.merge(alex.promote("iris@1.1.0", "production").branch)

    assert follower.poll()
    assert follower.serving.version == "1.1.0"
    assert follower.serving.model.model == {"model": "iris", "version": "1.1.0"}

    alex.roll_back("iris", "production")

    assert follower.poll()
    assert follower.serving.version == "1.0.0"


@pytest.mark.slow
def test_a_withdrawal_serves_nothing_and_never_another_version(scene: Scene, tmp_path: Path) -> None:
    from mooring.usecases.promote import withdraw

    follower = follower_of(scene, tmp_path)
    follower.poll()
    alex = scene.person("alex")
    done = withdraw(alex.hub(), "iris", "production", reason="retired", now_ms=1_800_000_000_000)
    alex.merge(done.branch)

    assert follower.poll()
    assert follower.serving is None
    assert follower.error is None


def test_the_last_good_model_answers_while_git_is_away_and_its_age_is_visible(
    scene: Scene, tmp_path: Path
) -> None:
    follower = follower_of(scene, tmp_path)
    follower.poll()
    away = scene.remote.rename(tmp_path / "away.git")

    assert not follower.poll()
    assert follower.serving is not None
    assert follower.serving.version == "1.0.0"
    assert isinstance(follower.error, mooring.UnavailableError)
    assert follower.stale_seconds is not None
    assert follower.stale_seconds > 0

    away.rename(scene.remote)

    follower.poll()
    assert follower.error is None


def test_the_last_good_model_answers_while_the_storage_is_away(scene: Scene, tmp_path: Path) -> None:
    follower = follower_of(scene, tmp_path)
    follower.poll()
    (tmp_path / "storage").rename(tmp_path / "elsewhere")
    alex = scene.person("alex")
    alex.merge(alex.promote("iris@1.1.0", "production").branch)

    assert not follower.poll()
    assert follower.serving is not None
    assert follower.serving.version == "1.0.0"
    assert isinstance(follower.error, mooring.UnavailableError)

    (tmp_path / "elsewhere").rename(tmp_path / "storage")

    assert follower.poll()
    assert follower.serving.version == "1.1.0"


@pytest.mark.slow
def test_corrupt_bytes_of_a_new_version_leave_the_old_one_serving(scene: Scene, tmp_path: Path) -> None:
    follower = follower_of(scene, tmp_path)
    follower.poll()
    for path in (tmp_path / "storage").rglob("*"):
        if path.is_file() and b"1.1.0" in path.read_bytes():
            path.write_bytes(b"{}")
    alex = scene.person("alex")
    alex.merge(alex.promote("iris@1.1.0", "production").branch)

    assert not follower.poll()
    assert follower.serving is not None
    assert follower.serving.version == "1.0.0"
    assert isinstance(follower.error, mooring.IntegrityError)


@pytest.mark.slow
def test_a_rewound_main_raises_an_alarm_and_changes_nothing_even_after_a_restart(
    scene: Scene, tmp_path: Path
) -> None:
    alex = scene.person("alex")
    older = scene.refs()["refs/heads/main"]
    alex.merge(alex.promote("iris@1.1.0", "production").branch)
    follower = follower_of(scene, tmp_path)
    follower.poll()
    alex.git("push", "--force", "origin", f"{older}:refs/heads/main")

    assert not follower.poll()
    assert isinstance(follower.alarm, RewoundError)
    assert follower.serving is not None
    assert follower.serving.version == "1.1.0"

    restarted = follower_of(scene, tmp_path)

    assert not restarted.poll()
    assert restarted.serving is None
    assert isinstance(restarted.alarm, RewoundError)


def test_following_something_that_never_moves_is_refused(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(mooring.UsageError, match="never moves"):
        follower_of(scene, tmp_path, "iris@1.0.0")


def test_a_thread_follows_and_stops(scene: Scene, tmp_path: Path) -> None:
    registry = mooring.Registry.open(scene.remote.as_uri(), cache=tmp_path / "cache")
    with registry.follow("iris@production", interval=0.01) as follower:
        assert follower.serving is not None

    shutil.rmtree(tmp_path / "storage")
    assert follower.serving.version == "1.0.0"
