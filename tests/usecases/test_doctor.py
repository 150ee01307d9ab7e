"""The doctor tells what is wrong, and its cures work."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.cli.main import run
from mooring.render.doctor_page import Check, Health, is_well
from mooring.usecases.doctor import examine
from tests.support.gitrepo import git, install_hook
from tests.support.living import Living, living

if TYPE_CHECKING:
    from pathlib import Path

DVC = "[core]\n    remote = store\n['remote \"store\"']\n    url = /srv/store\n"


@pytest.fixture
def registry(tmp_path: Path) -> Living:
    made = living(tmp_path)
    made.builder.write(".dvc/config", DVC)
    made.record("Say where the bytes are")
    made.publish()
    return made


def found(path: Path, name: str, **options: bool) -> list[Check]:
    return [check for check in examine(wiring.open_hub(path), **options) if check.name == name]


def one(path: Path, name: str, **options: bool) -> Check:
    (check,) = found(path, name, **options)
    return check


def cure(check: Check) -> None:
    assert check.cure is not None
    subprocess.run(["sh", "-c", check.cure], check=True)


def test_what_is_in_order_is_ok(registry: Living) -> None:
    for name in ("git", "identity", "registry", "history", "locks", "cache", "remote", "storage"):
        assert one(registry.path, name).health is Health.OK, name


def test_the_commit_graph_is_written_when_asked(registry: Living) -> None:
    assert one(registry.path, "commit graph").cure == "mooring doctor --fix"
    assert one(registry.path, "commit graph", fix=True).health is Health.OK
    assert one(registry.path, "commit graph").health is Health.OK


@pytest.mark.slow
def test_an_unguarded_remote_fails_until_its_cure_was_run(registry: Living) -> None:
    before = one(registry.path, "protection")
    cure(before)

    assert before.health is Health.FAIL
    assert one(registry.path, "protection").health is Health.OK
    remote = registry.path.parent / "remote.git"
    assert one(remote, "protection").health is Health.OK


def test_a_hook_that_git_ignores_or_that_is_not_ours_is_told(registry: Living) -> None:
    remote = registry.path.parent / "remote.git"
    install_hook(remote, "pre-receive", ["exit 0"])
    assert one(registry.path, "protection").health is Health.WARN
    (remote / "hooks" / "pre-receive").chmod(0o644)
    check = one(registry.path, "protection")
    cure(check)

    assert check.health is Health.FAIL
    assert one(registry.path, "protection").health is Health.WARN


def test_missing_hooks_of_a_clone_are_installed_by_their_cure(registry: Living) -> None:
    hooks = registry.path / ".git" / "hooks"
    for check in found(registry.path, "hooks"):
        cure(check)

    assert (hooks / "pre-push").read_text() == '#!/bin/sh\nexec mooring hook pre-push "$@"\n'
    assert {check.health for check in found(registry.path, "hooks")} == {Health.OK}


def test_hooks_are_looked_for_where_git_looks(registry: Living) -> None:
    git(registry.path, "config", "core.hooksPath", "ours")
    (registry.path / "ours").mkdir()
    for check in found(registry.path, "hooks"):
        cure(check)

    assert {child.name for child in (registry.path / "ours").iterdir()} == {"pre-push", "pre-commit"}


def test_a_lock_that_was_left_behind_is_named(registry: Living) -> None:
    lock = registry.path / ".git" / "index.lock"
    lock.touch()
    check = one(registry.path, "locks")

    assert check.health is Health.FAIL
    assert str(lock) in (check.cure or "")


def test_nobody_is_told_how_to_be_somebody(registry: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    check = one(registry.path, "identity")

    assert check.health is Health.FAIL
    assert "git config --global user.name" in (check.cure or "")


def test_a_remote_that_is_away_stops_no_other_check(registry: Living) -> None:
    git(registry.path, "remote", "set-url", "origin", str(registry.path.parent / "gone.git"))
    checks = examine(wiring.open_hub(registry.path))

    assert next(check for check in checks if check.name == "remote").health is Health.FAIL
    assert next(check for check in checks if check.name == "storage").health is Health.OK
    assert one(registry.path, "remote", offline=True).health is Health.OK


def test_a_remote_that_moved_on_is_told(registry: Living) -> None:
    old = git(registry.path, "rev-parse", "HEAD~1")
    git(registry.path, "update-ref", "refs/remotes/origin/main", old)

    assert one(registry.path, "remote").cure == "mooring status --fetch"


def test_a_shallow_clone_is_told_how_to_get_the_rest(registry: Living, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{registry.path.parent / 'remote.git'}", "shallow")
    check = one(tmp_path / "shallow", "history")

    assert (check.health, check.cure) == (Health.WARN, "git fetch --unshallow")


def test_a_registry_without_storage_and_without_settings_fails(registry: Living) -> None:
    registry.builder.remove(".dvc/config").remove("mooring.yaml")
    registry.record("Take them away")
    git(registry.path, "push", "--quiet", "origin", "main")
    git(registry.path, "fetch", "--quiet", "origin")

    assert one(registry.path, "storage").health is Health.FAIL
    assert one(registry.path, "registry").cure == "Start a registry: mooring init"


@pytest.mark.slow
def test_only_a_failure_ends_it_with_one(registry: Living, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(registry.path)
    assert run(["doctor"]) == 1
    cure(one(registry.path, "protection"))

    assert is_well(examine(wiring.open_hub(registry.path)))
    assert run(["doctor"]) == 0
    assert run(["doctor", "--registry", str(registry.path / "nowhere")]) == 1
    assert run(["doctor", "iris@1.0.0"]) == 2
