"""Waivers where rules are asked: a check, a promotion, a push. Judged by the base, everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.cli.main import run
from mooring.domain.finding import Level
from mooring.domain.layout import WAIVERS
from mooring.domain.model import State
from mooring.usecases.check import As, check_range, check_staged
from mooring.usecases.judging import FindingsError, judge
from tests.rules.case_documents import MODEL, POINTER, live, started
from tests.rules.case_releases import AMOUNT, NEXT, WHOLE_AMOUNT
from tests.rules.case_waivers import entry, waiving
from tests.support.builder import Builder
from tests.support.gitrepo import git, make_repository, write
from tests.support.living import Living
from tests.support.scene import Scene, standard

if TYPE_CHECKING:
    from pathlib import Path

    from mooring.usecases.check import Checked

BUMP = entry("insufficient-bump", NEXT)


def base() -> Builder:
    return started().about("iris").version("1.0.1", accepts=AMOUNT)


def breaking(builder: Builder) -> Builder:
    return builder.version("1.1.0", accepts=WHOLE_AMOUNT)


def clone(tmp_path: Path, *states: Builder) -> Living:
    made = Living(make_repository(tmp_path / "clone"))
    for state in states:
        made.record("A state", state)
    return made


def levels(checked: Checked) -> dict[str, Level]:
    return {finding.rule: finding.level for finding in checked.findings}


def test_what_the_base_waives_is_told_and_lands(tmp_path: Path) -> None:
    waived = waiving(base(), BUMP)
    made = clone(tmp_path, base(), waived, breaking(waived.copy()))
    hub = wiring.open_hub(made.path)
    (told,) = judge(hub, made.commits[1], made.commits[2], what="it")

    assert (told.rule, told.level) == ("insufficient-bump", Level.WAIVED)
    with pytest.raises(FindingsError, match="its waiver must be merged first"):
        judge(hub, made.commits[0], made.commits[2], what="it")


def test_a_branch_does_not_waive_what_it_brings(tmp_path: Path) -> None:
    waived = waiving(base(), BUMP)
    made = clone(tmp_path, base())
    made.publish()
    made.record("Waive", waived)
    made.record("Break", breaking(waived.copy()))
    hub = wiring.open_hub(made.path)
    ranges = [check_range(hub, made.commits[0], "HEAD", judged_as=how) for how in As]
    made.publish()
    merged = check_range(wiring.open_hub(made.path), made.commits[0], "HEAD")

    assert [levels(one)["insufficient-bump"] for one in ranges] == [Level.ERROR] * 2
    assert levels(merged) == {"insufficient-bump": Level.WAIVED}


def test_a_waiver_that_is_only_staged_waives_nothing(tmp_path: Path) -> None:
    made = clone(tmp_path, base())
    write(made.path, breaking(waiving(base(), BUMP)).files)
    git(made.path, "add", "--all")

    assert levels(check_staged(wiring.open_hub(made.path)))["insufficient-bump"] is Level.ERROR


def test_a_quarantine_that_is_lifted_together_with_the_promotion_still_holds(tmp_path: Path) -> None:
    banned = live().version("1.1.0").status("1.1.0", State.QUARANTINED)
    lifted = banned.copy().remove("registry/iris/status/1.1.0.yaml").promote("1.1.0", to="staging")
    made = clone(tmp_path, banned, lifted)
    found = levels(check_range(wiring.open_hub(made.path), made.commits[0], "HEAD"))

    assert found["retired-version"] is Level.ERROR


def test_the_policy_of_the_base_judges_a_promotion_that_brings_its_own(tmp_path: Path) -> None:
    closed = Builder().environment("staging").environment("production", promotes_from=["staging"])
    closed.model("iris").version("1.0.0")
    opened = closed.copy().environment("production").promote("1.0.0", to="production")
    made = clone(tmp_path, closed, opened)
    found = levels(check_range(wiring.open_hub(made.path), made.commits[0], "HEAD"))

    assert found["out-of-order-promotion"] is Level.ERROR


def test_what_was_wrong_in_the_base_is_a_warning_and_what_is_new_an_error(tmp_path: Path) -> None:
    bad = started().write(MODEL, started().files[MODEL] + b"licence: MIT\n")
    worse = bad.copy().write(MODEL, bad.files[MODEL] + b"licenze: MIT\n")
    made = clone(tmp_path, bad, worse)
    found = check_range(wiring.open_hub(made.path), made.commits[0], "HEAD").findings

    assert [(one.place.keys, one.level) for one in found] == [
        (("licence",), Level.WARNING),
        (("licenze",), Level.ERROR),
    ]


def test_a_pointer_staged_with_a_file_outside_of_the_registry_is_bundled(tmp_path: Path) -> None:
    made = clone(tmp_path, started())
    write(made.path, {POINTER: live().files[POINTER]})
    git(made.path, "add", "--all")
    alone = levels(check_staged(wiring.open_hub(made.path)))
    write(made.path, {".github/workflows/check.yml": b"on: push\n"})
    git(made.path, "add", "--all")

    assert alone == {}
    assert levels(check_staged(wiring.open_hub(made.path))) == {"bundled-pointer-change": Level.ERROR}


@pytest.mark.slow
def test_a_push_waives_nothing_by_what_it_brings_itself(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, lambda signers: standard(approvals=0, signers=signers), hook=False)
    alex = scene.person("alex")
    text = waiving(Builder(), entry("missing-model-document", MODEL)).files[WAIVERS]
    first = alex.commit({WAIVERS: text})
    second = alex.commit({MODEL: None}, on=first)
    together = [refusal.rule for refusal in scene.offered(alex, second)]
    alex.push(first, "refs/heads/main", "--no-verify")
    alex.git("fetch", "--quiet", "origin")

    assert together == ["missing-model-document"]
    assert scene.offered(alex, alex.commit({MODEL: None})) == ()


@pytest.mark.slow
def test_a_command_says_what_it_did_in_spite_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lacking = live().remove(MODEL)
    waived = waiving(lacking.copy(), entry("missing-model-document", MODEL))
    made = clone(tmp_path, waived)
    monkeypatch.chdir(made.path)

    assert run(["check", "--all"]) == 0
    assert "waived[missing-model-document]" in capsys.readouterr().out
    assert run(["check", "--all", "--format", "json"]) == 0
    assert '"level": "waived"' in capsys.readouterr().out
