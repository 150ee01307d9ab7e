"""Freezes: on exactly in their windows, by the clocks of their place, and open when none is on any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mooring.domain.freeze import Freeze
from mooring.domain.verdict import GateState, Verdict
from mooring.gates import freeze as gate
from mooring.gates.gate import Evidence, Undoing

BERLIN = "Europe/Berlin"
WEEKEND = "FREQ=WEEKLY;BYDAY=FR;BYHOUR=17"


def recurring(rrule: str, lasts: str, zone: str | None = BERLIN, **more: str) -> Freeze:
    named = {"name": "weekend", "rrule": rrule, "for": lasts, "reason": "nobody is here"}
    return Freeze.model_validate(named | ({"timezone": zone} if zone else {}) | more)


def once(begin: str, end: str, name: str = "sale") -> Freeze:
    return Freeze.model_validate({"name": name, "from": begin, "to": end, "reason": "peak"})


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def judged(now: int, *freezes: Freeze, undoing: Undoing = Undoing.NO) -> list[Verdict]:
    return list(gate.assess(freezes, Evidence("production", "iris", None, None, "Alex", undoing), now))


def is_on(now: int, *freezes: Freeze) -> bool:
    return [one.state for one in judged(now, *freezes)] != [GateState.PASS]


def test_a_weekend_is_frozen_by_the_clocks_of_its_place() -> None:
    weekend = recurring(WEEKEND, "62h")

    # Friday 17:00 in Berlin is 16:00 UTC in January and 15:00 UTC in July.
    for friday, monday in (
        ("2026-01-09T16:00:00+00:00", "2026-01-12T06:00:00+00:00"),
        ("2026-07-10T15:00:00+00:00", "2026-07-13T05:00:00+00:00"),
    ):
        assert [is_on(at(friday) + shift, weekend) for shift in (-1, 0)] == [False, True]
        assert [is_on(at(monday) + shift, weekend) for shift in (-1, 0)] == [True, False]
        (verdict,) = judged(at(friday), weekend)
        assert (verdict.state, verdict.observed, verdict.ready_at) == (
            GateState.PENDING,
            "weekend",
            at(monday),
        )
        assert "nobody is here" in verdict.reason


@pytest.mark.parametrize(
    ("lasts", "end"),
    [
        # Clocks go from 2:00 to 3:00 on Sunday, 29 March 2026: that day has 23 hours.
        ("2d", "2026-03-29T22:00:00+00:00"),
        ("48h", "2026-03-29T23:00:00+00:00"),
        ("1d24h", "2026-03-29T23:00:00+00:00"),
    ],
)
def test_a_day_is_one_of_the_calendar_and_an_hour_is_always_one(lasts: str, end: str) -> None:
    weekend = recurring("FREQ=WEEKLY;BYDAY=SA", lasts)
    (window,) = weekend.windows(at("2026-03-28T12:00:00+00:00"), at("2026-03-28T12:00:00+00:00"))

    assert window == (at("2026-03-27T23:00:00+00:00"), at(end))


def test_a_time_that_clocks_skip_or_show_twice_is_the_one_of_rfc_5545() -> None:
    nightly = recurring("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "10m")

    # 02:30 does not exist on 29 March; by the offset before the change it is 03:30 summer time.
    assert is_on(at("2026-03-29T03:30:00+02:00"), nightly)
    assert not is_on(at("2026-03-29T01:30:00+01:00"), nightly)
    # 02:30 comes twice on 25 October; the first is meant.
    assert is_on(at("2026-10-25T02:30:00+02:00"), nightly)
    assert not is_on(at("2026-10-25T02:30:00+01:00"), nightly)


def test_a_leap_day_freezes_in_leap_years_only() -> None:
    leap = recurring("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "1d", None)

    assert is_on(at("2028-02-29T23:59:59+00:00"), leap)
    assert not is_on(at("2028-03-01T00:00:00+00:00"), leap)
    assert not is_on(at("2027-03-01T12:00:00+00:00"), leap)


def test_every_other_week_is_counted_from_the_first_time_and_none_begins_from_its_end_on() -> None:
    other = recurring(
        "FREQ=WEEKLY;INTERVAL=2",
        "24h",
        None,
        **{"from": "2026-01-02T17:00:30Z", "to": "2026-01-30T17:00:00Z"},
    )

    friday = at("2026-01-02T17:00:00+00:00")
    week = 7 * 86_400
    assert [is_on(friday + number * week, other) for number in range(-2, 6)] == [
        False, False, True, False, True, False, False, False
    ]  # fmt: skip


def test_what_opens_is_the_environment_and_not_one_freeze() -> None:
    first = once("2026-01-02T12:00:00Z", "2026-01-03T00:00:00Z", "first")
    second = once("2026-01-02T23:00:00Z", "2026-01-05T00:00:00Z", "second")
    third = once("2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", "third")
    later = once("2026-01-07T00:00:00Z", "2026-01-08T00:00:00Z", "later")
    (verdict,) = judged(at("2026-01-02T13:00:00+00:00"), first, second, third, later)

    assert (verdict.observed, verdict.ready_at) == ("first", at("2026-01-06T00:00:00+00:00"))
    both = judged(at("2026-01-02T23:30:00+00:00"), first, second, third, later)
    assert [one.observed for one in both] == ["first", "second"]


def test_a_freeze_that_never_opens_says_so() -> None:
    (verdict,) = judged(at("2026-01-02T13:00:00+00:00"), recurring("FREQ=DAILY", "1d"))

    assert (verdict.state, verdict.ready_at) == (GateState.PENDING, None)
    assert "for more than a year to come" in verdict.reason


def test_a_rollback_passes_whatever_is_frozen() -> None:
    always = recurring("FREQ=DAILY", "1d")

    for undoing in (Undoing.PREVIOUS, Undoing.OLDER):
        (verdict,) = judged(at("2026-01-02T13:00:00+00:00"), always, undoing=undoing)
        assert verdict.state is GateState.PASS


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"from": "2026-01-02T00:00:00Z"}, "has from and to, or rrule and for"),
        ({"rrule": "FREQ=DAILY"}, "says with for how long"),
        ({"rrule": "FREQ=DAILY", "for": "0s"}, "more than nothing"),
        ({"rrule": "FREQ=DAILY", "for": "367d"}, "at most 366d"),
        ({"rrule": "FREQ=WEEKLY", "for": "1d"}, "needs from"),
        ({"rrule": "FREQ=DAILY;INTERVAL=2", "for": "1d"}, "needs from"),
        ({"rrule": "FREQ=SECONDLY", "for": "1s"}, "nothing comes more often"),
        ({"rrule": "FREQ=DAILY", "for": "1d", "timezone": "Europe/Berln"}, "no time zone"),
        ({"rrule": "FREQ=DAILY", "for": "1d", "timezone": "../UTC"}, "no time zone"),
        ({"rrule": "FREQ=DAILY", "for": "1d", "timezone": "localtime"}, "no time zone"),
        ({"rrule": "FREQ=DAILY", "for": "1d", "timezone": "Europe"}, "no time zone"),
        ({"rrule": "FREQ=DAILY", "for": "1d", "from": "0001-01-01T00:00:00Z"}, "1971 to 8999"),
        ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z", "timezone": "UTC"}, "belong to rrule"),
        ({"from": "2026-01-03T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "must end after it begins"),
    ],
)  # fmt: skip
def test_a_freeze_that_would_never_be_on_or_always_is_refused(fields: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Freeze.model_validate({"name": "n", "reason": "r"} | fields)


@given(
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    hours=st.integers(1, 200),
    zone=st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
    now=st.integers(at("2026-01-01T00:00:00+00:00"), at("2027-12-31T00:00:00+00:00")),
)
def test_a_promotion_is_pending_exactly_inside_a_window(
    weekday: int, hour: int, hours: int, zone: str, now: int
) -> None:
    name = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[weekday]
    weekly = recurring(f"FREQ=WEEKLY;BYDAY={name};BYHOUR={hour}", f"{hours}h", zone)
    # Walk back, day by day, over the calendar of the place.
    today = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
    begins = [
        datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
        .replace(hour=hour)
        .astimezone(UTC)
        .timestamp()
        for day in (today - timedelta(days=back) for back in range(-1, 12))
        if day.weekday() == weekday
    ]
    inside = [begin for begin in begins if begin <= now < begin + hours * 3_600]

    assert is_on(now, weekly) == bool(inside)
    if inside:
        ready = judged(now, weekly)[0].ready_at
        assert ready is None or (ready > now and not is_on(ready, weekly) and is_on(ready - 1, weekly))
