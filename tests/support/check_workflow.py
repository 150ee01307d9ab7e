"""The job of check.yml, its steps run on a real repository as the forge would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import yaml

WORKFLOW = Path(__file__).resolve().parents[2] / ".github/workflows/check.yml"

TOOL = f"""#!/bin/sh
# Stands for ./dev setup, which would download packages: the tool is the one that is tested.
here=$(dirname "$0")
mkdir -p "$here/.venv/bin"
printf '#!/bin/sh\\nexec {sys.executable} -m mooring "$@"\\n' >"$here/.venv/bin/mooring"
chmod +x "$here/.venv/bin/mooring"
""".encode()


def lay_out(workspace: Path, event: str, *, before: str = "", merge_group_base: str = "") -> dict[str, str]:
    """Run the step that lays out the tool and return what it hands to the later ones."""
    step = step_doing("worktree add")
    handed = workspace / "handed"
    handed.touch()
    event_of = {
        "GITHUB_EVENT_NAME": event,
        "GITHUB_ENV": str(handed),
        "PUSH_BEFORE": before,
        "MERGE_GROUP_BASE": merge_group_base,
    }
    _run(workspace, step, event_of).check_returncode()
    return dict(line.split("=", 1) for line in handed.read_text(encoding="utf-8").splitlines())


def judge(workspace: Path, event: str) -> subprocess.CompletedProcess[str]:
    """Run the whole job on `workspace`/change and return how the check ended."""
    handed = lay_out(workspace, event)
    _run(workspace, step_doing("dev setup"), handed).check_returncode()
    return _run(workspace, step_doing("mooring check"), handed)


def step_doing(doing: str) -> dict[str, str]:
    """The step whose script holds this text."""
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    (step,) = [step for step in document["jobs"]["check"]["steps"] if doing in step.get("run", "")]
    return step


def _run(
    workspace: Path, step: dict[str, str], variables: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        cwd=workspace / step.get("working-directory", "."),
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | variables,
    )
