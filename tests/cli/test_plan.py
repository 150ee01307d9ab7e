"""`mooring plan`: golden pages of a change of every kind, exit codes, and JSON held against its published shape.

`MOORING_WRITE_GOLDEN=1 pytest tests/cli/test_plan.py` writes the pages anew, for review.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry as References

from mooring import wiring
from mooring.cli import session as cli_session
from mooring.cli.main import run
from mooring.cli.output import Output
from mooring.render import plan_data, plan_markdown, plan_page
from mooring.render.markdown import LIMIT
from mooring.stores.artifacts import ArtifactCache
from mooring.usecases.load import stored_of
from mooring.usecases.plan import Planned, plan, range_of
from tests.cli.test_transcripts import ROOT, output_schema, undescribed
from tests.support.gitrepo import git
from tests.support.plan_scene import NOW, PlanScene, plan_scene
from tests.support.scene import Scene, standard

HERE = Path(__file__).parent
WRITE = bool(os.environ.get("MOORING_WRITE_GOLDEN"))
KINDS = ["promotion", "registration", "rollback", "withdrawal", "nothing"]
STATUSES = {"promotion": 4, "registration": 1, "rollback": 0, "withdrawal": 4, "nothing": 0}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> PlanScene:
    return plan_scene(tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def plans(scene: PlanScene) -> dict[str, Planned]:
    found = {}
    hub = wiring.open_hub(scene.path)
    cache = ArtifactCache(scene.path.parent / "cache")
    for kind in KINDS:
        asked = range_of(hub, f"{scene.bases.get(kind, 'main')}..{scene.branches[kind]}")
        found[kind] = plan(hub, asked, now=NOW, presence=lambda *all_of: stored_of(hub, cache, *all_of).value)
        found[kind].read("mooring.yaml")
    return found


def reviewed(name: str, text: str) -> str:
    """The golden page of this name."""
    golden = HERE / "plans" / name
    if WRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    return golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_the_reviewed_one(kind: str, plans: dict[str, Planned]) -> None:
    planned = plans[kind]
    page = Output({"COLUMNS": "110"}).page_text(plan_page.blocks(planned.plan, planned.read))

    assert page == reviewed(f"{kind}.txt", page)


@pytest.mark.parametrize("kind", KINDS)
def test_the_markdown_is_the_reviewed_one(kind: str, plans: dict[str, Planned]) -> None:
    planned = plans[kind]
    text = plan_markdown.as_markdown(planned.plan, planned.read)
    for number, commit in enumerate((planned.plan.base, planned.plan.head)):
        text = text.replace(commit[:12], f"commit-{number}")

    assert text == reviewed(f"{kind}.md", text)
    assert text.startswith(f"{plan_markdown.MARKER}\n")
    assert len(text.encode()) <= LIMIT


@pytest.mark.parametrize("kind", KINDS)
def test_the_json_has_its_published_shape(kind: str, plans: dict[str, Planned]) -> None:
    planned = plans[kind]
    data = json.loads(json.dumps(plan_data.as_data(planned.plan, planned.read), allow_nan=False))
    schema = output_schema("plan")
    Draft202012Validator(schema, registry=References()).validate(data)

    assert data["schema"] == "mooring/plan/v1"
    assert undescribed(data, schema) == []


def ran(scene: PlanScene, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(scene.path)
        patch.setattr(cli_session.Session, "now_ms", NOW * 1_000)
        status = run(["plan", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.parametrize("kind", KINDS)
def test_the_exit_status_says_whether_it_could_be_merged_now(
    kind: str, scene: PlanScene, capsys: pytest.CaptureFixture[str]
) -> None:
    span = f"{scene.bases.get(kind, 'main')}..{scene.branches[kind]}"
    status, out, err = ran(scene, capsys, span)

    assert status == STATUSES[kind]
    assert "Plan: " in out
    assert err.count("warning:") == (1 if kind in ("promotion", "withdrawal") else 0)


def test_a_proposal_is_planned_by_its_name_in_every_format(
    scene: PlanScene, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    branch = scene.branches["promotion"]
    _, whole, _ = ran(scene, capsys, branch, "--json")
    status, line, err = ran(
        scene,
        capsys,
        "fraud@1.4.0",
        "--in",
        "production",
        "--markdown",
        "--output",
        str(tmp_path / "plan.md"),
    )

    assert json.loads(whole)["branch"] == branch
    assert (status, err) == (4, "")
    assert line == (
        "PROMOTE fraud 1.3.0 → 1.4.0 in production | canary 5 % 2h → 25 → 50 → 100 | 2/4 gates | compatible (minor)\n"
        "Plan: pending | 1 step | no findings\n"
    )
    assert (
        (tmp_path / "plan.md")
        .read_text(encoding="utf-8")
        .startswith("<!-- mooring:plan -->\n## Plan: pending")
    )


def test_a_file_that_cannot_be_written_and_an_unknown_proposal_are_said(
    scene: PlanScene, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, _, err = ran(scene, capsys, "--output", str(tmp_path))
    unknown, _, said = ran(scene, capsys, "nobody@9.9.9")

    assert (status, unknown) == (2, 3)
    assert f"{tmp_path} cannot be written" in err
    assert "Open proposals: promote/production/fraud/1.4.0" in said


def test_offline_the_remote_is_not_asked(scene: PlanScene, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = ran(scene, capsys, scene.branches["promotion"], "--offline", "--json")
    (step,) = json.loads(out)["steps"]

    assert (step["artifact"]["bytes"], step["undo"]["bytes"]) == ("unknown", "unknown")


def test_without_an_argument_it_is_what_is_checked_out(
    scene: PlanScene, capsys: pytest.CaptureFixture[str]
) -> None:
    git(scene.path, "switch", "--quiet", scene.branches["withdrawal"])
    status, out, _ = ran(scene, capsys)
    git(scene.path, "switch", "--quiet", "main")

    assert status == 4
    assert out.startswith("WITHDRAW fraud 1.3.0 from production | 1/2 gates")


def test_promote_and_merge_say_the_short_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alex = Scene.build(tmp_path, lambda _: standard(approvals=0), hook=False).person("alex")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(alex.folder)
        for name, value in alex.environ.items():
            patch.setenv(name, value)
        patch.setattr(cli_session.Session, "now_ms", NOW * 1_000)
        capsys.readouterr()
        proposed = run(["promote", "iris@1.1.0", "--to", "production", "--reason", "Better"])
        first = capsys.readouterr()
        merged = run(["merge", "promote/production/iris/1.1.0"])
        second = capsys.readouterr()

    assert (proposed, merged) == (0, 0)
    assert "plan\tPROMOTE iris 1.0.0 → 1.1.0 in production | all at once | no gates" in first.out
    assert "way back\tmooring rollback iris --in production --reason '...'" in first.out
    assert "See what it would do: mooring plan promote/production/iris/1.1.0" in first.err
    assert "plan\tPROMOTE iris 1.0.0 → 1.1.0 in production | all at once | no gates" in second.out


def test_the_documentation_shows_a_real_plan() -> None:
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")

    assert f"```text\n{(HERE / 'plans' / 'promotion.txt').read_text(encoding='utf-8')}```\n" in page
