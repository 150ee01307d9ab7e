"""`mooring fmt`: what it changes, what it never touches, and what it says."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from unittest import mock

import pytest

from mooring.cli.main import run
from mooring.errors import RefusedError
from mooring.stores.worktree import WorkTree
from tests.support.builder import Builder
from tests.support.gitrepo import commit, git, make_repository

MODEL = "registry/iris/model.yaml"
POLICY = "environments/staging.yaml"
POINTER = "environments/staging/iris.yaml"
MANIFEST = "registry/iris/versions/1.0.0/manifest.yaml"
NEW = "registry/iris/versions/1.1.0/manifest.yaml"

UNTIDY = b"# Whose it is\nname:   iris\nkind: Model\napiVersion: mooring/v1\nowners: [ 'Alex' ] # all of them"
TIDY = b"apiVersion: mooring/v1\nkind: Model\n# Whose it is\nname: iris\nowners: [Alex]  # all of them\n"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work tree on main with one version that is live; it is the current folder."""
    built = Builder().settings().environment("staging").model("iris").version("1.0.0")
    place = make_repository(tmp_path / "clone")
    commit(place, dict(built.promote("1.0.0", to="staging").files))
    monkeypatch.chdir(place)
    return place


def untidy(place: Path, path: str) -> bytes:
    """Reverse the lines of a document that has them all at the left, and return what is there then."""
    lines = (place / path).read_bytes().splitlines(keepends=True)
    text = b"".join([lines[1], lines[0], *lines[2:]])
    (place / path).write_bytes(text)
    return text


def test_a_document_gets_the_layout_and_keeps_its_comments_and_its_mode(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / MODEL).write_bytes(UNTIDY)
    (clone / MODEL).chmod(0o640)

    assert run(["fmt"]) == 0

    said = capsys.readouterr()
    assert (clone / MODEL).read_bytes() == TIDY
    assert stat.S_IMODE((clone / MODEL).stat().st_mode) == 0o640
    assert said.out == f"formatted\t{MODEL}\n"
    assert said.err == "4 documents: 1 formatted, 3 as they should be\n"
    assert sorted(path.name for path in (clone / MODEL).parent.iterdir()) == ["model.yaml", "versions"]
    assert run(["fmt", "--check"]) == 0


def test_a_check_and_a_diff_write_nothing_and_end_with_1(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / MODEL).write_bytes(UNTIDY.replace(b"\n", b"\r\n"))
    before = (clone / MODEL).stat()

    assert run(["fmt", "--check", "registry"]) == 1
    checked = capsys.readouterr()
    assert run(["fmt", "--diff", MODEL]) == 1
    shown = capsys.readouterr()

    assert (clone / MODEL).read_bytes() == UNTIDY.replace(b"\n", b"\r\n")
    assert (clone / MODEL).stat() == before
    assert checked.out == f"would format\t{MODEL}\n"
    assert checked.err.endswith("Next: mooring fmt registry\n")
    assert shown.out.startswith(f"--- a/{MODEL}\n+++ b/{MODEL}\n@@ ")
    assert "\n-name:   iris\\r\n" in shown.out
    assert "\n+owners: [Alex]  # all of them\n" in shown.out
    assert shown.out.endswith("\\ No newline at end of the old file\n")


def test_versions_and_pointers_of_main_are_never_touched(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pointer = untidy(clone, POINTER)
    commit(clone, {}, "Promoted by hand", minute=1)
    manifest = untidy(clone, MANIFEST)

    assert run(["fmt"]) == 0
    assert run(["fmt", MANIFEST, POINTER]) == 0

    assert (clone / MANIFEST).read_bytes() == manifest
    assert (clone / POINTER).read_bytes() == pointer
    assert capsys.readouterr().err.splitlines()[1:3] == [
        f"left alone: {MANIFEST}: versions on main are immutable",
        f"left alone: {POINTER}: pointers on main are changed by promotions only",
    ]


def test_a_pointer_that_a_revert_brings_back_is_never_touched(clone: Path) -> None:
    by_hand = untidy(clone, POINTER)
    commit(clone, {}, "Promoted by hand", minute=1)
    commit(clone, {POINTER: by_hand.replace(b"holdout", b"second")}, "Again", minute=2)
    (clone / POINTER).write_bytes(by_hand)

    assert run(["fmt", POINTER]) == 0
    assert (clone / POINTER).read_bytes() == by_hand


def test_a_pointer_that_never_was_on_main_is_laid_out(clone: Path) -> None:
    tidy = (clone / POINTER).read_bytes().replace(b"holdout", b"second")
    (clone / POINTER).write_bytes(tidy)
    assert untidy(clone, POINTER) != tidy

    assert run(["fmt"]) == 0
    assert (clone / POINTER).read_bytes() == tidy


def test_a_new_registry_is_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["init", str(tmp_path / "new"), "--name", 'A name: "quoted"']) == 0
    monkeypatch.chdir(tmp_path / "new")

    assert run(["fmt", "--check"]) == 0


