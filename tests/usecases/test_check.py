"""What is checked: the whole registry, what is staged, or a range of commits as main or as a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.cli.main import run
from mooring.domain.finding import Level
from mooring.errors import NotFoundError, RefusedError, UnavailableError
from mooring.usecases.check import As, Checked, check_all, check_range, check_staged
from tests.support.gitrepo import git, write
from tests.support.living import Living, living

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def registry(tmp_path: Path) -> Living:
    made = living(tmp_path)
    made.publish()
    return made


def errors(checked: Checked) -> set[str]:
    return {finding.rule for finding in checked.findings if finding.level is Level.ERROR}


def test_a_sound_registry_has_no_findings(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)

    assert check_all(hub, hub.tip()).findings == ()


def test_a_repository_without_a_registry_is_not_found(tmp_path: Path) -> None:
    made = Living(tmp_path / "clone")
    made.path.mkdir()
    git(made.path, "init", "--quiet", "--initial-branch=main")
    made.builder.write("README.md", "Nothing here\n")
    made.record("Begin")
    hub = wiring.open_hub(made.path)
    with pytest.raises(NotFoundError):
        check_all(hub, hub.tip())


def test_what_is_staged_is_judged_and_what_is_not_is_not(registry: Living) -> None:
    path = "registry/iris/versions/1.0.0/manifest.yaml"
    write(registry.path, {path: registry.builder.files[path] + b"# changed\n"})
    hub = wiring.open_hub(registry.path)

    assert check_staged(hub).findings == ()
    git(registry.path, "add", path)
    assert "changed-version-file" in errors(check_staged(hub))


@pytest.mark.slow
def test_the_index_of_git_commit_with_paths_is_the_one_that_is_judged(
    registry: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = registry.path / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexec mooring check --staged\n")
    hook.chmod(0o755)
    model, manifest = "registry/iris/model.yaml", "registry/iris/versions/1.0.0/manifest.yaml"
    write(registry.path, {manifest: b"broken: [\n", model: registry.builder.files[model] + b"license: MIT\n"})
    monkeypatch.chdir(registry.path)
    git(registry.path, "add", manifest)

    git(registry.path, "commit", "--quiet", "--message", "Only the model", model)
    with pytest.raises(AssertionError, match="unreadable-yaml"):
        git(registry.path, "commit", "--quiet", "--message", "All that is staged")


def test_each_commit_of_main_is_judged_on_its_own(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    whole = check_range(hub, registry.commits[1], registry.commits[6])
    at_once = check_range(hub, registry.commits[1], registry.commits[6], judged_as=As.ONE)

    assert errors(whole) == set()
    assert "bundled-pointer-change" in errors(at_once)


def test_a_fault_is_told_once_for_the_commit_that_brought_it(registry: Living) -> None:
    registry.builder.write("registry/iris/status/2.0.0.yaml", "state: [\n")
    bad = registry.record("Break a status")
    registry.builder.write("README.md", "Words\n").write("registry/iris/cards/2.0.0.md", "Words\n")
    registry.record("Go on")
    found = check_range(wiring.open_hub(registry.path), registry.commits[-3], "HEAD").findings

    assert [(finding.rule, finding.commit) for finding in found] == [("unreadable-yaml", bad)]


def test_a_branch_is_judged_as_its_merge_with_main(registry: Living) -> None:
    git(registry.path, "switch", "--quiet", "--create", "work", "HEAD~2")
    card = "registry/iris/cards/1.0.0.md"
    write(registry.path, {card: b"Prose\n"})
    git(registry.path, "add", card)
    git(registry.path, "commit", "--quiet", "--message", "A card")
    hub = wiring.open_hub(registry.path)

    assert check_range(hub, "origin/main", "work").findings == ()


def test_a_branch_that_conflicts_with_main_is_refused_with_the_path(registry: Living) -> None:
    git(registry.path, "switch", "--quiet", "--create", "work", "HEAD~1")
    path = "registry/churn/model.yaml"
    write(registry.path, {path: b"other\n"})
    git(registry.path, "commit", "--quiet", "--all", "--message", "One")
    git(registry.path, "switch", "--quiet", "main")
    write(registry.path, {path: b"another\n"})
    git(registry.path, "commit", "--quiet", "--all", "--message", "Two")
    with pytest.raises(RefusedError, match=path):
        check_range(wiring.open_hub(registry.path), "main", "work")


def test_a_rewritten_main_is_an_error(registry: Living) -> None:
    old = registry.commits[-1]
    git(registry.path, "reset", "--quiet", "--hard", "HEAD~3")
    git(registry.path, "commit", "--quiet", "--allow-empty", "--message", "Another line")
    git(registry.path, "push", "--quiet", "--force", "origin", "main")

    assert "rewritten-first-parent" in errors(check_range(wiring.open_hub(registry.path), old, "HEAD"))


def test_a_shallow_clone_without_the_base_names_the_cure(registry: Living, tmp_path: Path) -> None:
    remote = registry.path.parent / "remote.git"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{remote}", "shallow")
    hub = wiring.open_hub(tmp_path / "shallow")
    with pytest.raises(UnavailableError) as refused:
        check_range(hub, registry.commits[3], "HEAD")

    assert "fetch-depth: 0" in (refused.value.hint or "")


def test_a_line_is_named_in_every_format(
    registry: Living, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(registry.path)
    path = "environments/staging/iris.yaml"
    registry.builder.edit(path, 'version: "1.1.0"', "version: 1.10")
    registry.record("Unquoted")
    said = {}
    for form in ("text", "json", "github"):
        assert run(["check", "--format", form]) == 1
        said[form] = capsys.readouterr().out

    assert f"{path}:3:" in said["text"]
    assert '"line": 3' in said["json"]
    assert f"::error file={path},line=3" in said["github"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "--all", "--staged"],
        ["check", "--staged", "--base", "HEAD~1"],
        ["check", "--head", "HEAD"],
        ["check", "--per-commit"],
        ["check", "--format", "xml"],
    ],
    ids=" ".join,
)
def test_contradictions_are_usage_errors(
    arguments: list[str], registry: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(registry.path)

    assert run(arguments) == 2
