"""`.pre-commit-hooks.yaml` under real pre-commit and real prek: offline, from a plain path, judging what is staged."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.builder import Builder
from tests.support.scene import HOOKS, Person, Scene

ROOT = HOOKS.parent


@pytest.fixture(params=["pre-commit", "prek"])
def runner(request: pytest.FixtureRequest) -> str:
    """The program that runs hooks."""
    return str(request.param)


@pytest.fixture
def alex(tmp_path: Path) -> Person:
    """A clone whose pre-commit takes mooring-check from a copy of this repository's hooks."""
    scene = Scene.build(tmp_path, hook=False)
    tool = tmp_path / "tool"
    tool.mkdir()
    shutil.copytree(HOOKS, tool / "hooks")
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", tool)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Hooks"]):
        subprocess.run(["git", *command], cwd=tool, check=True)
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tool, check=True, capture_output=True, text=True
    )
    config = {
        "repos": [{"repo": str(tool), "rev": revision.stdout.strip(), "hooks": [{"id": "mooring-check"}]}]
    }
    person = scene.person("alex")
    person.git("checkout", "--quiet", "main")
    (person.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    person.git("add", ".pre-commit-config.yaml")
    person.git("commit", "--quiet", "-m", "Check what is staged")
    return person


def ran(person: Person, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=person.folder, env=person.environ, capture_output=True, text=True, check=False
    )


def checked(person: Person, runner: str) -> subprocess.CompletedProcess[str]:
    return ran(person, runner, "run", "mooring-check")


def stage(person: Person, path: str, data: bytes) -> None:
    place = person.folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    person.git("add", path)


@pytest.mark.slow
def test_what_is_staged_and_lawful_passes(alex: Person, runner: str) -> None:
    made = Builder().model("iris").version("1.2.0", metrics={"accuracy": 0.9}).files
    for path in made:
        if "/versions/1.2.0/" in path:
            stage(alex, path, made[path])
    done = checked(alex, runner)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_what_is_staged_and_broken_fails_with_file_and_line(alex: Person, runner: str) -> None:
    stage(alex, "registry/iris/model.yaml", b"apiVersion: mooring/v1\nkind: Model\nname: iris\nname: iris\n")
    done = checked(alex, runner)

    assert done.returncode == 1
    assert "registry/iris/model.yaml:4" in done.stdout
    assert "unreadable-yaml" in done.stdout


@pytest.mark.slow
def test_files_that_are_not_the_registrys_are_none_of_its_business(alex: Person, runner: str) -> None:
    stage(alex, "notes.txt", b"name: a\nname: b\n")

    assert "Skipped" in checked(alex, runner).stdout


@pytest.mark.slow
def test_a_commit_that_breaks_a_document_is_not_made(alex: Person, runner: str) -> None:
    before = alex.git("rev-parse", "HEAD").stdout
    installed = ran(alex, runner, "install")
    stage(alex, "registry/iris/model.yaml", b"apiVersion: mooring/v1\nkind: Model\nname: iris\nname: iris\n")
    refused = ran(alex, "git", "commit", "-m", "Break it")

    assert installed.returncode == 0, installed.stderr
    assert refused.returncode == 1
    assert "unreadable-yaml" in refused.stdout + refused.stderr
    assert alex.git("rev-parse", "HEAD").stdout == before
