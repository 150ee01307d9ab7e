"""What the workflows would do is done: their shell steps run in a clone, against a forge with a real repository."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring import __version__
from mooring.domain.environment import Settings
from tests.support.github_server import GitHubServer
from tests.support.hubs import ADDRESS, AtHub, at_hub
from tests.support.runner import ROOT, Runner
from tests.support.scene import Person, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}
NO_APP = {
    "vars.MOORING_APP_CLIENT_ID != ''": "false",
    "steps.app.outputs.token || github.token": "t0ken",
    "github.token": "t0ken",
    "secrets.MOORING_NOTIFY": "",
    "failure()": "false",
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=Settings(people=PEOPLE)))
    with at_hub(scene, me="github-actions[bot]") as there:
        yield there


@pytest.fixture
def checkout(hub: AtHub) -> Person:
    person = hub.person("alex")
    person.git("checkout", "--quiet", "main")
    return person


def _runner(hub: AtHub, checkout: Person, **given: str) -> Runner:
    """The job's checkout; the identity is not in the environment, as it is not on a runner."""
    environ = {
        "MOORING_FORGE_API": hub.server.url,
        "GITHUB_ACTOR": "alex-at-hub",
        "GITHUB_ACTOR_ID": "7",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_SHA": hub.server.git("rev-parse", "main"),
        "GITHUB_TOKEN": "t0ken",
    }
    return Runner(checkout.folder, NO_APP | given, environ)


def test_a_promotion_by_button_becomes_a_reviewed_merged_and_deployed_one(
    hub: AtHub, checkout: Person
) -> None:
    before = hub.server.git("rev-parse", "main")
    asked = {
        "inputs.reference": "iris@1.1.0",
        "inputs.environment": "production",
        "inputs.reason": 'Better; $(touch pwned) `id` "quoted"',
    }
    button = Runner(checkout.folder, NO_APP | asked, dict(_runner(hub, checkout).environ))
    button.run("promote.yml", "propose")
    pull = hub.server.pulls[0]

    assert pull.title == "Promote iris 1.0.0 -> 1.1.0 in production"
    assert not (checkout.folder / "pwned").exists()
    requester = hub.server.git("show", f"{pull.branch}:environments/production/iris.yaml")
    assert "requested_by: alex-at-hub <7+alex-at-hub@users.noreply.github.com>" in requester

    _runner(hub, checkout).run("gates.yml", "gates")
    head = hub.server.git("rev-parse", pull.branch)
    assert {said["context"]: said["state"] for at, said in hub.server.statuses if at == head}[
        "mooring/gates"
    ] == "pending"

    payload = {
        "github.event.workflow_run.head_sha": head,
        "github.event.workflow_run.head_repository.owner.login": "acme",
        "github.event.workflow_run.head_branch": pull.branch,
    }
    commenting = Runner(checkout.folder, NO_APP | payload, dict(_runner(hub, checkout).environ))
    commenting.run("comment.yml", "plan")
    commenting.run("comment.yml", "comment")
    commenting.run("comment.yml", "comment")
    assert len(pull.comments) == 1
    assert str(pull.comments[0]["body"]).startswith("<!-- mooring:plan -->")

    hub.server.review(1, "sam-at-hub")
    hub.forge.merge(1, head=head, title=pull.title, message="as the page does it")
    checkout.git("pull", "--quiet", "--ff-only", "origin", "main")
    deploy = Runner(
        checkout.folder,
        NO_APP | {"github.event.before": before, "matrix.model": "iris", "matrix.environment": "staging"},
        dict(_runner(hub, checkout).environ),
    )
    deploy.run("deploy.yml", "moved")

    assert json.loads(deploy.outputs["matrix"])["include"] == [
        {
            "environment": "production",
            "model": "iris",
            "version": "1.1.0",
            "event": "promoted",
            "promotion": json.loads(deploy.outputs["matrix"])["include"][0]["promotion"],
            "commit": hub.server.git("rev-parse", "main"),
        }
    ]


@pytest.mark.slow
def test_a_push_that_moves_no_pointer_deploys_nothing(hub: AtHub, checkout: Person) -> None:
    head = hub.server.git("rev-parse", "main")
    runner = _runner(hub, checkout)
    runner.given = NO_APP | {"github.event.before": head}
    runner.run("deploy.yml", "moved")

    assert runner.outputs == {"matrix": '{"include":[]}'}


def test_the_rollback_button_rolls_back_at_once(hub: AtHub, checkout: Person) -> None:
    runner = _runner(hub, checkout)
    runner.given = NO_APP | {
        "inputs.model": "iris",
        "inputs.environment": "staging",
        "inputs.reason": "error rate; INC-7",
        "inputs.to-version": "",
        "inputs.quarantine && '--quarantine' || ''": "--quarantine",
    }
    runner.run("rollback.yml", "propose")

    assert hub.scene.live("staging") == "1.1.0"
    assert [(pull.branch, pull.state, "expedited" in pull.labels) for pull in hub.server.pulls] == [
        ("rollback/staging/iris", "closed", True),
        ("status/iris/2.0.0", "open", False),
    ]


@pytest.mark.slow
def test_the_quarantine_button_proposes_a_ban_where_it_was_asked_for(hub: AtHub, checkout: Person) -> None:
    runner = _runner(hub, checkout)
    runner.given = NO_APP | {
        "inputs.reference": "iris@1.1.0",
        "inputs.environment != 'everywhere' && inputs.environment || ''": "production",
        "inputs.reason": "It leaks",
        "inputs.block && '--block' || ''": "--block",
    }
    runner.run("quarantine.yml", "propose")
    status = hub.server.git("show", "status/iris/1.1.0:registry/iris/status/1.1.0.yaml")

    assert "state: quarantined" in status
    assert "severity: block" in status
    assert "production" in status


@pytest.mark.slow
def test_a_living_model_is_retrained_and_deployed_and_the_tool_is_built(tmp_path: Path) -> None:
    """On this repository's own registry, as the schedule, a push and a tag would find it."""
    bare = tmp_path / "models.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(ROOT), str(bare)], check=True)
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "--quiet", str(bare), str(work)], check=True)
    subprocess.run(["git", "-C", str(work), "remote", "set-url", "origin", ADDRESS], check=True)
    subprocess.run(["git", "-C", str(work), "config", f"url.{bare}.insteadOf", ADDRESS], check=True)
    with GitHubServer(bare, me="github-actions[bot]") as server:
        environ = {
            "MOORING_FORGE_API": server.url,
            "GITHUB_ACTOR": "github-actions[bot]",
            "GITHUB_ACTOR_ID": "41898282",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_TOKEN": "t0ken",
        }
        Runner(work, NO_APP, environ).run("retrain.yml", "retrain")

        live = {"matrix.model": "iris-classifier", "matrix.environment": "production"}
        Runner(work, NO_APP | live, environ).run("deploy.yml", "deploy")
        assert list((work / "deployed").rglob("model.*"))

        Runner(work, NO_APP | {"github.ref_name": f"v{__version__}"}, environ).run("release.yml", "build")
        assert {path.suffix for path in (work / "dist").iterdir()} == {".gz", ".whl"}

        registered, proposed = server.pulls
        version = registered.branch.rpartition("/")[2]
        assert (registered.branch, registered.state) == (f"register/iris-classifier/{version}", "closed")
        assert version.endswith(".0")
        assert (proposed.branch, proposed.state) == (f"promote/staging/iris-classifier/{version}", "open")
        manifest = server.git("show", f"main:registry/iris-classifier/versions/{version}/manifest.yaml")
        assert "changelog: Trained anew on schedule" in manifest
