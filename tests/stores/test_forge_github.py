"""GitHub's adapter against a server that answers as GitHub does, over a real repository."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.errors import NotFoundError
from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub, github_client
from mooring.stores.forge.port import (
    AlreadyOpenError,
    ForgeError,
    MergeState,
    NothingToMergeError,
    RequestState,
    Reviewers,
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


def test_a_pull_request_is_opened_found_and_changed(server: GitHubServer, github: GitHub) -> None:
    opened = github.open(BRANCH, base="main", title="Promote", body="the plan")

    assert github.find(BRANCH) == opened
    assert (opened.number, opened.head, opened.state) == (
        1,
        server.git("rev-parse", BRANCH),
        RequestState.OPEN,
    )
    assert github.update(1, title="Promote anew", body="another plan").body == "another plan"
    assert github.find("promote/production/churn/2.0.0") is None


def test_a_second_one_of_the_same_branch_is_told_apart(github: GitHub) -> None:
    github.open(BRANCH, base="main", title="Promote", body="")

    with pytest.raises(AlreadyOpenError):
        github.open(BRANCH, base="main", title="Promote", body="")


def test_a_branch_without_a_commit_of_its_own_is_told_apart(server: GitHubServer, github: GitHub) -> None:
    server.git("update-ref", f"refs/heads/{BRANCH}", server.git("rev-parse", "main"))

    with pytest.raises(NothingToMergeError):
        github.open(BRANCH, base="main", title="Promote", body="")


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


def test_it_is_squashed_to_one_commit_of_the_expected_head(server: GitHubServer, github: GitHub) -> None:
    opened = github.open(BRANCH, base="main", title="Promote", body="")
    before = server.git("rev-parse", "main")

    done = github.merge(1, head=opened.head, title="Promote churn", message="Reason: it is better")

    assert done.state is MergeState.MERGED
    assert done.commit == server.git("rev-parse", "main")
    assert server.git("rev-list", "--parents", "-1", "main") == f"{done.commit} {before}"
    assert server.git("log", "-1", "--format=%B", "main") == "Promote churn\n\nReason: it is better"


def test_a_branch_that_moved_or_lacks_a_review_is_not_ready(server: GitHubServer, github: GitHub) -> None:
    opened = github.open(BRANCH, base="main", title="Promote", body="")
    moved = github.merge(1, head="b" * 40, title="t", message="m")
    server.approvals_needed = 1
    unreviewed = github.merge(1, head=opened.head, title="t", message="m")

    assert (moved.state, "modified" in (moved.reason or "")) == (MergeState.NOT_READY, True)
    assert (unreviewed.state, "review" in (unreviewed.reason or "")) == (MergeState.NOT_READY, True)


def test_a_merge_whose_answer_was_lost_is_one_merge(server: GitHubServer, github: GitHub) -> None:
    opened = github.open(BRANCH, base="main", title="Promote", body="")
    first = github.merge(1, head=opened.head, title="t", message="m")
    again = github.merge(1, head=opened.head, title="t", message="m")

    assert again == first


def test_there_is_one_comment_of_a_marker_and_it_is_edited_in_place(
    server: GitHubServer, github: GitHub
) -> None:
    github.open(BRANCH, base="main", title="Promote", body="")
    for text in ("hello", "hi", "<!-- mooring:plan --> by somebody else"):
        github.client.send("POST", "repos/acme/models/issues/1/comments", {"body": text})
    server.pulls[0].comments[2]["user"] = {"login": "mallory", "type": "User"}

    first = github.comment(1, "<!-- mooring:plan -->", "<!-- mooring:plan -->\nplan 1")
    second = github.comment(1, "<!-- mooring:plan -->", "<!-- mooring:plan -->\nplan 2")

    assert first == second
    assert [comment["body"] for comment in server.pulls[0].comments] == [
        "hello",
        "hi",
        "<!-- mooring:plan --> by somebody else",
        "<!-- mooring:plan -->\nplan 2",
    ]


def test_labels_and_reviewers_are_added(server: GitHubServer, github: GitHub) -> None:
    github.open(BRANCH, base="main", title="Promote", body="")
    github.label(1, ["mooring", "production"])
    github.label(1, ["mooring"])
    github.ask(1, Reviewers(("bob",)))
    github.ask(1, Reviewers())

    assert server.pulls[0].labels == ["mooring", "production"]
    assert server.pulls[0].asked == ["bob"]
    with pytest.raises(ForgeError, match="author"):
        github.ask(1, Reviewers(("alice",)))


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


def test_a_wrong_token_is_said_so(server: GitHubServer, github: GitHub) -> None:
    server.token = "another"

    with pytest.raises(ForgeError, match="does not accept the token"):
        github.find(BRANCH)


def test_a_pull_request_that_is_not_there_is_not_found(github: GitHub) -> None:
    with pytest.raises(NotFoundError):
        github.update(7, title="t", body="b")
