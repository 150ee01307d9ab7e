"""`mooring rollback --quarantine`: what was undone does not come back, by a second proposal after the rollback."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.cli.main import run
from mooring.domain.model import State
from mooring.usecases.status_change import StatusRequest, change_status
from tests.support.hubs import at_hub
from tests.support.scene import NOW, Person, Scene

WORDS = ["rollback", "iris", "--in", "staging", "--reason", "It's worse", "--quarantine"]
BRANCH = "refs/heads/status/iris/2.0.0"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path)


@pytest.fixture
def alex(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Person:
    person = scene.person("alex")
    work_as(person, monkeypatch, person.environ)
    return person


def work_as(person: Person, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(person.folder)


def test_the_version_that_was_undone_is_proposed_to_be_banned_where_it_was_undone(
    scene: Scene, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    status = run(WORDS)
    said = capsys.readouterr().out

    assert (status, scene.live("staging")) == (0, "1.1.0")
    assert "Proposed: iris@2.0.0 is quarantined" in said
    assert BRANCH in scene.refs()
    there = scene.hub().registry(scene.refs()[BRANCH]).status("iris", "2.0.0")
    assert there is not None
    assert (there.state, there.environments, there.reason) == (
        State.QUARANTINED,
        ("staging",),
        "It's worse",
    )


@pytest.mark.slow
def test_asked_again_after_the_rollback_the_quarantine_is_made_up_for(
    scene: Scene, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    alex.roll_back("iris", "staging")

    assert run(WORDS) == 0
    refs = scene.refs()
    scene.hub().repository.update_ref("refs/heads/main", refs[BRANCH], refs["refs/heads/main"])
    capsys.readouterr()
    assert run(WORDS) == 0
    assert "No version is to be quarantined in staging" in capsys.readouterr().out


@pytest.mark.slow
def test_a_quarantine_elsewhere_holds_there_still(scene: Scene, alex: Person) -> None:
    asked = StatusRequest("iris@2.0.0", State.QUARANTINED, "It leaks", ("production",), evidence="INC-7")
    change_status(alex.hub(), asked, now_ms=NOW * 1000, merge=True)

    assert run(WORDS) == 0
    there = scene.hub().registry(scene.refs()[BRANCH]).status("iris", "2.0.0")
    assert there is not None
    assert (there.environments, there.evidence) == (("production", "staging"), "INC-7")


def test_a_dry_run_writes_neither(scene: Scene, alex: Person, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*WORDS, "--dry-run"]) == 0
    assert "Would say: iris@2.0.0 is quarantined" in capsys.readouterr().out
    assert (scene.live("staging"), BRANCH in scene.refs()) == ("2.0.0", False)


def test_where_it_fails_the_rollback_stands_and_the_command_is_said(
    scene: Scene, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = scene.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\nwhile read old new ref; do case $ref in */status/*) exit 1;; esac; done\n")

    status = run(WORDS)
    said = capsys.readouterr()

    assert (status, scene.live("staging")) == (1, "1.1.0")
    assert "the rollback stands, and nothing is quarantined" in said.err
    assert """mooring quarantine iris@2.0.0 --in staging --reason 'It'"'"'s worse'""" in said.err


@pytest.mark.slow
def test_at_a_forge_both_are_pull_requests(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with at_hub(scene) as hub:
        person = hub.person("alex")
        work_as(person, monkeypatch, hub.environ(person))

        assert run(WORDS) == 0
        assert [(pull.branch, pull.state) for pull in hub.server.pulls] == [
            ("rollback/staging/iris", "closed"),
            ("status/iris/2.0.0", "open"),
        ]
        assert "https://github.com/acme/models/pull/2" in capsys.readouterr().out
