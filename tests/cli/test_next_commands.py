"""What a command prints to be run next can be copied and run as it is, by whom it says."""

from __future__ import annotations

import json
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from mooring.cli.main import run
from tests.support.gitrepo import git
from tests.support.scene import Person, Scene


@dataclass(frozen=True)
class Terminals:
    """A terminal in the clone of each person."""

    scene: Scene
    capsys: pytest.CaptureFixture[str]

    def __call__(self, who: str, *arguments: str) -> tuple[int, str, str]:
        """Run `mooring ARGUMENTS` as `who`: exit status, standard output, standard error."""
        person = self.scene.person(who)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(person.folder)
            for name, value in person.environ.items():
                patch.setenv(name, value)
            patch.setenv("HOME", str(_home(person)))
            self.capsys.readouterr()
            status = run(arguments)
        said = self.capsys.readouterr()
        return status, said.out, said.err


def _home(person: Person) -> Path:
    """A home whose Git configuration names the person's key, as `approve` looks for it."""
    home = person.folder.parent / f"{person.name}-home"
    if not home.exists():
        home.mkdir()
        git(person.folder, "config", "user.signingkey", str(person.key))
        git(person.folder, "config", "gpg.format", "ssh")
    return home


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminals:
    return Terminals(Scene.build(tmp_path, hook=False), capsys)


def commands(text: str, label: str) -> list[list[str]]:
    """The commands that lines such as `Next: mooring ...` end with."""
    found = re.findall(rf"^(?:hint: )?{label}: (mooring .*)$", text, flags=re.MULTILINE)
    return [shlex.split(line)[1:] for line in found]


def test_the_commands_after_a_proposal_bring_it_to_main(terminal: Terminals) -> None:
    _, _, said = terminal("alex", "promote", "iris@1.1.0", "--to", "production", "--reason", "Better")
    (approve,), (merge,) = commands(said, "Next, by somebody else"), commands(said, "Then")

    assert terminal("sam", *approve)[0] == 0
    assert terminal("alex", *merge)[0] == 0
    assert terminal.scene.live("production") == "1.1.0"


@pytest.mark.slow
def test_the_commands_of_a_pending_merge_are_the_missing_ones(terminal: Terminals) -> None:
    terminal("alex", "promote", "iris@1.1.0", "--to", "production", "--reason", "Better")
    status, _, said = terminal("alex", "merge", "iris", "--in", "production")
    (approve,), (merge,) = commands(said, "By somebody else"), commands(said, "Then")

    assert status == 4
    assert terminal("sam", *approve)[0] == terminal("alex", *merge)[0] == 0


@pytest.mark.slow
def test_a_rollback_that_is_only_proposed_needs_no_approval_of_the_state_before(terminal: Terminals) -> None:
    branch = terminal.scene.person("alex").promote("iris@1.1.0", "production").branch
    terminal.scene.person("sam").approve(branch)
    terminal.scene.person("alex").merge(branch)
    asked = ("rollback", "iris", "--in", "production", "--reason", "INC-7", "--propose")
    status, out, said = terminal("alex", *asked)
    (merge,) = commands(said, "Next")

    assert status == 4
    assert out.startswith("NOT ROLLED BACK YET")
    assert terminal("alex", *merge)[0] == 0
    assert terminal.scene.live("production") == "1.0.0"


@pytest.mark.slow
def test_a_rollback_is_listed_with_its_own_reason(terminal: Terminals) -> None:
    branch = terminal.scene.person("alex").promote("iris@1.1.0", "production", reason="A forest").branch
    terminal.scene.person("sam").approve(branch)
    terminal.scene.person("alex").merge(branch)
    terminal("alex", "rollback", "iris", "--in", "production", "--reason", "INC-7", "--propose")
    _, out, _ = terminal("alex", "proposals", "--json")

    assert [one["reason"] for one in json.loads(out)["proposals"]] == ["INC-7"]


@pytest.mark.slow
def test_the_first_promotion_is_undone_as_its_merge_says(terminal: Terminals) -> None:
    terminal("alex", "withdraw", "iris", "--in", "production", "--reason", "End of life")
    terminal("sam", "approve", "iris", "--in", "production")
    _, _, said = terminal("alex", "merge", "iris", "--in", "production")
    (undo,) = commands(said, "Undo")

    assert "--to-nothing" not in undo
    assert terminal("alex", *undo)[0] == 0
    assert terminal.scene.live("production") == "1.0.0"


@pytest.mark.slow
def test_a_version_that_comes_back_after_a_rollback_is_said_to_need_an_approval(terminal: Terminals) -> None:
    terminal("alex", "rollback", "iris", "--in", "staging", "--reason", "INC-8")
    back = ("promote", "iris@2.0.0", "--to", "staging", "--override", "mended", "--reason", "Again")
    _, out, said = terminal("alex", *back)

    assert "approvals\t1 needed" in out
    assert commands(said, "Next, by somebody else")


@pytest.mark.parametrize(
    ("arguments", "least"),
    [
        (("rollback", "iris"), "mooring rollback MODEL --in ENV --reason TEXT"),
        (("promote",), "mooring promote MODEL@VERSION --to ENV --reason TEXT"),
        (("fetch",), "mooring fetch MODEL@REF"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_is_missing_is_said_all_at_once(
    arguments: tuple[str, ...], least: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert f"hint: {least}\n" in capsys.readouterr().err


def test_init_says_where_to_go_on_and_that_nobody_can_approve_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "our registry"

    assert run(["init", "our registry"]) == 0
    said = capsys.readouterr().err
    assert f"Next: cd {shlex.quote(str(place))}\n" in said
    assert "nothing can be approved" in said
    monkeypatch.chdir(place)
    assert run(["init", str(tmp_path / "another"), "--approvals", "0"]) == 0
    assert "approved" not in capsys.readouterr().err


def test_status_of_one_model_leaves_out_the_others(terminal: Terminals) -> None:
    _, out, _ = terminal("alex", "status", "iris", "--json")
    status, _, said = terminal("alex", "status", "irs")

    assert {one["model"] for one in json.loads(out)["live"]} == {"iris"}
    assert status == 3
    assert "Did you mean iris?" in said


def test_outside_a_registry_one_is_told_how_to_name_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", os.fspath(tmp_path.parent))

    assert run(["list"]) == 3
    assert "--registry PATH|URL" in capsys.readouterr().err
