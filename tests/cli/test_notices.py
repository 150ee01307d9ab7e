"""Who is told, elsewhere, that something waits for a person: a pointer is held, a gate fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mooring.cli.main import run
from mooring.domain.environment import GateSpec, Settings
from mooring.stores.notify import Notice, NoticeKind
from tests.support.hubs import at_hub
from tests.support.scene import Person, Scene, standard

BRANCH = "promote/production/iris/1.1.0"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Notice]:
    notices: list[Notice] = []

    def notify(addresses: Sequence[str], notice: Notice) -> tuple[()]:
        notices.append(notice)
        return ()

    monkeypatch.setattr("mooring.stores.notify.notify", notify)
    monkeypatch.setenv("MOORING_NOTIFY", "json://ops.example.com")
    return notices


def work_as(person: Person, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    for name, value in environ.items():
        if name != "MOORING_NOTIFY":
            monkeypatch.setenv(name, value)
    monkeypatch.chdir(person.folder)


@pytest.mark.slow
def test_people_are_told_that_automation_met_a_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[Notice]
) -> None:
    robots = Settings(automation=("kim@example.com",))
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=robots))
    scene.person("alex").roll_back("iris", "staging")
    robot = scene.person("kim")
    work_as(robot, monkeypatch, robot.environ)
    words = ["promote", "iris@1.0.0", "--to", "staging", "--reason", "The newest that passes"]

    assert (run([*words, "--dry-run"]), told) == (1, [])
    assert run(words) == 1
    (notice,) = told
    assert notice.kind is NoticeKind.HELD
    assert "staging was rolled back from iris@2.0.0" in notice.title
    assert "A person may: mooring promote iris@1.0.0 --to staging" in notice.body


@pytest.mark.slow
@pytest.mark.parametrize("has_forge", [False, True])
def test_people_are_told_that_a_gate_refuses_a_merge_here_and_at_a_forge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: list[Notice], *, has_forge: bool
) -> None:
    gate = GateSpec(metric="accuracy", min=0.99)
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, approvals=0, gates=[gate]))
    with at_hub(scene) as hub:
        person = hub.person("alex") if has_forge else scene.person("alex")
        work_as(person, monkeypatch, hub.environ(person) if has_forge else person.environ)
        person.promote("iris@1.1.0", "production")

        assert (run(["merge", BRANCH, "--dry-run"]), told) == (1, [])
        assert run(["merge", BRANCH]) == 1
        assert [notice.kind for notice in told] == [NoticeKind.GATE_FAILED]
