"""What Gitea and Forgejo alone do: rules by pattern, checks by pattern, and tokens that may not see a rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.gitea import Gitea, gitea_client
from mooring.stores.forge.port import ForgeError, Protection, ReviewState
from mooring.usecases.protection import WANTED, gaps
from tests.support.forge_server import Pull
from tests.support.gitea_server import GiteaServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GiteaServer]:
    with GiteaServer(tmp_path) as server:
        yield server


@pytest.fixture
def gitea(server: GiteaServer) -> Iterator[Gitea]:
    address = Address(ForgeKind.GITEA, "codeberg.org", "acme/models")
    with gitea_client(address, server.token, api=server.url) as client:
        yield Gitea(address, client)


def test_what_is_not_enforced_even_then_is_told(gitea: Gitea) -> None:
    gitea.protect("main", WANTED)

    assert {gap.name: gap.found for gap in gaps(gitea.protection("main"))} == {
        "code-owners": "unknown",  # A request for a review can be withdrawn.
        "last-push-approval": "no",
        "title-and-text": "unknown",
    }


def test_a_check_is_required_by_a_pattern_and_those_that_are_there_stay(
    server: GiteaServer, gitea: Gitea
) -> None:
    """Actions report `check / mooring check (pull_request)`, and a person wrote the other."""
    server.rules["main"] = {
        "rule_name": "main",
        "required_approvals": 3,
        "enable_status_check": True,
        "status_check_contexts": ["lint"],
    }
    gitea.protect("main", WANTED)
    gitea.protect("main", WANTED)

    assert server.rules["main"]["status_check_contexts"] == ["lint", "*mooring check*"]
    assert server.rules["main"]["required_approvals"] == 3
    assert gitea.protection("main").required_checks == ("lint", "mooring check")


def test_a_rule_for_more_branches_stays_and_what_it_says_is_taken_along(
    server: GiteaServer, gitea: Gitea
) -> None:
    """A pattern that refused pushes would refuse the branches of proposals too."""
    pattern = {"rule_name": "*", "priority": 4, "require_signed_commits": True, "enable_push": True}
    server.rules["*"] = dict(pattern)
    gitea.protect("main", WANTED)

    assert server.rules["*"] == pattern
    assert server.rules["main"]["require_signed_commits"] is True
    assert server.rules["main"]["priority"] == 4
    assert server.rules["main"]["enable_push"] is False
    assert gitea.protection("main").pull_request_required


def test_whoever_may_not_see_the_rule_is_told_what_everybody_may_and_changes_nothing(
    server: GiteaServer, gitea: Gitea
) -> None:
    server.rules["main"] = {"rule_name": "main", "required_approvals": 2, "enable_push": False}
    server.admin = False
    found = gitea.protection("main")

    assert (found.approvals, found.pull_request_required, found.force_pushes_refused) == (2, None, None)
    assert found.deletion_refused
    with pytest.raises(ForgeError):
        gitea.protect("main", Protection(pull_request_required=True))


def test_a_dismissed_review_says_nothing_and_being_asked_again_takes_none_back(
    server: GiteaServer, gitea: Gitea
) -> None:
    server.pulls.append(Pull(1, "t", "b", "branch", "main", "alice", head_at_merge="a" * 40))
    for login in ("bob", "carol"):
        server.review(1, login)
    server.pulls[0].reviews[1]["dismissed"] = True
    server.review(1, "bob", "REQUEST_REVIEW")
    server.review(1, "bob", "COMMENT")
    server.pulls[0].reviews.append({"id": 9, "user": None, "team": {"name": "release"}, "state": "APPROVED"})

    assert {one.login: one.state for one in gitea.reviews(1)} == {
        "bob": ReviewState.APPROVED,
        "carol": ReviewState.OTHER,
    }


def test_an_unknown_account_is_a_reviewer_that_was_not_asked(server: GiteaServer, gitea: Gitea) -> None:
    from mooring.stores.forge.port import Reviewers

    server.pulls.append(Pull(1, "t", "b", "branch", "main", "alice"))

    with pytest.raises(ForgeError) as caught:
        gitea.ask(1, Reviewers(("nobody",)))
    assert "people" in (caught.value.hint or "")
