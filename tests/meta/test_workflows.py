"""The workflows are valid, hold to a strict audit, and never run what a pull request brings."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COMMANDS = Path(sys.executable).parent


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMANDS / command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_every_workflow_is_valid() -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)

    assert checked.returncode == 0, checked.stdout


def test_the_dependabot_file_is_valid() -> None:
    checked = run("check-jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", "action.yml"), ("vendor.gitlab-ci", "docs/how-to/gitlab-ci.yml")],
)
def test_what_other_repositories_use_is_valid(schema: str, file: str) -> None:
    checked = run("check-jsonschema", "--builtin-schema", schema, file)

    assert checked.returncode == 0, checked.stdout


def test_the_audit_finds_nothing() -> None:
    audited = run("zizmor", "--offline", "--persona", "auditor", "--no-progress", ".github", "action.yml")

    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert "No findings to report" in audited.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_every_action_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    used = re.findall(r"^ *(?:- )?uses: (.*)", workflow.read_text(encoding="utf-8"), re.MULTILINE)

    assert used
    # judge.yml checks the tool out and uses it from there.
    for action in (action for action in used if not action.startswith("./tool ")):
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


@pytest.mark.parametrize("name", ["check", "test"])
def test_a_required_check_runs_on_every_pull_request_merge_group_and_main(name: str) -> None:
    workflow = ROOT / ".github" / "workflows" / f"{name}.yml"
    # YAML 1.1 reads the key `on` as true.
    triggers = yaml.safe_load(workflow.read_text(encoding="utf-8"))[True]

    assert triggers == {"pull_request": None, "merge_group": None, "push": {"branches": ["main"]}}


def test_the_change_is_judged_by_the_tool_of_its_base() -> None:
    document = yaml.safe_load((ROOT / ".github/workflows/check.yml").read_text(encoding="utf-8"))
    scripts = [step["run"] for step in document["jobs"]["check"]["steps"] if "run" in step]

    # Nothing of change/ is started: it is only a working directory, and every program comes from tool/ or the runner.
    started = "\n".join(scripts)
    assert "change/" not in started
    assert not re.search(r"(^|\s)\./", started)
    assert started.count("tool/.venv/bin/mooring check") == 2
