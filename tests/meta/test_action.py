"""The action and the reusable workflow that other repositories use, run as GitHub runs them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.scene import Person, Scene

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


@pytest.fixture
def checkout(tmp_path: Path) -> Person:
    """A registry with a proposal merged onto main, as the forge lays out a pull request."""
    alex = Scene.build(tmp_path).person("alex")
    branch = alex.promote("iris@1.1.0", "staging").branch
    alex.git("checkout", "--quiet", "main")
    alex.git("merge", "--quiet", "--no-ff", "-m", "what the forge checks out", f"origin/{branch}")
    return alex


def _run(checkout: Person, temp: Path, event: str, **given: str) -> dict[str, str]:
    """The action's shell steps in order; the outputs as the job gets them. Raises AssertionError where one fails."""
    tool = temp / "mooring" / "bin"
    tool.mkdir(parents=True)
    # What the step that sets the tool up would install.
    (tool / "mooring").symlink_to(Path(sys.executable).parent / "mooring")
    known = {"inputs.path": str(checkout.folder), "inputs.head": "HEAD", "inputs.base": ""} | given
    outputs: dict[str, dict[str, str]] = {}
    summary = temp / "summary"
    for step in ACTION["runs"]["steps"]:
        if step["name"] == "Set up the tool":
            continue
        if "if" in step and not outputs["base"].get("base"):
            continue
        written = temp / "output"
        written.write_text("")

        def filled(value: str) -> str:
            return re.sub(r"\$\{\{\s*(.*?)\s*\}\}", lambda found: _value(found[1]), value)

        def _value(name: str) -> str:
            if (of_step := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", name)) is not None:
                return outputs.get(of_step[1], {}).get(of_step[2], "")
            return known.get(name, "")

        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=filled(step.get("working-directory", ".")),
            env={
                **os.environ,
                "GITHUB_EVENT_NAME": event,
                "GITHUB_OUTPUT": str(written),
                "GITHUB_STEP_SUMMARY": str(summary),
                "RUNNER_TEMP": str(temp),
                **{name: filled(value) for name, value in step.get("env", {}).items()},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        outputs[step.get("id", step["name"])] = dict(
            line.split("=", 1) for line in written.read_text().splitlines()
        )
    named = {name: described["value"] for name, described in ACTION["outputs"].items()}
    return {name: filled(value) for name, value in named.items()}


def test_a_pull_request_is_judged_and_planned(checkout: Person, tmp_path: Path) -> None:
    temp = tmp_path / "runner"
    found = _run(checkout, temp, "pull_request")

    assert found == {
        "result": "ready",
        "changed-models": "iris",
        "required-bump": "none",
        "report-path": str(temp / "mooring-plan.md"),
    }
    assert "iris" in (temp / "summary").read_text("utf-8")


@pytest.mark.slow
def test_a_change_that_the_rules_refuse_fails_the_step(checkout: Person, tmp_path: Path) -> None:
    (checkout.folder / "environments/staging/iris.yaml").write_text("kind: Pointer\n", "utf-8")
    checkout.git("commit", "--quiet", "-am", "Break it")

    with pytest.raises(AssertionError, match=r"::error file=environments/staging/iris\.yaml"):
        _run(checkout, tmp_path / "runner", "pull_request", **{"inputs.base": "HEAD^"})


@pytest.mark.slow
def test_the_first_push_is_judged_as_a_whole(checkout: Person, tmp_path: Path) -> None:
    found = _run(checkout, tmp_path / "runner", "push", **{"github.event.before": "0" * 40})

    assert found == dict.fromkeys(ACTION["outputs"], "")


def test_inputs_and_outputs_are_in_kebab_case_and_described() -> None:
    for name, described in {**ACTION["inputs"], **ACTION["outputs"]}.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert described["description"]
    assert {"result", "changed-models", "required-bump", "report-path"} == ACTION["outputs"].keys()


def test_the_reusable_workflow_uses_the_action_at_the_commit_that_was_pinned() -> None:
    judge = yaml.safe_load((ROOT / ".github/workflows/judge.yml").read_text("utf-8"))["jobs"]["judge"]
    by_name = {step["name"]: step for step in judge["steps"]}

    assert by_name["Fetch the tool"]["with"]["ref"] == "${{ job.workflow_sha }}"
    assert by_name["Fetch the tool"]["with"]["repository"] == "${{ job.workflow_repository }}"
    assert set(judge["outputs"]) <= ACTION["outputs"].keys()
