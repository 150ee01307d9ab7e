"""`mooring doctor --forge`: what the forge does not enforce, each with the command that mends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.cli.main import run
from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Approvals, Policy, Settings
from mooring.usecases.protection import gaps
from tests.support.hubs import AtHub, at_hub
from tests.support.scene import Person, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=Settings(people=PEOPLE)))
    with at_hub(scene) as there:
        yield there


@pytest.fixture
def alex(hub: AtHub, monkeypatch: pytest.MonkeyPatch) -> Person:
    person = hub.person("alex")
    for name, value in hub.environ(person).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(person.folder)
    return person


def found(capsys: pytest.CaptureFixture[str], name: str, *words: str) -> list[dict[str, str]]:
    capsys.readouterr()
    run(["doctor", "--json", *words])
    checks = json.loads(capsys.readouterr().out)["checks"]
    return [check for check in checks if check["name"] == name]


def test_each_gap_is_one_check_until_its_cure_was_run(
    hub: AtHub, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = gaps(hub.forge.protection("main"))
    before = found(capsys, "protection", "--forge")

    assert len(before) == len(missing) > 5
    assert {check["cure"] for check in before} == {"mooring forge protect --apply"}
    assert any(
        "anybody who can push can move a pointer" in check["message"] and check["health"] == "fail"
        for check in before
    )
    assert run(["forge", "protect", "--apply"]) == 0
    assert [check["health"] for check in found(capsys, "protection", "--forge")] == ["ok"]


def test_the_forge_is_asked_only_when_told_to_and_the_line_says_how(
    hub: AtHub, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.server.failing = [500] * 9
    (check,) = found(capsys, "protection")

    assert check["health"] == "warn"
    assert check["cure"].endswith("mooring doctor --forge")
    assert len(hub.server.failing) == 9


def test_without_a_token_it_is_said_so(
    alex: Person, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "")
    (check,) = found(capsys, "protection", "--forge")

    assert "there is no token for github.com" in check["message"]


def test_a_refused_token_is_one_failed_check_and_stops_no_other(
    hub: AtHub, alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.server.failing = [401]
    (check,) = found(capsys, "protection", "--forge")

    assert check["health"] == "fail"
    assert found(capsys, "code owners", "--forge")


@pytest.mark.slow
def test_code_owners_of_main_are_compared_with_the_policies(
    alex: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    (unnamed,) = found(capsys, "code owners", "--forge")
    alex.git("checkout", "-q", "main")
    policy = Policy(name="production", approvals=Approvals(required=1, principals=tuple(PEOPLE)))
    (alex.folder / layout.policy_path("production")).write_bytes(codec.encode(policy))
    alex.git("commit", "-q", "-a", "-m", "Say who approves")
    alex.git("push", "-q", "origin", "main")
    (before,) = found(capsys, "code owners", "--forge")
    assert run(["forge", "codeowners", "--write"]) == 0
    alex.git("add", ".github")
    alex.git("commit", "-q", "-m", "Say who owns what")
    alex.git("push", "-q", "origin", "main")
    (after,) = found(capsys, "code owners", "--forge")

    assert (unnamed["health"], before["health"], after["health"]) == ("warn", "fail", "ok")
    assert before["cure"] == "mooring forge codeowners --write"


def test_nobody_is_asked_offline(alex: Person) -> None:
    assert run(["doctor", "--forge", "--offline"]) == 2
