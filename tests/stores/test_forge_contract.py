"""What the adapters of all forges do alike, each against a server that answers as its forge does."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mooring.errors import NotFoundError
from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.gitea import Gitea, gitea_client
from mooring.stores.forge.github import GitHub, github_client
from mooring.stores.forge.gitlab import GitLab, gitlab_client
from mooring.stores.forge.http import Client
from mooring.stores.forge.port import (
    AlreadyOpenError,
    Forge,
    ForgeError,
    MergeState,
    NothingToMergeError,
    Protection,
    RequestState,
    Reviewers,
    ReviewState,
    Status,
    StatusState,
)
from mooring.usecases.protection import WANTED
from tests.support.gitea_server import GiteaServer
from tests.support.github_server import GitHubServer
from tests.support.gitlab_server import GitLabServer

BRANCH = "promote/production/churn/1.0.0"
Server = GitHubServer | GitLabServer | GiteaServer


@dataclass(frozen=True)
class Kind:
    """One kind of forge: its server, its client and its adapter."""

    kind: ForgeKind
    host: str
    server: Callable[[Path], Server]
    client: Callable[..., Client]
    adapter: Callable[[Address, Client], Forge]


KINDS = [
    Kind(ForgeKind.GITHUB, "github.com", GitHubServer, github_client, GitHub),
    Kind(ForgeKind.GITLAB, "gitlab.com", GitLabServer, gitlab_client, GitLab),
    Kind(ForgeKind.GITEA, "gitea.com", GiteaServer, gitea_client, Gitea),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository with main, and a branch that has one commit more."""
    bare = tmp_path_factory.mktemp("forge") / "models.git"
    stream = b"".join(
        b"commit refs/heads/%s\ncommitter A <a@example.com> 1760000000 +0000\ndata 1\n.\n"
        b"%sM 644 inline file\ndata 1\n%d\n\n" % (name.encode(), b"from refs/heads/main\n" * number, number)
        for number, name in enumerate(["main", BRANCH])
    )
    subprocess.run(["git", "init", "-q", "--bare", "--template=", "-b", "main", str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "fast-import", "--quiet"], input=stream, check=True)
    return bare


@pytest.fixture(params=KINDS, ids=[str(kind.kind) for kind in KINDS])
def kind(request: pytest.FixtureRequest) -> Kind:
    found = request.param
    assert isinstance(found, Kind)
    return found


@pytest.fixture
def server(kind: Kind, repository: Path, tmp_path: Path) -> Iterator[Server]:
    bare = Path(shutil.copytree(repository, tmp_path / "models.git"))
    with kind.server(bare) as server:
        yield server


@pytest.fixture
def forge(kind: Kind, server: Server) -> Iterator[Forge]:
    address = Address(kind.kind, kind.host, "acme/models")
    client = kind.client(address, server.token, api=server.url)
    client.pause = lambda _: None
    with client:
        yield kind.adapter(address, client)


def _pushed(server: Server) -> str:
    """Somebody pushes one commit more to the branch."""
    who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    made = server.git(*who, "commit-tree", f"{BRANCH}^{{tree}}", "-p", BRANCH, "-m", "more")
    server.git("update-ref", f"refs/heads/{BRANCH}", made)
    return made


def test_a_request_is_opened_found_changed_and_closed(kind: Kind, server: Server, forge: Forge) -> None:
    opened = forge.open(BRANCH, base="main", title="Promote", body="the plan")

    assert forge.login() == "alice"
    assert (opened.number, opened.head, opened.state) == (
        1,
        server.git("rev-parse", BRANCH),
        RequestState.OPEN,
    )
    assert (opened.branch, opened.base, opened.author) == (BRANCH, "main", "alice")
    assert opened.url.startswith(f"https://{kind.host}/acme/models/")
    assert forge.find(BRANCH) == opened
    assert forge.update(1, title="Promote anew", body="another plan").body == "another plan"
    assert forge.find("promote/production/churn/2.0.0") is None

    forge.close(1)

    assert forge.find(BRANCH) is None