def test_a_version_of_a_branch_may_be_laid_out_while_nobody_has_signed_it(clone: Path) -> None:
    git(clone, "switch", "--quiet", "--create", "register/iris/1.1.0")
    (clone / NEW).parent.mkdir()
    (clone / NEW).write_bytes((clone / MANIFEST).read_bytes().replace(b"1.0.0", b"1.1.0"))
    tidy = (clone / NEW).read_bytes()
    mixed = untidy(clone, NEW)
    commit(clone, {})

    assert mixed != tidy
    assert run(["fmt", NEW]) == 0
    assert (clone / NEW).read_bytes() == tidy

    untidy(clone, NEW)
    (clone / NEW).with_name("signature.json").write_bytes(b"{}")
    assert run(["fmt", NEW]) == 0
    assert (clone / NEW).read_bytes() == mixed


def test_what_cannot_be_read_is_named_and_keeps_nothing_else_from_being_written(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (clone / MODEL).write_bytes(UNTIDY)
    (clone / POLICY).write_bytes(b"name: a\nname: b\n")
    (clone / "environments/production.yaml").symlink_to("staging.yaml")
    (clone / "registry/waivers.yaml").write_bytes(b"#" * 300_000)

    assert run(["fmt"]) == 1

    said = capsys.readouterr()
    assert (clone / MODEL).read_bytes() == TIDY
    assert (clone / POLICY).read_bytes() == b"name: a\nname: b\n"
    assert said.out == f"formatted\t{MODEL}\n"
    assert f"error: {POLICY}:2:1: duplicate key 'name'\nhint: keep one of the two\n" in said.err
    assert "error: environments/production.yaml: it is a link\n" in said.err
    assert "error: registry/waivers.yaml:1:1: document of 262145 bytes" in said.err


def test_an_invalid_document_is_laid_out_too(clone: Path) -> None:
    (clone / MODEL).write_bytes(b"odd:  1\nname: 'iris'\n")

    assert run(["fmt", str(clone / MODEL)]) == 0
    assert (clone / MODEL).read_bytes() == b"name: iris\nodd: 1\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["registry/nothing"], 3, "there is no file or folder registry/nothing"),
        (["/"], 2, "/ is not in the registry"),
        (["README.md"], 0, "left alone: README.md: it is no YAML document of the registry"),
        (["registry/iris/link"], 2, "is not in the registry"),
    ],
)
def test_a_place_that_is_none_is_named(
    clone: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    (clone / "README.md").write_bytes(b"x")
    (clone / "registry/iris/link").symlink_to("/")
    if arguments == ["registry/iris/link"]:
        arguments = ["registry/iris/link/etc"]

    assert run(["fmt", *arguments]) == code
    assert words in capsys.readouterr().err


def test_it_runs_from_a_folder_inside_and_needs_a_work_tree(
    clone: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / MODEL).write_bytes(UNTIDY)
    monkeypatch.chdir(clone / "registry/iris")
    assert run(["fmt", "."]) == 0
    assert (clone / MODEL).read_bytes() == TIDY

    monkeypatch.chdir(make_repository(clone.parent / "bare.git", bare=True))
    assert run(["fmt"]) == 2
    assert "Clone the registry" in capsys.readouterr().err


def test_a_file_that_somebody_changes_meanwhile_is_left_as_it_is(clone: Path) -> None:
    tree = WorkTree(clone)
    (clone / MODEL).write_bytes(b"newer\n")

    with pytest.raises(RefusedError, match="changed it just now"):
        tree.replace(MODEL, b"older\n", b"laid out\n")

    assert (clone / MODEL).read_bytes() == b"newer\n"
    assert list((clone / MODEL).parent.glob(".mooring-*")) == []


def test_a_disk_that_is_full_leaves_the_old_file(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (clone / MODEL).write_bytes(UNTIDY)

    with mock.patch.object(os, "fsync", side_effect=OSError(28, "No space left on device")):
        assert run(["fmt"]) == 1

    assert f"{MODEL} cannot be written: No space left on device" in capsys.readouterr().err
    assert (clone / MODEL).read_bytes() == UNTIDY
    assert list((clone / MODEL).parent.glob(".mooring-*")) == []
