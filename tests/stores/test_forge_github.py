"""What GitHub alone does, against a server that answers as it does; `test_forge_contract` has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub, github_client
from mooring.stores.forge.port import (
    ReviewState,
    Status,
    StatusState,
)
from tests.support.github_server import GitHubServer

BRANCH = "promote/production/churn/1.0.0"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    bare = tmp_path / "models.git"
    with GitHubServer(bare) as server:
        bare.mkdir()
        server.git("init", "-q", "--bare", "-b", "main")
        first = _commit(server, "one", "first")
        server.git("update-ref", "refs/heads/main", first)
        server.git("update-ref", f"refs/heads/{BRANCH}", _commit(server, "two", "second", first))
        yield server


def _commit(server: GitHubServer, text: str, message: str, *parents: str) -> str:
    import subprocess

    blob = subprocess.run(
        ["git", "-C", str(server.bare), "hash-object", "-w", "--stdin"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    tree = subprocess.run(
        ["git", "-C", str(server.bare), "mktree"],
        input=f"100644 blob {blob}\tfile\n",
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    named = [word for parent in parents for word in ("-p", parent)]
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    return server.git(*who, "commit-tree", tree, *named, "-m", message)


@pytest.fixture
def github(server: GitHubServer) -> Iterator[GitHub]:
    address = Address(ForgeKind.GITHUB, "github.com", "acme/models")
    client = github_client(address, server.token, api=server.url)
    with client:
        yield GitHub(address, client)


def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_opened_twice(
    server: GitHubServer, github: GitHub
) -> None:
    first = github.open(BRANCH, base="main", title="Promote", body="")
    server.failing = [502]  # as if the gateway lost the answer to this very request

    assert github.open(BRANCH, base="main", title="Promote", body="") == first
    assert [method for method, path in server.asked if path.endswith("/pulls")].count("POST") == 2


def test_of_each_reviewer_the_last_word_counts_and_a_comment_is_none(
    server: GitHubServer, github: GitHub
) -> None:
    github.open(BRANCH, base="main", title="Promote", body="")
    server.review(1, "bob", "CHANGES_REQUESTED")
    server.review(1, "bob", "APPROVED", commit="a" * 40)
    server.review(1, "bob", "COMMENTED")
    server.review(1, "carol", "APPROVED")
    server.review(1, "carol", "DISMISSED")

    said = {review.login: (review.state, review.commit) for review in github.reviews(1)}

    assert said == {
        "bob": (ReviewState.APPROVED, "a" * 40),
        "carol": (ReviewState.OTHER, server.git("rev-parse", BRANCH)),
    }


def test_statuses_and_deployments_are_recorded(server: GitHubServer, github: GitHub) -> None:
    commit = server.git("rev-parse", "main")
    github.set_status(commit, Status("mooring/soak", StatusState.PENDING, "x" * 200))
    github.deploy(commit, "production", state=StatusState.SUCCESS, description="churn@1.0.0")

    assert [(at, said["state"], said["context"]) for at, said in server.statuses] == [
        (commit, "pending", "mooring/soak")
    ]
    assert len(str(server.statuses[0][1]["description"])) == 140
    assert [(one["ref"], one["environment"], one["states"]) for one in server.deployments] == [
        (commit, "production", ["success"])
    ]


def test_protection_is_what_the_rules_of_the_branch_say(server: GitHubServer, github: GitHub) -> None:
    bare = github.protection("main")
    server.rules = [
        {"type": "deletion"},
        {"type": "non_fast_forward"},
        {"type": "required_linear_history"},
        {
            "type": "pull_request",
            "parameters": {
                "required_approving_review_count": 1,
                "require_code_owner_review": True,
                "dismiss_stale_reviews_on_push": True,
                "require_last_push_approval": True,
                "allowed_merge_methods": ["squash"],
            },
        },
        {
            "type": "required_status_checks",
            "parameters": {
                "strict_required_status_checks_policy": True,
                "required_status_checks": [{"context": "mooring check"}],
            },
        },
    ]
    found = github.protection("main")

    assert (bare.pull_request_required, bare.required_checks, bare.squash_only) == (False, (), False)
    assert found.pull_request_required
    assert found.approvals == 1
    assert found.code_owners
    assert found.required_checks == ("mooring check",)
    assert found.up_to_date_required
    assert found.squash_only
    assert found.linear_history
    assert found.force_pushes_refused
    assert found.deletion_refused
    assert found.merge_queue is False
