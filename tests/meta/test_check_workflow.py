"""The script of check.yml, run on a real repository as the forge would run it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.check_workflow import lay_out, step_doing
from tests.support.plan_scene import plan_scene

ZEROS = "0" * 40
TELL = 'mooring plan "$BASE..$HEAD"'


def git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(text: str, *, cwd: Path) -> str:
    (cwd / "tool.txt").write_text(text, encoding="utf-8")
    git("add", "tool.txt", cwd=cwd)
    git("commit", "-q", "-m", text, cwd=cwd)
    return git("rev-parse", "HEAD", cwd=cwd)


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


def tell(workspace: Path, program: str, base: str, head: str) -> tuple[int, str, str]:
    """Run the step that writes the plan, with `program` as the tool of the base: exit status, output, summary."""
    tool = workspace / "tool" / ".venv" / "bin" / "mooring"
    tool.parent.mkdir(parents=True)
    tool.write_text(program, encoding="utf-8")
    tool.chmod(0o755)
    step = step_doing(TELL)
    summary = workspace / "summary"
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=workspace / step["working-directory"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary), "BASE": base, "HEAD": head},
    )
    return done.returncode, done.stdout, summary.read_text(encoding="utf-8")


def test_the_plan_goes_to_the_summary_of_the_job(tmp_path: Path) -> None:
    scene = plan_scene(tmp_path)
    scene.path.rename(tmp_path / "change")
    head = git("rev-parse", scene.branches["promotion"], cwd=tmp_path / "change")
    base = git("rev-parse", "main", cwd=tmp_path / "change")
    program = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mooring "$@"\n'

    status, said, summary = tell(tmp_path, program, base, head)

    assert (status, said) == (0, "")
    assert summary.startswith("<!-- mooring:plan -->\n## Plan: ")
    assert "PROMOTE fraud 1.3.0 → 1.4.0 in production" in summary


@pytest.mark.parametrize(("status", "warned"), [(0, False), (1, False), (4, False), (2, True), (70, True)])
def test_a_plan_never_decides_and_one_that_cannot_be_made_is_a_warning(
    workspace: Path, status: int, *, warned: bool
) -> None:
    ended, said, summary = tell(workspace, f"#!/bin/sh\necho told\nexit {status}\n", "0", "1")

    assert (ended, summary) == (0, "told\n")
    assert said.startswith("::warning title=mooring::") is warned


def test_there_is_no_plan_without_a_base() -> None:
    assert step_doing(TELL)["if"] == "${{ !cancelled() && env.BASE != '' }}"
