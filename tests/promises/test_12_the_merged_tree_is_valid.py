"""Promise 12: the merged tree is valid as a whole, not each pull request alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain import layout
from mooring.domain.model import State
from mooring.errors import RefusedError
from mooring.rules.engine import check_registry
from mooring.stores.git.repository import BlobId
from mooring.usecases.judging import FindingsError
from tests.support.builder import Builder
from tests.support.scene import Person, Scene


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


@pytest.fixture
def waiting(scene: Scene) -> tuple[Person, str, str]:
    """A promotion to production that was green when it was proposed and approved: person, branch and commit."""
    alex = scene.person("alex")
    done = alex.promote("iris@1.1.0", "production")
    scene.person("sam").approve(done.branch)
    assert alex.merge(done.branch, dry_run=True).commit is not None
    return alex, done.branch, done.commit or ""


def carried(person: Person, commit: str) -> str:
    """The proposal's pointer on main as it is now: what a merge button would make of it."""
    path = layout.pointer_path("production", "iris")
    person.git("fetch", "--quiet", "origin")
    (blob,) = person.hub().repository.blob_ids(commit, [path])
    with person.hub().repository as repository:
        return repository.commit_with(
            "refs/remotes/origin/main", {path: BlobId(blob or "")}, message="Merge\n"
        )


@pytest.mark.slow
def test_a_version_that_is_banned_meanwhile_is_not_promoted(
    scene: Scene, waiting: tuple[Person, str, str]
) -> None:
    alex, branch, commit = waiting
    kim = scene.person("kim")
    path = layout.status_path("iris", "1.1.0")
    files = Builder().model("iris").status("1.1.0", State.QUARANTINED, reason="It leaks").files
    ban = kim.commit({path: files[path]})
    assert scene.offered(kim, ban) == ()
    kim.push(ban)

    with pytest.raises(FindingsError, match="retired-version"):
        alex.merge(branch)
    assert scene.offered(alex, carried(alex, commit)) != ()


@pytest.mark.slow
def test_a_version_that_left_staging_meanwhile_by_a_rollback_is_not_promoted(tmp_path: Path) -> None:
    def states(_: bytes) -> list[tuple[str, Builder]]:
        builder = (
            Builder()
            .settings()
            .environment("staging")
            .environment("production", promotes_from=["staging"])
            .model("iris")
            .version("1.0.0")
            .version("1.1.0")
        )
        start = ("Start", builder.copy())
        first = ("Promote 1.0.0 to staging", builder.promote("1.0.0", to="staging").copy())
        return [start, first, ("Promote 1.1.0 to staging", builder.promote("1.1.0", to="staging").copy())]

    scene = Scene.build(tmp_path, states, hook=False)
    alex = scene.person("alex")
    done = alex.promote("iris@1.1.0", "production")
    scene.person("kim").roll_back("iris", "staging")
    assert scene.live("staging") == "1.0.0"

    with pytest.raises(FindingsError, match="out-of-order-promotion"):
        alex.merge(done.branch)
    found = scene.offered(alex, carried(alex, done.commit or ""))
    assert [refusal.rule for refusal in found] == ["out-of-order-promotion"]


def test_of_two_green_proposals_of_one_pointer_the_second_never_lands(
    scene: Scene, waiting: tuple[Person, str, str]
) -> None:
    alex, branch, _ = waiting
    other = scene.person("kim").promote("iris@2.0.0", "production")
    scene.person("sam").approve(other.branch)
    alex.merge(branch)

    with pytest.raises(RefusedError, match="was first"):
        alex.merge(other.branch)
    assert scene.offered(alex, carried(alex, other.commit or "")) != ()


def test_after_any_merge_the_whole_registry_is_valid(scene: Scene, waiting: tuple[Person, str, str]) -> None:
    alex, branch, _ = waiting
    alex.merge(branch)
    alex.roll_back("iris", "production")

    assert check_registry(scene.hub().registry()) == ()
