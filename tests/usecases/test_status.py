"""What is live, since when, what a rollback holds and what waits; and how two versions differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain import layout
from mooring.domain.compatibility import Bump
from mooring.domain.environment import Policy, Settings
from mooring.domain.freeze import Freeze
from mooring.domain.model import Direction, MetricSpec, Model
from mooring.domain.registry import Registry
from mooring.errors import NotFoundError, UsageError
from mooring.render.status_page import Frozen
from mooring.render.wording import age, size
from mooring.usecases.diff import diff
from mooring.usecases.status import status_of
from tests.support.builder import promotion_id
from tests.support.gitrepo import FIRST_SECOND, git
from tests.support.living import Living, living

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def registry(tmp_path: Path) -> Living:
    made = living(tmp_path)
    made.publish()
    return made


@pytest.mark.slow
def test_a_status_says_what_is_live_since_when_and_what_is_held(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    found = status_of(hub, hub.tip())

    assert [
        (one.model, one.environment, one.version, one.since, one.event, one.held) for one in found.pointers
    ] == [
        ("churn", "staging", "0.1.0", FIRST_SECOND + 11 * 60, "promoted", None),
        ("iris", "staging", "1.1.0", FIRST_SECOND + 5 * 60, "promoted", None),
        ("iris", "production", "1.0.0", FIRST_SECOND + 7 * 60, "rolled-back", promotion_id(4)),
    ]
    assert found.pointers[2].requested_by == "Sam Rivera <sam.rivera@example.com>"


@pytest.mark.slow
def test_a_withdrawal_and_a_quarantine_are_told(registry: Living) -> None:
    b = registry.builder.about("iris").promote("1.1.0", to="production").about("churn")
    registry.record("Promote", b)
    registry.record("Withdraw", b.withdraw(environment="staging", reason="Nobody asks"))
    hub = wiring.open_hub(registry.path)
    found = {(one.model, one.environment): one for one in status_of(hub, registry.commits[-1]).pointers}

    assert found["churn", "staging"].version is None
    assert found["churn", "staging"].event == "withdrawn"
    assert [one.is_quarantined for one in found.values()] == [False, False, True]
    assert found["iris", "production"].notes == ("quarantined: Fails on empty input",)


def test_what_waits_for_a_pointer_is_told_with_it_and_only_with_it(registry: Living) -> None:
    branch = "promote/staging/iris/2.0.0"
    git(registry.path, "switch", "--quiet", "--create", branch)
    registry.record("Promote", registry.builder.copy().about("iris").promote("2.0.0", to="staging"))
    git(registry.path, "push", "--quiet", "origin", "HEAD")
    git(registry.path, "switch", "--quiet", "main")
    hub = wiring.open_hub(registry.path)
    found = {(one.model, one.environment): one.pending for one in status_of(hub, hub.tip()).pointers}

    assert found == {
        ("churn", "staging"): (),
        ("iris", "staging"): (branch,),
        ("iris", "production"): (),
    }


def held(registry: Living) -> str | None:
    pointers = status_of(wiring.open_hub(registry.path), registry.commits[-1]).pointers
    (found,) = (one for one in pointers if (one.model, one.environment) == ("iris", "production"))
    return found.held_version


@pytest.mark.slow
def test_what_a_rollback_took_holds_the_pointer_until_a_person_promotes(registry: Living) -> None:
    robot = "Robot <robot@example.com>"
    registry.record("Name the robot", registry.builder.settings(Settings(automation=("robot@example.com",))))
    seen = [held(registry)]
    b = registry.builder.about("iris")
    registry.record("Promote", b.promote("2.0.0", to="production", requested_by=robot))
    seen.append(held(registry))
    registry.record("Promote", b.promote("1.0.0", to="production"))
    seen.append(held(registry))

    assert seen == ["1.1.0", "1.1.0", None]


def test_a_freeze_is_told_with_its_environment_until_it_ends(registry: Living) -> None:
    freeze = Freeze.model_validate(
        {"name": "Fair", "from": "2026-01-03T00:00:00Z", "to": "2026-01-04T00:00:00Z", "reason": "Sales"}
    )
    policy = Policy(name="production", promotes_from=("staging",), freeze=(freeze,))
    registry.builder.write(layout.policy_path("production"), codec.encode(policy))
    registry.record("Freeze")
    hub = wiring.open_hub(registry.path)
    end = 1_767_484_800
    inside, after = (status_of(hub, registry.commits[-1], now=now) for now in (end - 60, end))

    assert inside.frozen == (Frozen("production", end, ("Fair: Sales",)),)
    assert [one.frozen is not None for one in inside.pointers] == [False, False, True]
    assert after.frozen == ()


@pytest.mark.slow
def test_a_shallow_clone_says_what_is_live_and_not_since_when(registry: Living, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{registry.path.parent / 'remote.git'}", "shallow")
    hub = wiring.open_hub(tmp_path / "shallow")
    found = status_of(hub, hub.tip()).pointers

    assert [one.version for one in found] == ["0.1.0", "1.1.0", "1.0.0"]
    assert {one.since for one in found} == {None}


@pytest.mark.slow
def test_how_far_the_local_main_is_behind_is_told(registry: Living) -> None:
    git(registry.path, "switch", "--quiet", "--detach")
    git(registry.path, "branch", "--force", "main", "HEAD~3")
    hub = wiring.open_hub(registry.path)
    found = status_of(hub, hub.tip())

    assert (found.behind, found.ahead) == (3, 0)


@pytest.mark.slow
def test_when_the_remote_was_last_asked_is_known_after_asking(registry: Living) -> None:
    for mark in (registry.path / ".git" / "FETCH_HEAD",):
        mark.unlink(missing_ok=True)
    hub = wiring.open_hub(registry.path)
    assert status_of(hub, hub.tip()).fetched is None
    hub.fetch()
    assert status_of(hub, hub.tip()).fetched is not None


@pytest.mark.slow
def test_a_difference_of_interfaces_says_which_step_it_requires(registry: Living) -> None:
    made = wiring.open_hub(registry.path).registry()
    major, minor = diff(made, "iris@1.0.0", "2.0.0"), diff(made, "iris@production", "iris@staging")

    assert (major.step, major.interface.required, major.is_sufficient) == (Bump.MAJOR, Bump.MAJOR, True)
    assert (minor.step, minor.interface.required) == (Bump.MINOR, Bump.PATCH)
    assert {(one.section, one.name, one.before, one.after) for one in minor.differences} >= {
        ("metrics", "accuracy", 0.95, 0.97),
        ("hyperparameters", "max_depth", None, 10),
    }


def test_a_metric_is_better_in_the_direction_that_its_model_declares(registry: Living) -> None:
    model = Model(
        name="iris",
        metrics={
            "accuracy": MetricSpec(direction=Direction.HIGHER),
            "latency_ms": MetricSpec(direction=Direction.LOWER),
        },
    )
    registry.builder.write("registry/iris/model.yaml", codec.encode(model))
    made = Registry(MemoryFiles(registry.builder.files))
    found = {one.name: (one.delta, one.better) for one in diff(made, "iris@1.0.0", "1.1.0").differences}

    assert found["accuracy"] == (0.02, True)
    assert found["latency_ms"] == (0.5, False)


@pytest.mark.slow
def test_a_difference_backwards_has_no_step(registry: Living) -> None:
    found = diff(wiring.open_hub(registry.path).registry(), "iris@2.0.0", "iris@1.0.0")

    assert (found.step, found.is_sufficient) == (None, None)


def test_what_is_not_there_cannot_be_compared(registry: Living) -> None:
    made = wiring.open_hub(registry.path).registry()
    with pytest.raises(NotFoundError):
        diff(made, "iris@1.0.0", "9.9.9")
    with pytest.raises(UsageError):
        diff(made, "iris", "1.0.0")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (90_061, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_an_age_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert age(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 2**30, "5.0 GiB")]
)
def test_a_size_is_said_in_the_unit_that_fits(count: int, words: str) -> None:
    assert size(count) == words
