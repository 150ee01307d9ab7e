"""Folding main's first-parent history gives the state at its tip, however it is folded: afresh or bit by bit."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.events import EventKind, PointerHistory
from mooring.stores.cache import Cache
from mooring.stores.git.repository import Repository
from mooring.stores.history import GitHistory
from tests.laws.lines import DEEDS, PATHS, SPOTS, STORIES, Deed, Line, Story, Way, examples, start, tell
from tests.support.builder import promotion_id
from tests.support.gitrepo import blob_id, git, make_repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    path = make_repository(tmp_path_factory.mktemp("lines") / "bare.git", bare=True)
    with Repository.open(path, environ=dict(os.environ)) as opened:
        yield opened


def _blobs(line: Line, path: str) -> list[str | None]:
    return [None if data is None else blob_id(data) for data in line.states_of(path)]


def _told_afresh(line: Line, path: str) -> tuple[list[tuple[str, str | None]], list[EventKind | None]]:
    """What a plain walk over the whole states finds: commits and blobs, and the kinds that blobs alone tell."""
    changes: list[tuple[str, str | None]] = []
    kinds: list[EventKind | None] = []
    seen: list[str] = []
    undone: set[str] = set()
    rolled_back = False
    before: dict[str, str | None] = {}
    for (_, old), (place, new) in pairwise(zip(line.main, _blobs(line, path), strict=True)):
        if old == new:
            continue
        if new is None:
            first = old is not None and before[old] is None and not rolled_back
            kind: EventKind | None = EventKind.ROLLED_BACK if first else EventKind.REMOVED
        elif new in undone:
            kind = EventKind.REVERTED_ROLLBACK
        else:
            kind = EventKind.ROLLED_BACK if new in seen else None
        if kind is EventKind.ROLLED_BACK and old is not None:
            undone.add(old)
        if new is not None and new not in seen:
            seen.append(new)
            before[new] = old
        rolled_back = kind is EventKind.ROLLED_BACK
        changes.append((line.ids[place], new))
        kinds.append(kind)
    return changes, kinds


@examples(30)
@given(story=STORIES)
def test_the_fold_of_all_events_is_the_state_at_the_tip(repository: Repository, story: Story) -> None:
    line = tell(start(), story).plant(repository.path)
    past = GitHistory(repository, line.tip, Cache(None))
    for (environment, model), path in zip(SPOTS, PATHS, strict=True):
        history = past.of(environment, model)
        changes, kinds = _told_afresh(line, path)

        assert history.blob == _blobs(line, path)[-1]
        assert [(event.moment.commit, event.blob) for event in history.events] == changes
        told = [
            event.kind if kind is not None else None
            for event, kind in zip(history.events, kinds, strict=True)
        ]
        assert told == kinds
        new = {event.kind for event, kind in zip(history.events, kinds, strict=True) if kind is None}
        assert new <= {EventKind.PROMOTED, EventKind.WITHDRAWN}
        assert all(history.pointers[blob].promotion for blob in filter(None, _blobs(line, path)))


@examples(15)
@given(story=STORIES)
def test_events_are_in_the_order_of_main_and_their_times_never_fall(
    repository: Repository, story: Story
) -> None:
    line = tell(start(), story).plant(repository.path)
    past = GitHistory(repository, line.tip, Cache(None))
    order = [line.ids[place] for place in line.main]
    for spot in SPOTS:
        events = past.of(*spot).events
        places = [order.index(event.moment.commit) for event in events]
        times = [event.moment.time for event in events]

        assert places == sorted(places)
        assert times == [max(line.commits[at].time for at in line.main[: place + 1]) for place in places]
        for time in {*times, *(commit.time for commit in line.commits)}:
            then = [event for event in events if event.moment.time <= time]
            assert past.of(*spot).live_at(time) == (then[-1] if then else None)


class Meddling(StrEnum):
    """What happens to a cache file between two readings."""

    NOTHING = "nothing"
    DELETED = "deleted"
    GARBAGE = "garbage"
    CUT_SHORT = "cut short"
    SPOILED = "spoiled inside"
    OTHER_GENERATION = "another generation"


def _meddle(file: Path, how: Meddling) -> None:
    if how is Meddling.NOTHING or not file.exists():
        return
    data = file.read_bytes()
    if how is Meddling.DELETED:
        file.unlink()
    elif how is Meddling.GARBAGE:
        file.write_bytes(b"not a database, whatever it is called\n" * 40)
    elif how is Meddling.CUT_SHORT:
        file.write_bytes(data[: len(data) // 2])
    elif how is Meddling.SPOILED:
        file.write_bytes(data[:100] + bytes(len(data) - 100))
    else:
        connection = sqlite3.connect(file)
        with contextlib.suppress(sqlite3.DatabaseError), connection:
            connection.execute("PRAGMA user_version = 999")
        connection.close()


MEDDLING = st.sampled_from([*Meddling, *[Meddling.NOTHING] * 5])


def _all(repository: Repository, tip: str, cache: Cache, used: Sequence[str]) -> list[object]:
    past = GitHistory(repository, tip, cache)
    found: list[object] = [past.of(*spot) for spot in SPOTS[:2]]
    return found + [past.promotion_owner(promotion) for promotion in used]


@pytest.mark.slow
@examples(20)
@given(
    story=st.lists(DEEDS, min_size=2, max_size=8),
    other=st.lists(DEEDS, min_size=1, max_size=4),
    fork=st.integers(1, 6),
    readings=st.lists(st.tuples(st.integers(0, 20), MEDDLING), min_size=2, max_size=5),
)
def test_a_fold_through_the_cache_is_the_fold_from_scratch(
    repository: Repository, story: Story, other: Story, fork: int, readings: list[tuple[int, Meddling]]
) -> None:
    one = tell(start(), story).plant(repository.path)
    rewritten = tell(one.fork(fork), other).plant(repository.path)
    # Newer tips, older tips, and those of a main that was rewritten, in any order.
    tips = [line.ids[place] for line in (one, rewritten) for place in line.main]
    used = [promotion_id(number) for number in (1, 2, one.promotions, rewritten.promotions)]
    with tempfile.TemporaryDirectory() as folder:
        for pick, meddling in readings:
            tip, file = tips[pick % len(tips)], Path(folder) / "mooring" / "cache.sqlite3"
            _meddle(file, meddling)
            cache = Cache.in_git_directory(Path(folder))
            cached = _all(repository, tip, cache, used)
            cache.close()

            assert cached == _all(repository, tip, Cache(None), used)


def test_the_cache_goes_on_when_a_rewritten_main_was_pruned_away(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "bare.git", bare=True)
    story = [(Deed.PROMOTE, SPOTS[0], number, Way.SQUASH, 0, 0) for number in range(3)]
    trunk = tell(start(), story[:1])
    old = tell(trunk.fork(2), story).plant(path)
    new = trunk.fork(2)
    new.promotions += 7
    cache = Cache.in_git_directory(path)
    with Repository.open(path, environ=dict(os.environ)) as repository:
        _all(repository, old.tip, cache, [promotion_id(1)])
    for ref in git(path, "for-each-ref", "--format=%(refname)").splitlines():
        git(path, "update-ref", "-d", ref)
    new = tell(new, story[1:]).plant(path)
    git(path, "gc", "--quiet", "--prune=now")
    with Repository.open(path, environ=dict(os.environ)) as repository:
        assert not repository.has_object(old.tip)

        used = [promotion_id(number) for number in (1, 509, 510)]
        assert _all(repository, new.tip, cache, used) == _all(repository, new.tip, Cache(None), used)
    cache.close()


def test_the_second_reading_of_a_tip_walks_no_history(tmp_path: Path) -> None:
    path = make_repository(tmp_path / "bare.git", bare=True)
    line = tell(start(), [(Deed.PROMOTE, SPOTS[0], number, Way.MERGE, 0, 0) for number in range(3)]).plant(
        path
    )
    cache = Cache.in_git_directory(path)
    with Repository.open(path, environ=dict(os.environ)) as repository:
        first: PointerHistory = GitHistory(repository, line.tip, cache).of(*SPOTS[0])
        for found in (path / "objects" / "pack").glob("*"):
            found.unlink()
        again = GitHistory(repository, line.tip, cache).of(*SPOTS[0])
    cache.close()

    assert again == first
