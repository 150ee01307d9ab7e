"""A branch has one pull request, and asking again brings that one up to date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub, github_client
from mooring.stores.forge.port import ChangeRequest, ForgeError, Reviewers
from mooring.usecases.offering import Offer, OfferOutcome, offer
from tests.support.github_server import GitHubServer
from tests.support.scene import Scene


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    scene = Scene.build(tmp_path)
    scene.person("alex").promote("iris@1.1.0", "production")
    with GitHubServer(scene.remote, me="alex-at-hub") as server:
        yield server


@pytest.fixture
def forge(server: GitHubServer) -> Iterator[GitHub]:
    address = Address(ForgeKind.GITHUB, "github.com", "acme/models")
    with github_client(address, server.token, api=server.url) as client:
        yield GitHub(address, client)


WANTED = Offer(
    "promote/production/iris/1.1.0",
    "main",
    "Promote iris 1.0.0 -> 1.1.0 in production",
    "the plan\n",
    ("mooring", "promotion"),
    Reviewers(("sam-at-hub", "alex-at-hub")),
)


def test_it_is_opened_with_labels_and_reviewers_other_than_its_author(
    server: GitHubServer, forge: GitHub
) -> None:
    done = offer(forge, WANTED)

    assert (done.outcome, done.notes) == (OfferOutcome.OPENED, ())
    assert done.request is not None
    assert done.request.url == "https://github.com/acme/models/pull/1"
    assert server.pulls[0].labels == ["mooring", "promotion"]
    assert server.pulls[0].asked == ["sam-at-hub"]


def test_asked_twice_nothing_changes(server: GitHubServer, forge: GitHub) -> None:
    offer(forge, WANTED)
    server.pulls[0].body = server.pulls[0].body.replace("\n", "\r\n")
    server.asked.clear()

    done = offer(forge, WANTED)

    assert done.outcome is OfferOutcome.UNCHANGED
    assert [method for method, _ in server.asked] == ["GET"]


@pytest.mark.slow
def test_another_plan_updates_the_same_one(server: GitHubServer, forge: GitHub) -> None:
    offer(forge, WANTED)
    done = offer(forge, replace(WANTED, body="another plan"))

    assert done.outcome is OfferOutcome.UPDATED
    assert [pull.body for pull in server.pulls] == ["another plan"]


@pytest.mark.slow
def test_a_branch_that_main_has_already_needs_none(server: GitHubServer, forge: GitHub) -> None:
    server.git("update-ref", "refs/heads/main", f"refs/heads/{WANTED.branch}")

    assert offer(forge, WANTED).outcome is OfferOutcome.NOTHING
    assert server.pulls == []


@pytest.mark.slow
def test_one_that_was_opened_in_between_is_taken(server: GitHubServer, forge: GitHub) -> None:
    """Two people ask at once: the second finds nothing, is refused, and looks again."""
    offer(forge, WANTED)

    class Late(GitHub):
        """Its first question comes before the other's pull request."""

        seen: ClassVar[list[str]] = []

        def find(self, branch: str, *, owner: str | None = None) -> ChangeRequest | None:
            self.seen.append(branch)
            return None if len(self.seen) == 1 else super().find(branch, owner=owner)

    late = Late(forge.address, forge.client)

    assert offer(late, replace(WANTED, body="mine")).outcome is OfferOutcome.UPDATED
    assert len(server.pulls) == 1


@pytest.mark.slow
def test_a_label_that_is_refused_is_a_note(server: GitHubServer, forge: GitHub) -> None:
    class NoLabels(GitHub):
        def label(self, number: int, labels: object) -> None:
            raise ForgeError("the token may not label")

    done = offer(NoLabels(forge.address, forge.client), WANTED)

    assert done.outcome is OfferOutcome.OPENED
    assert done.notes == ("no labels were added: the token may not label",)
    assert server.pulls[0].asked == ["sam-at-hub"]
