"""A rollback at a forge is a pull request that is merged at once where the policy says so, and says that it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.stores.remotes import Presence
from mooring.usecases.rollback import RollbackOutcome, RollbackRequest, RolledBack
from mooring.usecases.rollback_at_forge import rollback_at
from tests.support.hubs import AtHub, at_hub
from tests.support.scene import Person, Scene


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    with at_hub(Scene.build(tmp_path)) as there:
        yield there


@pytest.fixture
def alex(hub: AtHub) -> Person:
    return hub.person("alex")


def _roll_back(hub: AtHub, person: Person, *, propose: bool = False, dry_run: bool = False) -> RolledBack:
    return rollback_at(
        person.hub(),
        hub.forge,
        RollbackRequest("iris", "staging", "It was worse", propose=propose),
        presence=lambda *_: Presence.PRESENT,
        body_of=lambda _: "the plan",
        dry_run=dry_run,
    )


def test_it_is_one_merged_pull_request_whose_commit_tells_that_nobody_reviewed_it(
    hub: AtHub, alex: Person
) -> None:
    done = _roll_back(hub, alex)

    assert done.outcome is RollbackOutcome.DONE
    assert done.commit == hub.server.git("rev-parse", "main")
    assert done.url == "https://github.com/acme/models/pull/1"
    assert hub.scene.live("staging") == "1.1.0"
    message = hub.server.git("log", "-1", "--format=%B", "main")
    assert "Rollback-Of: " in message
    assert "Merged-At-Once: the policy says 'rollback: direct'" in message
    assert "expedited" in hub.server.pulls[0].labels


def test_asked_again_it_changes_nothing(hub: AtHub, alex: Person) -> None:
    _roll_back(hub, alex)

    assert _roll_back(hub, alex).outcome is RollbackOutcome.ALREADY
    assert len(hub.server.pulls) == 1


@pytest.mark.slow
def test_where_the_forge_wants_a_review_it_stays_proposed_and_says_so(hub: AtHub, alex: Person) -> None:
    hub.server.approvals_needed = 1

    first, second = _roll_back(hub, alex), _roll_back(hub, alex)

    assert first.outcome is RollbackOutcome.PROPOSED
    assert "approving review is required" in (first.why_proposed or "")
    assert second.url == first.url
    assert [pull.state for pull in hub.server.pulls] == ["open"]
    assert hub.scene.live("staging") == "2.0.0"


def test_only_proposed_it_is_not_merged(hub: AtHub, alex: Person) -> None:
    done = _roll_back(hub, alex, propose=True)

    assert (done.outcome, done.url) == (RollbackOutcome.PROPOSED, "https://github.com/acme/models/pull/1")
    assert "expedited" not in hub.server.pulls[0].labels
    assert hub.scene.live("staging") == "2.0.0"


def test_a_dry_run_opens_nothing(hub: AtHub, alex: Person) -> None:
    assert _roll_back(hub, alex, dry_run=True).outcome is RollbackOutcome.WOULD_DO
    assert hub.server.pulls == []


def test_a_forge_that_fails_leaves_the_branch_and_says_first_that_nothing_was_rolled_back(
    hub: AtHub, alex: Person
) -> None:
    hub.server.failing = [401]
    failed = _roll_back(hub, alex)
    again = _roll_back(hub, alex)

    assert (failed.outcome, failed.branch) == (RollbackOutcome.PROPOSED, "rollback/staging/iris")
    assert "does not accept the token" in (failed.why_proposed or "")
    assert again.outcome is RollbackOutcome.DONE


def test_a_server_that_refuses_the_push_to_main_gets_a_proposal(hub: AtHub, alex: Person) -> None:
    """As GitHub does where main is protected and there is no token for its API."""
    hook = hub.scene.remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\ngrep -q refs/heads/main && { echo GH013: protected >&2; exit 1; }; exit 0\n")
    hook.chmod(0o755)

    done = alex.roll_back("iris", "staging")

    assert (done.outcome, done.branch) == (RollbackOutcome.PROPOSED, "rollback/staging/iris")
    assert "GH013: protected" in (done.why_proposed or "")
    assert hub.server.git("rev-parse", "rollback/staging/iris") == done.commit
