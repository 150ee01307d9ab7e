"""The commands where GitHub stands in front of the remote: a pull request each, merged by the forge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.domain.environment import Settings
from tests.support.hubs import AtHub, at_hub
from tests.support.scene import Person, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}
BRANCH = "promote/production/iris/1.1.0"


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=Settings(people=PEOPLE)))
    with at_hub(scene) as there:
        yield there


@pytest.fixture
def alex(hub: AtHub) -> Person:
    return hub.person("alex")


def _run(hub: AtHub, person: Person, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mooring", *words],
        cwd=person.folder,
        env=hub.environ(person) | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def _promote(hub: AtHub, person: Person, **environ: str) -> subprocess.CompletedProcess[str]:
    words = ("promote", "iris@1.1.0", "--to", "production", "--reason", "Better @everyone #1")
    return _run(hub, person, *words, **environ)


def test_from_a_promotion_to_its_rollback(hub: AtHub, alex: Person) -> None:
    """Asked twice there is one pull request; its review approves; the forge merges it, and rolls it back."""
    first, second = _promote(hub, alex), _promote(hub, alex)
    pull = hub.server.pulls[0]

    assert (first.returncode, second.returncode) == (0, 0)
    assert "https://github.com/acme/models/pull/1" in first.stdout
    assert "https://github.com/acme/models/pull/1" in second.stdout
    assert len(hub.server.pulls) == 1
    assert pull.title == "Promote iris 1.0.0 -> 1.1.0 in production"
    assert pull.labels == ["mooring", "promotion", "production"]
    assert pull.body.startswith("<!-- mooring:plan -->")
    assert "mooring rollback iris --in production" in pull.body
    assert "`Better @everyone #1`" in pull.body  # inside code it mentions nobody and closes nothing
    assert pull.body.count("@everyone") == pull.body.count("`Better @everyone #1`")

    early = _run(hub, alex, "merge", BRANCH)
    hub.server.review(1, "sam-at-hub")
    merged = _run(hub, alex, "merge", BRANCH)

    assert early.returncode == 4
    assert (merged.returncode, hub.scene.live("production")) == (0, "1.1.0")

    rolled = _run(hub, alex, "rollback", "iris", "--in", "production", "--reason", "It was worse")

    assert rolled.returncode == 0, rolled.stderr
    assert "https://github.com/acme/models/pull/2" in rolled.stdout
    assert hub.scene.live("production") == "1.0.0"


def test_without_a_token_the_page_is_named_where_a_person_opens_it(hub: AtHub, alex: Person) -> None:
    done = _promote(hub, alex, GITHUB_TOKEN="")

    assert done.returncode == 0
    assert f"https://github.com/acme/models/compare/main...{BRANCH}?expand=1" in done.stderr
    assert hub.server.pulls == []


@pytest.mark.slow
def test_a_forge_that_is_down_leaves_the_branch_and_says_what_to_do(hub: AtHub, alex: Person) -> None:
    hub.server.failing = [401]

    broken = _promote(hub, alex)
    again = _promote(hub, alex)

    assert broken.returncode == 1
    assert "its pull request is not open" in broken.stderr
    assert "run the same command again" in broken.stderr
    assert hub.server.token not in broken.stdout + broken.stderr
    assert (again.returncode, len(hub.server.pulls)) == (0, 1)


@pytest.mark.slow
def test_a_quarantine_is_merged_through_the_forge(hub: AtHub, alex: Person) -> None:
    done = _run(
        hub, alex, "quarantine", "iris@1.1.0", "--in", "production", "--reason", "It leaks", "--merge"
    )

    assert done.returncode == 0, done.stderr
    assert [(pull.branch, pull.state) for pull in hub.server.pulls] == [("status/iris/1.1.0", "closed")]
    assert _promote(hub, alex).returncode == 1


@pytest.mark.slow
def test_what_the_forge_does_not_enforce_is_shown_and_enforced(hub: AtHub, alex: Person) -> None:
    before = _run(hub, alex, "forge", "protect")
    applied = _run(hub, alex, "forge", "protect", "--apply")
    after = _run(hub, alex, "forge", "protect", "--json")

    assert (before.returncode, applied.returncode, after.returncode) == (1, 0, 0)
    assert "anybody who can push can move a pointer without a review" in before.stdout
    assert '"protected": true' in after.stdout


@pytest.mark.slow
def test_a_plain_git_server_is_no_forge(hub: AtHub) -> None:
    sam = hub.scene.person("sam")
    done = _run(hub, sam, "forge", "protect")

    assert done.returncode == 3
    assert "plain Git server" in done.stderr


@pytest.mark.slow
def test_the_plan_is_one_comment_and_a_pull_request_that_moved_on_gets_none(
    hub: AtHub, alex: Person, tmp_path: Path
) -> None:
    _promote(hub, alex)
    report = tmp_path / "plan.md"
    planned = _run(hub, alex, "plan", BRANCH, "--markdown", "--output", str(report))
    head = hub.server.git("rev-parse", BRANCH)
    words = ("forge", "comment", str(report), "--from", f"acme:{BRANCH}", "--commit")

    done = [_run(hub, alex, *words, commit) for commit in (head, head, "0" * 40)]

    assert planned.returncode == 4
    assert [one.returncode for one in done] == [0, 0, 0]
    assert len(hub.server.pulls[0].comments) == 1
    assert "nothing to do" in done[2].stdout
    report.write_text("anything else", "utf-8")
    assert _run(hub, alex, *words, head).returncode == 1


@pytest.mark.slow
def test_gates_and_deployments_are_reported(hub: AtHub, alex: Person) -> None:
    _promote(hub, alex)
    gates = _run(hub, alex, "forge", "gates")
    deployed = _run(hub, alex, "forge", "deploy", "iris", "--in", "staging", "--state", "success")

    assert (gates.returncode, deployed.returncode) == (0, 0)
    assert ("mooring/gates", "pending") in [
        (said["context"], said["state"]) for _, said in hub.server.statuses
    ]
    assert [(one["environment"], one["states"]) for one in hub.server.deployments] == [
        ("staging", ["success"])
    ]


@pytest.mark.slow
def test_code_owners_follow_the_policies(hub: AtHub, alex: Person) -> None:
    alex.git("checkout", "-q", "main")
    before = _run(hub, alex, "forge", "codeowners", "--check")
    written = _run(hub, alex, "forge", "codeowners", "--write")

    assert (before.returncode, written.returncode) == (1, 0)
    assert (alex.folder / ".github/CODEOWNERS").read_text("utf-8").startswith("# mooring: begin")


@pytest.mark.slow
def test_the_status_names_the_pull_request_of_what_waits(hub: AtHub, alex: Person) -> None:
    _promote(hub, alex)
    shown = _run(hub, alex, "status")
    alone = _run(hub, alex, "status", "--offline")
    hub.server.failing = [401]
    refused = _run(hub, alex, "status")

    assert [one.returncode for one in (shown, alone, refused)] == [0, 0, 0]
    assert "https://github.com/acme/models/pull/1" in shown.stdout
    assert "\tpending\t" in shown.stdout
    assert BRANCH in alone.stdout
    assert "pull/1" not in alone.stdout + refused.stdout
    assert "pull requests are not shown" in refused.stderr
