"""A merge through the forge: its reviews are approvals, and the commit that was judged is the one that is merged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring import wiring
from mooring.domain.environment import Settings
from mooring.domain.references import parse_reference
from mooring.stores.forge.port import MergeResult
from mooring.usecases.merge import Merged, MergeOutcome, NotReadyError
from mooring.usecases.merge_at_forge import merge_at
from mooring.usecases.promote import promote
from tests.support.hubs import AtHub, at_hub
from tests.support.scene import NOW, Person, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[AtHub]:
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=Settings(people=PEOPLE)))
    with at_hub(scene) as there:
        yield there


@pytest.fixture
def alex(hub: AtHub) -> Person:
    return hub.person("alex")


def _merge(hub: AtHub, person: Person, branch: str) -> Merged:
    return merge_at(person.hub(), hub.forge, branch, body_of=lambda _: "the plan", now=NOW)


def _proposed(hub: AtHub, alex: Person) -> str:
    branch = alex.promote("iris@1.1.0", "production").branch
    hub.forge.open(branch, base="main", title="Promote iris", body="")
    return branch


def test_an_approving_review_is_an_approval_and_the_forge_merges(hub: AtHub, alex: Person) -> None:
    branch = _proposed(hub, alex)
    hub.server.review(1, "sam-at-hub")

    done = _merge(hub, alex, branch)

    assert done.outcome is MergeOutcome.MERGED
    assert done.commit == hub.server.git("rev-parse", "main")
    assert hub.scene.live("production") == "1.1.0"
    assert "Approved-By: sam@example.com" in hub.server.git("log", "-1", "--format=%B", "main")
    assert hub.server.git("for-each-ref", f"refs/heads/{branch}") == ""


@pytest.mark.parametrize(
    ("login", "commit", "why"),
    [
        ("alex-at-hub", None, "cannot approve"),
        ("stranger", None, "nobody in|not the account of anybody"),
        ("sam-at-hub", "a" * 40, "approved commit aaaaaaaaaaaa"),
    ],
)
def test_a_review_that_proves_nothing_does_not_count(
    hub: AtHub, alex: Person, login: str, commit: str | None, why: str
) -> None:
    branch = _proposed(hub, alex)
    hub.server.review(1, login, commit=commit)

    with pytest.raises(NotReadyError, match=why):
        _merge(hub, alex, branch)
    assert hub.scene.live("production") == "1.0.0"


@pytest.mark.slow
def test_what_the_forge_wants_more_is_pending_in_its_words(hub: AtHub, alex: Person) -> None:
    branch = _proposed(hub, alex)
    hub.person("sam").approve(branch)  # signed: enough for Mooring, and no review for the forge
    hub.server.approvals_needed = 1

    with pytest.raises(NotReadyError, match=r"pull/1: .*approving review is required"):
        _merge(hub, alex, branch)


def test_merged_twice_it_is_merged_once(hub: AtHub, alex: Person) -> None:
    branch = _proposed(hub, alex)
    hub.server.review(1, "sam-at-hub")
    _merge(hub, alex, branch)

    assert _merge(hub, alex, branch).outcome is MergeOutcome.ALREADY


@pytest.mark.slow
def test_a_branch_without_a_pull_request_gets_one_first(hub: AtHub, alex: Person) -> None:
    branch = alex.promote("iris@1.1.0", "staging").branch
    done = _merge(hub, alex, branch)

    assert done.outcome is MergeOutcome.MERGED
    assert [(pull.branch, pull.state, pull.body) for pull in hub.server.pulls] == [
        (branch, "closed", "the plan")
    ]


def test_a_branch_that_moved_after_it_was_judged_is_not_merged(
    hub: AtHub, alex: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = _proposed(hub, alex)
    hub.server.review(1, "sam-at-hub")
    real = type(hub.forge).merge

    def move_first(self: object, number: int, **words: str) -> MergeResult:
        hub.server.git("update-ref", f"refs/heads/{branch}", "main")
        return real(hub.forge, number, **words)

    monkeypatch.setattr(type(hub.forge), "merge", move_first)

    with pytest.raises(NotReadyError, match="modified"):
        _merge(hub, alex, branch)
    assert hub.scene.live("production") == "1.0.0"


def test_whoever_pressed_the_button_cannot_approve_under_another_name(hub: AtHub, alex: Person) -> None:
    """A workflow asks as the account that started it; that account is sam's, whom `people` knows."""
    asked = {
        f"GIT_{role}_{name}": value
        for role in ("AUTHOR", "COMMITTER")
        for name, value in (("NAME", "sam-at-hub"), ("EMAIL", "7+sam-at-hub@users.noreply.github.com"))
    }
    there = wiring.open_hub(alex.folder, environ=alex.environ | asked)
    done = promote(there, parse_reference("iris@1.1.0"), "production", reason="Better", now_ms=NOW * 1000)
    branch = done.branch
    hub.forge.open(branch, base="main", title="Promote iris", body="")
    hub.server.review(1, "sam-at-hub")

    with pytest.raises(NotReadyError, match="cannot approve"):
        _merge(hub, alex, branch)