def test_of_two_branches_of_one_name_the_one_of_the_owner_is_found(server: Server, forge: Forge) -> None:
    """A branch of a fork has the same name, and is not what was pushed here."""
    server.opened(BRANCH, "main", "theirs", "").owner = "mallory"

    assert forge.find(BRANCH) is None
    assert forge.find(BRANCH, owner="acme") is None
    theirs = forge.find(BRANCH, owner="mallory")

    assert theirs is not None
    assert theirs.title == "theirs"


def test_a_second_request_and_one_without_a_commit_are_told_apart(server: Server, forge: Forge) -> None:
    forge.open(BRANCH, base="main", title="Promote", body="")
    with pytest.raises(AlreadyOpenError):
        forge.open(BRANCH, base="main", title="Promote", body="")

    server.git("update-ref", "refs/heads/same", server.git("rev-parse", "main"))
    with pytest.raises(NothingToMergeError):
        forge.open("same", base="main", title="Promote", body="")


def test_an_answer_that_was_lost_is_looked_up_and_nothing_is_opened_twice(
    server: Server, forge: Forge
) -> None:
    server.losing = "POST"

    assert forge.open(BRANCH, base="main", title="Promote", body="").number == 1
    assert len(server.pulls) == 1


def test_of_each_reviewer_the_last_word_counts_with_what_they_looked_at(server: Server, forge: Forge) -> None:
    opened = forge.open(BRANCH, base="main", title="Promote", body="")
    server.review(1, "bob", "CHANGES_REQUESTED")
    server.review(1, "bob")
    server.review(1, "carol", "CHANGES_REQUESTED")
    before = {review.login: (review.state, review.commit) for review in forge.reviews(1)}
    more = _pushed(server)
    server.review(1, "dave")
    after = {review.login: review.commit for review in forge.reviews(1)}

    assert before["bob"] == (ReviewState.APPROVED, opened.head)
    assert before["carol"][0] is ReviewState.CHANGES_REQUESTED
    assert (after["bob"], after["dave"]) == (opened.head, more)


def test_it_is_squashed_to_one_commit_of_the_expected_head_and_once(server: Server, forge: Forge) -> None:
    opened = forge.open(BRANCH, base="main", title="Promote", body="")
    before = server.git("rev-parse", "main")
    moved = forge.merge(1, head="b" * 40, title="t", message="m")
    server.approvals_needed = 1
    unreviewed = forge.merge(1, head=opened.head, title="t", message="m")
    server.review(1, "bob")
    server.losing = "POST" if isinstance(server, GiteaServer) else "PUT"
    done = forge.merge(1, head=opened.head, title="Promote churn", message="Reason: it is better")
    again = forge.merge(1, head=opened.head, title="t", message="m")
    another = forge.merge(1, head="b" * 40, title="t", message="m")

    assert (moved.state, bool(moved.reason)) == (MergeState.NOT_READY, True)
    assert (unreviewed.state, "review" in (unreviewed.reason or "")) == (MergeState.NOT_READY, True)
    assert (done.state, done.commit) == (MergeState.MERGED, server.git("rev-parse", "main"))
    assert server.git("rev-list", "--parents", "-1", "main") == f"{done.commit} {before}"
    assert server.git("log", "-1", "--format=%B", "main") == "Promote churn\n\nReason: it is better"
    assert again == done
    assert another.commit is None or isinstance(server, GitHubServer)


def test_a_status_is_read_back_as_it_was_written_last(server: Server, forge: Forge) -> None:
    commit = server.git("rev-parse", BRANCH)
    soak = Status("mooring/soak", StatusState.PENDING, "x" * 200, "https://example.com/1")
    forge.set_status(commit, soak)
    forge.set_status(commit, Status("mooring/soak", StatusState.PENDING, "an hour to go"))
    forge.set_status(commit, Status("mooring/gates", StatusState.FAILURE, "1 of 3"))
    before = {one.context: one for one in forge.statuses(commit)}
    forge.set_status(commit, Status("mooring/soak", StatusState.SUCCESS, "done"))
    after = {one.context: one.state for one in forge.statuses(commit)}

    assert before["mooring/soak"].state is StatusState.PENDING
    assert len(before["mooring/soak"].description) <= 140
    assert after == {"mooring/soak": StatusState.SUCCESS, "mooring/gates": StatusState.FAILURE}
    assert forge.statuses(server.git("rev-parse", "main")) == ()


