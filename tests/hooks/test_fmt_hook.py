"""The hook `mooring-fmt` under real pre-commit: it lays out what is staged, and says so by failing once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.scene import HOOKS, Scene

MODEL = "registry/iris/model.yaml"


@pytest.mark.slow
def test_a_staged_document_is_laid_out_and_the_next_commit_passes(tmp_path: Path) -> None:
    scene = Scene.build(tmp_path, hook=False)
    tool = tmp_path / "tool"
    tool.mkdir()
    shutil.copytree(HOOKS, tool / "hooks")
    shutil.copy(HOOKS.parent / ".pre-commit-hooks.yaml", tool)
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Hooks"]):
        subprocess.run(["git", *command], cwd=tool, check=True)
    revision = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tool, check=True, capture_output=True, text=True
    ).stdout.strip()
    alex = scene.person("alex")
    alex.git("checkout", "--quiet", "main")
    hooks = {"repos": [{"repo": str(tool), "rev": revision, "hooks": [{"id": "mooring-fmt"}]}]}
    (alex.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(hooks))
    alex.git("add", ".pre-commit-config.yaml")
    tidy = (alex.folder / MODEL).read_bytes()
    (alex.folder / MODEL).write_bytes(tidy.replace(b"\n", b"\r\n").replace(b"name: iris", b"name: 'iris'"))
    alex.git("add", MODEL)

    def run() -> subprocess.CompletedProcess[str]:
        command = ["pre-commit", "run", "mooring-fmt"]
        return subprocess.run(command, cwd=alex.folder, env=alex.environ, capture_output=True, text=True)

    first = run()
    assert (first.returncode, (alex.folder / MODEL).read_bytes()) == (1, tidy), first
    assert f"formatted\t{MODEL}" in first.stdout

    alex.git("add", MODEL, ".pre-commit-config.yaml")
    (alex.folder / "registry/iris/cards").mkdir()
    assert "no files to check" in run().stdout  # what is staged is what was committed before
