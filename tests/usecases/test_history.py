"""Histories are main's own, in main's order; a shallow clone refuses to guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring import wiring
from mooring.cli.history import seconds_at
from mooring.domain.events import EventKind
from mooring.errors import NotFoundError, UnavailableError, UsageError
from mooring.usecases.events import events_in
from mooring.usecases.history import history_of, live_at
from mooring.usecases.show import show_model
from tests.support.gitrepo import FIRST_SECOND, commit, git
from tests.support.living import Living, living

if TYPE_CHECKING:
    from pathlib import Path

    from mooring.stores.hub import Hub


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    made = living(tmp_path_factory.mktemp("history"))
    made.publish()
    return made


@pytest.fixture(scope="module")
def hub(registry: Living) -> Hub:
    return wiring.open_hub(registry.path)


def kinds(hub: Hub, model: str, **options: object) -> list[tuple[str, str | None, str | None]]:
    found = history_of(hub, hub.tip(), model, **options)  # type: ignore[arg-type]
    return [(str(event.kind), event.environment, event.version) for event in found.events]


def test_a_history_is_newest_first_and_whole(hub: Hub) -> None:
    assert kinds(hub, "iris") == [
        ("quarantined", None, "1.1.0"),
        ("registered", None, "2.0.0"),
        ("rolled-back", "production", "1.0.0"),
        ("promoted", "production", "1.1.0"),
        ("promoted", "staging", "1.1.0"),
        ("registered", None, "1.1.0"),
        ("promoted", "production", "1.0.0"),
        ("promoted", "staging", "1.0.0"),
        ("registered", None, "1.0.0"),
        ("model-added", None, None),
    ]


def test_commits_of_one_second_stay_in_the_order_of_main(tmp_path: Path) -> None:
    made = living(tmp_path)
    for number in range(3):
        made.builder.about("churn").promote(
            "0.1.0", to="production" if number % 2 else "staging", reason=f"{number}"
        )
        git(made.path, "switch", "--quiet", "main")
        commit(made.path, dict(made.builder.files), f"At once {number}", minute=50)
    found = history_of(hub := wiring.open_hub(made.path), hub.tip(), "churn", limit=3)

    assert [event.moment.subject for event in found.events] == ["At once 2", "At once 1", "At once 0"]


def test_a_limit_counts_what_it_leaves_out(hub: Hub) -> None:
    found = history_of(hub, hub.tip(), "iris", limit=2)

    assert (len(found.events), found.total) == (2, 10)


@given(minute=st.integers(-1, 13), seconds=st.integers(0, 59))
def test_what_was_live_at_a_time_is_what_that_commit_says(
    hub: Hub, registry: Living, minute: int, seconds: int
) -> None:
    live = dict(live_at(hub, hub.tip(), "iris", FIRST_SECOND + 60 * minute + seconds).live)
    at = min(minute, len(registry.commits) - 1)
    expected = (
        {name: p.version for name, p in show_model(hub.registry(registry.commits[at]), "iris").live.items()}
        if at >= 1
        else {}
    )

    assert {name: event.version for name, event in live.items() if event is not None} == expected


def test_events_of_a_range_are_those_of_its_commits(hub: Hub, registry: Living) -> None:
    found = events_in(hub, f"{registry.commits[5]}..{registry.commits[9]}")

    assert [(str(event.kind), event.moment.commit) for event in found.events] == [
        ("promoted", registry.commits[6]),
        ("rolled-back", registry.commits[7]),
        ("registered", registry.commits[8]),
        ("quarantined", registry.commits[9]),
    ]


def test_events_from_nothing_begin_at_the_root(hub: Hub, registry: Living) -> None:
    found = events_in(hub, f"{'0' * 40}..{registry.commits[1]}")

    assert sorted(event.kind for event in found.events) == sorted(
        [
            EventKind.SETTINGS_CHANGED,
            EventKind.POLICY_CHANGED,
            EventKind.POLICY_CHANGED,
            EventKind.MODEL_ADDED,
            EventKind.REGISTERED,
        ]
    )
    assert found.base is None


def test_all_events_of_main_agree_with_the_histories_of_the_models(hub: Hub, registry: Living) -> None:
    told = events_in(hub, f"{'0' * 40}..{hub.tip()}")
    for model in ("iris", "churn"):
        ours = [event for event in told.events if event.model == model]

        assert {(e.kind, e.path, e.moment.commit) for e in ours} == {
            (e.kind, e.path, e.moment.commit) for e in history_of(hub, hub.tip(), model).events
        }


@pytest.mark.parametrize("span", ["HEAD", "..HEAD", "a...b", ""])
def test_what_is_no_range_is_refused(hub: Hub, span: str) -> None:
    with pytest.raises(UsageError):
        events_in(hub, span)


def test_an_unknown_commit_is_not_found(hub: Hub) -> None:
    with pytest.raises(NotFoundError):
        events_in(hub, f"{'1' * 40}..HEAD")


def test_a_model_that_never_was_is_not_found(hub: Hub) -> None:
    with pytest.raises(NotFoundError):
        history_of(hub, hub.tip(), "nobody")
    with pytest.raises(NotFoundError):
        live_at(hub, hub.tip(), "nobody", FIRST_SECOND)


def test_a_shallow_clone_never_guesses(registry: Living, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{registry.path.parent / 'remote.git'}", "shallow")
    hub = wiring.open_hub(tmp_path / "shallow")
    for ask in (
        lambda: history_of(hub, hub.tip(), "iris"),
        lambda: live_at(hub, hub.tip(), "iris", FIRST_SECOND),
        lambda: events_in(hub, "HEAD~1..HEAD"),
        lambda: events_in(hub, f"{registry.commits[2]}..HEAD"),
    ):
        with pytest.raises(UnavailableError) as refused:
            ask()

        assert "git fetch --unshallow" in (refused.value.hint or "")
        assert "fetch-depth: 0" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-02", 1_767_398_399),
        ("2026-01-02T03:04:05Z", 1_767_323_045),
        ("2026-01-02T03:04:05", 1_767_323_045),
        ("2026-01-02T05:04:05+02:00", 1_767_323_045),
    ],
)
def test_a_time_is_utc_and_a_date_is_its_end(text: str, seconds: int) -> None:
    assert seconds_at(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "9999-12-31T23:59:59-23:59x"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        seconds_at(text)