def test_there_is_one_comment_of_a_marker_and_it_is_edited_in_place(
    kind: Kind, server: Server, forge: Forge
) -> None:
    forge.open(BRANCH, base="main", title="Promote", body="")
    others = ["hello", "hi", "<!-- mooring:plan --> by somebody else"]
    for number, said in enumerate(others):
        who = {"login": "mallory", "username": "mallory", "type": "User"}
        server.pulls[0].comments.append({"id": number, "body": said, "user": who, "author": who})

    first = forge.comment(1, "<!-- mooring:plan -->", "<!-- mooring:plan -->\nplan 1")
    second = forge.comment(1, "<!-- mooring:plan -->", "<!-- mooring:plan -->\nplan 2")

    assert first == second
    assert first.startswith(f"https://{kind.host}/acme/models/")
    assert [comment["body"] for comment in server.pulls[0].comments] == [
        *others,
        "<!-- mooring:plan -->\nplan 2",
    ]


def test_labels_and_reviewers_are_added(server: Server, forge: Forge) -> None:
    forge.open(BRANCH, base="main", title="Promote", body="")
    forge.label(1, ["mooring", "production"])
    forge.label(1, ["mooring", "expedited"])
    forge.label(1, [])
    forge.ask(1, Reviewers(("bob",)))
    forge.ask(1, Reviewers())
    found = forge.find(BRANCH)

    assert found is not None
    assert found.labels == ("mooring", "production", "expedited")
    assert server.pulls[0].asked == ["bob"]
    with pytest.raises(ForgeError):
        forge.ask(1, Reviewers(("alice",) if isinstance(server, GitHubServer) else ("nobody",)))


def test_what_is_protected_is_told_and_nothing_is_loosened(server: Server, forge: Forge) -> None:
    bare = forge.protection("main")
    forge.protect("main", WANTED)
    found = forge.protection("main")
    forge.protect("main", Protection(pull_request_required=True))
    again = forge.protection("main")

    assert (bare.pull_request_required, bare.required_checks, bare.squash_only) == (False, (), False)
    assert (bare.force_pushes_refused, bare.linear_history) == (False, False)
    for name in ("pull_request_required", "squash_only", "up_to_date_required", "stale_reviews_dismissed"):
        assert getattr(found, name) is True, name
    assert found.force_pushes_refused
    assert found.deletion_refused
    assert found.required_checks in (WANTED.required_checks, None)
    if not isinstance(server, GitHubServer):
        assert again == found
        assert found.linear_history


def test_a_deployment_is_recorded(server: Server, forge: Forge) -> None:
    commit = server.git("rev-parse", "main")
    forge.deploy(commit, "production", state=StatusState.SUCCESS, description="churn@1.0.0")

    if isinstance(server, GiteaServer):
        assert [(at, said["context"], said["state"]) for at, said in server.statuses] == [
            (commit, "mooring/deployed/production", "success")
        ]
    else:
        (made,) = server.deployments
        assert made["environment"] == "production"
        assert commit in (made["ref"], made.get("sha"))


def test_a_wrong_token_and_what_is_not_there_are_said_so(server: Server, forge: Forge) -> None:
    with pytest.raises(NotFoundError):
        forge.update(7, title="t", body="b")

    server.token = "another"
    with pytest.raises(ForgeError, match="does not accept the token") as caught:
        forge.find(BRANCH)
    assert "t0ken" not in f"{caught.value!r} {forge!r}"
    assert "gh auth" not in (caught.value.hint or "") or isinstance(server, GitHubServer)
