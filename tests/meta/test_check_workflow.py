"""The script of check.yml, run on a real repository as the forge would run it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ZEROS = "0" * 40


def git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(text: str, *, cwd: Path) -> str:
    (cwd / "tool.txt").write_text(text, encoding="utf-8")
    git("add", "tool.txt", cwd=cwd)
    git("commit", "-q", "-m", text, cwd=cwd)
    return git("rev-parse", "HEAD", cwd=cwd)


def lay_out(workspace: Path, event: str, *, before: str = "", merge_group_base: str = "") -> dict[str, str]:
    """Run the step and return what it hands to the later ones."""
    document = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    (step,) = [
        step
        for step in document["jobs"]["check"]["steps"]
        if step.get("working-directory") and "worktree" in step["run"]
    ]
    handed = workspace / "handed"
    handed.touch()
    subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=workspace / step["working-directory"],
        check=True,
        env=os.environ
        | {
            "GITHUB_EVENT_NAME": event,
            "GITHUB_ENV": str(handed),
            "PUSH_BEFORE": before,
            "MERGE_GROUP_BASE": merge_group_base,
        },
    )
    return dict(line.split("=", 1) for line in handed.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout named change/ whose main has one commit."""
    change = tmp_path / "change"
    change.mkdir()
    git("init", "-q", cwd=change)
    commit("the first tool", cwd=change)
    return tmp_path


def test_a_pull_request_is_judged_by_the_tool_of_the_branch_it_goes_to(workspace: Path) -> None:
    change = workspace / "change"
    git("switch", "-q", "-c", "proposal", cwd=change)
    commit("a tool that forgives everything", cwd=change)
    git("switch", "-q", "main", cwd=change)
    git("commit", "-q", "--allow-empty", "-m", "main moves on", cwd=change)
    base = git("rev-parse", "HEAD", cwd=change)
    git("merge", "-q", "--no-ff", "-m", "what the forge checks out", "proposal", cwd=change)
    merged = git("rev-parse", "HEAD", cwd=change)

    assert lay_out(workspace, "pull_request") == {"BASE": base, "HEAD": merged}
    assert (workspace / "tool" / "tool.txt").read_text(encoding="utf-8") == "the first tool"


def test_a_merge_group_is_judged_by_the_tool_of_its_base(workspace: Path) -> None:
    change = workspace / "change"
    base = git("rev-parse", "HEAD", cwd=change)
    commit("queued 1", cwd=change)
    head = commit("queued 2", cwd=change)

    assert lay_out(workspace, "merge_group", merge_group_base=base) == {"BASE": base, "HEAD": head}
    assert (workspace / "tool" / "tool.txt").read_text(encoding="utf-8") == "the first tool"


def test_a_push_to_main_is_judged_by_the_tool_from_before_it(workspace: Path) -> None:
    change = workspace / "change"
    before = git("rev-parse", "HEAD", cwd=change)
    head = commit("pushed", cwd=change)

    assert lay_out(workspace, "push", before=before) == {"BASE": before, "HEAD": head}
    assert (workspace / "tool" / "tool.txt").read_text(encoding="utf-8") == "the first tool"


def test_the_first_push_has_no_base(workspace: Path) -> None:
    head = git("rev-parse", "HEAD", cwd=workspace / "change")

    assert lay_out(workspace, "push", before=ZEROS) == {"BASE": "", "HEAD": head}
    assert (workspace / "tool" / "tool.txt").read_text(encoding="utf-8") == "the first tool"


def test_the_hooks_of_a_checkout_are_not_run(workspace: Path) -> None:
    hook = workspace / "change" / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch ran\n", encoding="utf-8")
    hook.chmod(0o755)

    lay_out(workspace, "push", before=ZEROS)

    assert list(workspace.rglob("ran")) == []


def test_a_base_that_cannot_be_had_stops_the_check(workspace: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        lay_out(workspace, "push", before="1" * 40)
