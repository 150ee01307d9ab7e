"""The quick answer of `mooring check --all` is the ordinary one, or none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mooring.cli.main import run
from mooring.usecases.quick_check import quick_answer
from tests.rules.case_releases import NEXT
from tests.rules.case_waivers import entry, waiving
from tests.support.builder import Builder
from tests.support.gitrepo import git, make_repository
from tests.support.living import Living

CHECK = ["check", "--all"]


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Living:
    made = Living(make_repository(tmp_path / "clone"))
    # What new rules ask for is not of interest here: a registry of which nothing is to be said.
    made.record("Start", Builder().settings().environment("staging"))
    monkeypatch.chdir(made.path)
    return made


def answer(*arguments: str) -> str | None:
    return quick_answer(arguments or CHECK, os.environ)


def test_what_was_checked_and_is_sound_is_answered_in_the_same_words(
    clone: Living, capsys: pytest.CaptureFixture[str]
) -> None:
    before = answer()
    assert run(CHECK) == 0
    ordinary = capsys.readouterr().out

    assert before is None
    assert answer() == ordinary
    assert answer("check") == ordinary
    assert answer("check", "--offline", "--registry", str(clone.path)) == ordinary


def test_a_bare_repository_is_answered_by_its_main(
    clone: Living, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(clone.path), "bare.git")
    git(tmp_path / "bare.git", "remote", "remove", "origin")
    where = ["check", "--registry", str(tmp_path / "bare.git")]
    assert run(where) == 0
    ordinary = capsys.readouterr().out

    assert answer(*where) == ordinary
    git(tmp_path / "bare.git", "config", "mooring.branch", "trunk")
    assert answer(*where) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--json"],
        ["check", "--staged"],
        ["check", "--base", "HEAD~1"],
        ["check", "--ref", "HEAD"],
        ["check", "--quiet"],
        ["check", "--registry", "https://example.com/registry.git"],
        ["check", "--registry", ""],
        ["--quiet", "check"],
        ["explain", "check"],
    ],
    ids=" ".join,
)
def test_whatever_else_is_asked_is_left_alone(clone: Living, arguments: list[str]) -> None:
    assert run(CHECK) == 0

    assert answer(*arguments) is None


def test_another_commit_is_another_question(clone: Living) -> None:
    assert run(CHECK) == 0
    clone.builder.write("environments/staging/iris.yaml", "broken: [\n")
    clone.record("Break it")

    assert answer() is None
    assert run(CHECK) == 1
    assert answer() is None


def test_what_is_waived_is_asked_anew_each_time(clone: Living) -> None:
    clone.record("Waive", waiving(clone.builder, entry("missing-metric", NEXT)))
    assert run(CHECK) == 0

    assert answer() is None


def test_without_a_repository_or_its_cache_there_is_no_quick_answer(clone: Living, tmp_path: Path) -> None:
    assert run(CHECK) == 0
    shutil.rmtree(clone.path / ".git" / "mooring")

    assert answer() is None
    assert answer("check", "--registry", str(tmp_path)) is None
    assert answer("check", "--registry", str(tmp_path / "nowhere")) is None
