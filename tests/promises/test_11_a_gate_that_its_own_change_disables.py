"""Promise 11 again, from end to end: a pull request that disables its own gate and breaks something is refused.

The steps are those of check.yml, run on a real merge commit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Settings, Waiver, Waivers
from tests.support.builder import SAM, Builder
from tests.support.check_workflow import TOOL, WORKFLOW, judge
from tests.support.gitrepo import commit, git, make_repository

PRE_COMMIT = ".pre-commit-config.yaml"
CHECK = ".github/workflows/check.yml"
POINTER = layout.pointer_path("production", "iris")
MANIFEST = layout.manifest_path("iris", "1.0.0")
NEW = layout.manifest_path("iris", "1.2.0")
# A tool that forgives everything, and leaves a trace where it was run.
FORGIVING = TOOL.replace(b'mkdir -p "$here', b'touch ran\nmkdir -p "$here', 1).replace(
    b"-m mooring", b"-c pass #"
)


def base() -> Builder:
    """1.0.0 is live in production, 1.1.0 was never in staging."""
    made = Builder().settings().environment("staging")
    made.environment("production", promotes_from=["staging"], approvals=1)
    made.model("iris").version("1.0.0", metrics={"accuracy": 0.95}).version("1.1.0")
    made.promote("1.0.0", to="staging").promote("1.0.0", to="production")
    made.write("dev", TOOL).write(CHECK, WORKFLOW.read_bytes())
    return made.write(PRE_COMMIT, "repos: []\n")


def unfit(made: Builder) -> Builder:
    return made.promote("1.1.0", to="production")


def rewritten(made: Builder) -> Builder:
    return made.edit(MANIFEST, "0.95", "0.99")


def unreadable(made: Builder) -> Builder:
    return made.version("1.2.0").write(NEW, made.files[MANIFEST] + b"model: iris\n")


def disabled(made: Builder) -> Builder:
    """Whatever judges a pull request, as its author would like it."""
    rules = [
        ("out-of-order-promotion", POINTER),
        ("changed-version-file", MANIFEST),
        ("unreadable-yaml", NEW),
        ("mixed-policy-change", layout.policy_path("production")),
    ]
    waivers = tuple(
        Waiver(rule=rule, path=path, reason="Trust me", approved_by=SAM, expires="2026-03-01T00:00:00Z")
        for rule, path in rules
    )
    made.environment("production").settings(Settings(branch="elsewhere"))
    made.write(layout.WAIVERS, codec.encode(Waivers(waivers=waivers)))
    made.write(PRE_COMMIT, "exclude: '.*'\nrepos: []\n")
    made.write(CHECK, "on: workflow_dispatch\njobs: {}\n")
    return made.write("dev", FORGIVING)


def proposed(workspace: Path, *states: Builder) -> Path:
    """A checkout of the merge commit that a forge makes of a branch with these states."""
    change = make_repository(workspace / "change")
    git(change, "config", "core.filemode", "true")
    first = base().files
    commit(change, first, minute=0)
    git(change, "update-index", "--chmod=+x", "dev")
    git(change, "commit", "--quiet", "--amend", "--no-edit")
    git(change, "checkout", "--quiet", "--force", "-b", "proposal")
    before = first
    for minute, state in enumerate(states, 1):
        changed = {path: data for path, data in state.files.items() if before.get(path) != data}
        commit(change, changed, minute=minute)
        before = state.files
    git(change, "checkout", "--quiet", "--force", "main")
    git(change, "merge", "--quiet", "--no-ff", "-m", "What the forge checks out", "proposal")
    return workspace


@pytest.mark.parametrize(
    ("breaking", "rule", "mixed"),
    [
        (unfit, "out-of-order-promotion", "bundled-pointer-change"),
        pytest.param(rewritten, "changed-version-file", "mixed-policy-change", marks=pytest.mark.slow),
        pytest.param(unreadable, "unreadable-yaml", "mixed-policy-change", marks=pytest.mark.slow),
    ],
)
def test_a_change_that_disables_its_judge_and_breaks_something_is_refused(
    tmp_path: Path, breaking: Callable[[Builder], Builder], rule: str, mixed: str
) -> None:
    loosened = disabled(base())
    workspace = proposed(tmp_path, loosened, breaking(loosened.copy()))
    done = judge(workspace, "pull_request")

    assert done.returncode == 1, done.stderr
    assert f"error[{rule}]" in done.stdout
    assert f"title={rule}::" in done.stdout
    # Nor may what loosens come together with what it is to let through.
    assert f"error[{mixed}]" in done.stdout
    assert list(workspace.rglob("ran")) == []


@pytest.mark.slow
def test_what_disables_the_judge_alone_decides_nothing_yet(tmp_path: Path) -> None:
    """Such a change is for its reviewers and CODEOWNERS: the judge is the old one until it is merged."""
    changed = base().write(PRE_COMMIT, "exclude: '.*'\nrepos: []\n").write("dev", FORGIVING)
    workspace = proposed(tmp_path, changed)
    done = judge(workspace, "pull_request")

    assert (done.returncode, done.stdout) == (0, "No problems found.\n")
    assert list(workspace.rglob("ran")) == []
