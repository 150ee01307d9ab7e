"""A status is one small file, lands like a registration, and says where the version is still served."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain.environment import Registration, Settings
from mooring.domain.model import State
from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.usecases.judging import FindingsError
from mooring.usecases.merge import MergeOutcome
from mooring.usecases.status_change import StatusChanged, StatusOutcome, StatusRequest, change_status
from tests.support.scene import NOW, Person, Scene, standard

BAN = StatusRequest("iris@1.1.0", State.QUARANTINED, "It leaks the training data", ("production",))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path)


@pytest.fixture
def alex(scene: Scene) -> Person:
    return scene.person("alex")


def _ask(person: Person, request: StatusRequest = BAN, **options: bool) -> StatusChanged:
    return change_status(person.hub(), request, now_ms=NOW * 1000, **options)


def test_it_is_proposed_on_a_branch_of_its_own_and_merged_without_an_approval(
    scene: Scene, alex: Person
) -> None:
    done = _ask(alex)
    merged = alex.merge("status/iris/1.1.0")

    assert (done.outcome, done.branch) == (StatusOutcome.PROPOSED, "status/iris/1.1.0")
    assert merged.outcome is MergeOutcome.MERGED
    status = scene.person("sam").hub().registry().status("iris", "1.1.0")
    assert status is not None
    assert (status.state, status.environments, status.by) == (
        State.QUARANTINED,
        ("production",),
        "Alex <alex@example.com>",
    )


def test_a_ban_holds_at_the_next_promotion_and_only_where_it_says(alex: Person) -> None:
    _ask(alex, merge=True)

    with pytest.raises(RefusedError, match="It leaks the training data"):
        alex.promote("iris@1.1.0", "production")
    assert alex.promote("iris@1.1.0", "staging").branch == "promote/staging/iris/1.1.0"


def test_asked_twice_nothing_changes(alex: Person) -> None:
    first = _ask(alex, merge=True)
    again = _ask(alex, merge=True)

    assert first.outcome is StatusOutcome.DONE
    assert again.outcome is StatusOutcome.UNCHANGED
    assert alex.hub().refresh() == first.commit


@pytest.mark.slow
def test_where_registrations_are_direct_a_status_is(tmp_path: Path) -> None:
    settings = Settings(registration=Registration.DIRECT)
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=settings))

    assert _ask(scene.person("alex")).outcome is StatusOutcome.DONE


@pytest.mark.slow
def test_a_version_that_is_live_is_named_with_where(alex: Person) -> None:
    done = _ask(alex, StatusRequest("iris@staging", State.QUARANTINED, "bad"), merge=True)

    assert (done.ref, done.live_in) == ("iris@2.0.0", ("staging",))
    assert alex.hub().registry().pointers("iris")["staging"].version == "2.0.0"


def test_a_live_version_is_not_archived(alex: Person) -> None:
    with pytest.raises(FindingsError, match="live in staging"):
        _ask(alex, StatusRequest("iris@2.0.0", State.ARCHIVED, "old"), merge=True)


def test_a_status_is_lifted_and_there_must_be_one(alex: Person) -> None:
    lift = StatusRequest("iris@1.1.0", None, "A false alarm")
    with pytest.raises(RefusedError, match="no status"):
        _ask(alex, lift)
    _ask(alex, merge=True)

    assert _ask(alex, lift, merge=True).outcome is StatusOutcome.DONE
    assert alex.hub().registry().status("iris", "1.1.0") is None
    assert alex.promote("iris@1.1.0", "production").branch == "promote/production/iris/1.1.0"


def test_a_dry_run_writes_nothing(scene: Scene, alex: Person) -> None:
    assert _ask(alex, dry_run=True).outcome is StatusOutcome.WOULD_DO
    assert _ask(alex, dry_run=True).outcome is StatusOutcome.WOULD_DO


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (StatusRequest("iris@9.9.9", State.DEPRECATED, "old"), NotFoundError),
        (StatusRequest("iris@1.1.0", State.DEPRECATED, "old", expires="tomorrow"), UsageError),
        (StatusRequest("iris@1.1.0", State.DEPRECATED, "old", environments=("No Such",)), UsageError),
        (StatusRequest("iris@1.1.0", State.DEPRECATED, " "), UsageError),
    ],
)
def test_what_makes_no_sense_is_refused(
    alex: Person, request_: StatusRequest, error: type[Exception]
) -> None:
    with pytest.raises(error):
        _ask(alex, request_)
