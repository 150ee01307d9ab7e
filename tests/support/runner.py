"""Runs the shell steps of a workflow's job as GitHub's runner does: its environment, its files, its order.

Expressions are looked up, not evaluated: a test says what each `${{ ... }}` is, and one that it does not know fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
# Downloads what the tests have already.
_SETUP = "./dev setup"


@dataclass
class Runner:
    """A workspace with a checkout in it, and what GitHub would tell a job there."""

    workspace: Path
    given: Mapping[str, str]
    environ: Mapping[str, str]
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""

    def equip(self) -> None:
        """Put the tool where './dev setup' puts it, and the scripts that the workflows use, into the checkout."""
        venv = self.workspace / ".venv"
        if not venv.exists():
            venv.symlink_to(Path(sys.prefix))
        scripts = self.workspace / ".github" / "scripts"
        scripts.mkdir(parents=True, exist_ok=True)
        for script in (ROOT / ".github" / "scripts").iterdir():
            (scripts / script.name).write_bytes(script.read_bytes())
            (scripts / script.name).chmod(0o755)

    def run(self, workflow: str, job: str) -> list[str]:
        """Run the job's steps up to its end and return the names of those that ran; raises AssertionError at a failure.

        Steps that use an action, or whose `if` is given as false, are left out.
        """
        document: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows" / workflow).read_text("utf-8"))
        described = document["jobs"][job]
        self.equip()
        ran: list[str] = []
        for step in described["steps"]:
            if "run" not in step or step["run"] == _SETUP or not self._is_wanted(step.get("if")):
                continue
            self._step(step, described.get("env", {}))
            ran.append(step["name"])
        return ran

    def _is_wanted(self, condition: str | None) -> bool:
        return condition is None or self.given[condition] == "true"

    def _step(self, step: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        assert not _EXPRESSION.search(step["run"]), "an expression in a script is text that anybody wrote"
        output = self.workspace.parent / "github-output"
        output.write_text("")
        told = {name: self._filled(value) for name, value in {**environ, **step.get("env", {})}.items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace / step.get("working-directory", "."),
            env={**os.environ, **self.environ, "GITHUB_OUTPUT": str(output), **told},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        self.log += f"--- {step['name']}: {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, self.log
        self.outputs.update(line.split("=", 1) for line in output.read_text().splitlines())

    def _filled(self, value: object) -> str:
        return _EXPRESSION.sub(lambda found: self.given[found[1]], str(value))
