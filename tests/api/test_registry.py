"""`mooring.Registry`: what Python callers see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mooring
from tests.support.scene import Scene
from tests.support.stocked import stocked


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return stocked(tmp_path_factory.mktemp("api"))


def opened(scene: Scene, tmp_path: Path) -> mooring.Registry:
    return mooring.Registry.open(scene.remote, cache=tmp_path / "cache")


def test_importing_mooring_imports_nothing_heavy_and_does_no_io() -> None:
    code = (
        "import sys, mooring\n"
        "print(sorted({'pydantic', 'yaml', 'git', 'dvc', 'click', 'subprocess', 'sqlite3'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_it_lists_models_and_versions(scene: Scene, tmp_path: Path) -> None:
    with opened(scene, tmp_path) as registry:
        assert registry.models() == ("iris",)
        assert registry.versions("iris") == ("1.0.0", "1.1.0", "2.0.0")
        assert registry.version("iris@v1.1.0").metrics == {"accuracy": 0.96}
        assert registry.version("iris@latest").version == "2.0.0"
        with pytest.raises(mooring.NotFoundError, match="no model 'irys'"):
            registry.versions("irys")


@pytest.mark.slow
def test_an_answer_is_kept_until_the_ref_moves_and_not_a_moment_longer(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    alex = scene.person("alex")
    with mooring.Registry.open(scene.remote, cache=tmp_path / "cache") as registry:
        before = registry.resolve("iris@production")

        assert registry.resolve("iris@production") is before
        assert before.version == "1.0.0"

        done = alex.promote("iris@1.1.0", "production")
        alex.merge(done.branch)

        assert registry.resolve("iris@production").version == "1.1.0"


@pytest.mark.slow
def test_a_pinned_ref_does_not_move(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    alex = scene.person("alex")
    with mooring.Registry.open(scene.remote) as now:
        commit = now.commit
    alex.merge(alex.promote("iris@1.1.0", "production").branch)
    with mooring.Registry.open(scene.remote, ref=commit) as pinned:
        assert pinned.resolve("iris@production").version == "1.0.0"


def test_loading_gives_the_model_of_the_version_that_is_live(scene: Scene, tmp_path: Path) -> None:
    with opened(scene, tmp_path) as registry:
        loaded = registry.load("iris@production")

        assert loaded.model == {"model": "iris", "version": "1.0.0"}
        assert loaded.manifest.ref == "iris@1.0.0"


def test_fetching_into_a_folder_copies_verified_files(scene: Scene, tmp_path: Path) -> None:
    with opened(scene, tmp_path) as registry:
        fetched = registry.fetch("iris@2.0.0", out=tmp_path / "out")

        (only,) = fetched.files.values()
        assert (tmp_path / "out" / "model.json").read_bytes() == only.read_bytes()


def test_wrong_bytes_in_the_remote_are_never_handed_out(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    for path in (tmp_path / "storage").rglob("*"):
        if path.is_file() and b"2.0.0" in path.read_bytes():
            path.write_bytes(path.read_bytes().replace(b"2.0.0", b"6.6.6"))
    with mooring.Registry.open(scene.remote, cache=tmp_path / "cache") as registry:
        with pytest.raises(mooring.IntegrityError, match="wrong bytes"):
            registry.load("iris@2.0.0")

        assert registry.load("iris@1.0.0").model == {"model": "iris", "version": "1.0.0"}


def test_a_version_whose_cached_file_rots_is_fetched_again(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    with mooring.Registry.open(scene.remote, cache=tmp_path / "cache") as registry:
        (cached,) = registry.fetch("iris@1.1.0").files.values()
        cached.chmod(0o644)
        cached.write_bytes(cached.read_bytes().replace(b"1.1.0", b"9.9.9"))

        assert registry.load("iris@1.1.0").model == {"model": "iris", "version": "1.1.0"}


def test_a_plan_writes_nothing_until_it_is_proposed(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    alex = scene.person("alex")
    before = scene.refs()
    with mooring.Registry.open(alex.folder) as registry:
        plan = registry.promote("iris@1.1.0", to="production", reason="better")

        assert plan.plan.after is not None
        assert plan.plan.after.version == "1.1.0"
        assert scene.refs() == before

        done = plan.propose()

        assert scene.refs()[f"refs/heads/{done.branch}"] == done.commit


@pytest.mark.slow
def test_a_planned_rollback_writes_nothing_until_it_is_applied(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    alex = scene.person("alex")
    alex.merge(alex.promote("iris@1.1.0", "production").branch)
    with mooring.Registry.open(alex.folder, cache=tmp_path / "cache") as registry:
        before = scene.refs()
        planned = registry.rollback("iris", environment="production", reason="worse")

        assert planned.plan.target is not None
        assert planned.plan.target.version == "1.0.0"
        assert scene.refs() == before

        planned.apply()

        assert scene.live("production") == "1.0.0"


def test_a_mirror_answers_while_its_remote_is_away(tmp_path: Path) -> None:
    scene = stocked(tmp_path)
    with mooring.Registry.open(scene.remote.as_uri(), cache=tmp_path / "cache") as registry:
        assert registry.load("iris@production").manifest.ref == "iris@1.0.0"
    scene.remote.rename(tmp_path / "gone.git")
    with mooring.Registry.open(scene.remote.as_uri(), cache=tmp_path / "cache") as registry:
        assert registry.hub.unreachable is not None
        assert registry.load("iris@production").manifest.ref == "iris@1.0.0"
