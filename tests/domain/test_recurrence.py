"""Recurrence rules name the days that RFC 5545 says; python-dateutil, left to itself, is the oracle."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from datetime import time as clock
from itertools import takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.recurrence import beginnings, parse

ANCHOR = datetime.fromisoformat("2023-03-31T17:30:00")


def days_of(text: str, first: date, last: date, since: datetime | None = None) -> list[datetime]:
    return list(beginnings(parse(text), since=since, first=first, last=last))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules that name some day every few years: the oracle looks for the next one however far away it is."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    elif draw(st.booleans()):
        months = draw(st.sets(st.integers(1, 12), min_size=1, max_size=3))
        parts.append(f"BYMONTH={','.join(map(str, months))}")
    day = draw(st.sampled_from(["none", "week", "month"]))
    if day == "week":
        names = draw(st.sets(st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"]), min_size=1))
        counts = frequency in ("MONTHLY", "YEARLY")
        nth = draw(st.sampled_from(["", "", "1", "-1", "5"])) if counts else ""
        parts.append(f"BYDAY={','.join(nth + name for name in sorted(names))}")
    if day == "month" and frequency != "WEEKLY":
        parts.append(f"BYMONTHDAY={draw(st.sampled_from(['1', '13', '28', '-1', '-2', '5,-5']))}")
    if draw(st.booleans()):
        parts.append(f"BYHOUR={draw(st.integers(0, 23))};BYMINUTE={draw(st.integers(0, 59))}")
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(['MO', 'SU']))}")
    return ";".join(parts)


@given(rules(), st.integers(0, 500))
def test_a_rule_begins_when_dateutil_says_so(text: str, after: int) -> None:
    first = ANCHOR.date() + timedelta(days=after)
    last = first + timedelta(days=200)
    low, high = datetime.combine(first, clock.min), datetime.combine(last, clock.max)
    oracle = takewhile(lambda one: one <= high, rrulestr(text, dtstart=ANCHOR).xafter(low, inc=True))

    assert [one for one in days_of(text, first, last, ANCHOR) if one >= ANCHOR] == list(oracle)


@pytest.mark.parametrize(
    ("text", "first", "last", "expected"),
    [
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            date(2023, 1, 1),
            date(2029, 1, 1),
            ["2024-02-29", "2028-02-29"],
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", date(2024, 2, 1), date(2024, 3, 31), ["2024-02-29", "2024-03-31"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", date(2026, 1, 1), date(2026, 2, 28), ["2026-01-30", "2026-02-27"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", date(2026, 1, 1), date(2026, 2, 1), ["2026-01-30"]),
        (
            "FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH",
            date(2020, 1, 1),
            date(2026, 12, 31),
            ["2020-12-31", "2026-12-31"],
        ),
        ("FREQ=YEARLY;BYYEARDAY=-1", date(2024, 1, 1), date(2024, 12, 31), ["2024-12-31"]),
        ("FREQ=DAILY;BYMONTH=12", date(2026, 12, 30), date(2027, 2, 1), ["2026-12-30", "2026-12-31"]),
    ],
)
def test_leap_days_last_days_and_weeks_come_when_they_should(
    text: str, first: date, last: date, expected: list[str]
) -> None:
    assert [f"{one:%Y-%m-%d}" for one in days_of(text, first, last)] == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("FREQ=SECONDLY", "nothing comes more often"),
        ("FREQ=HOURLY", "nothing comes more often"),
        ("INTERVAL=2;FREQ=DAILY", "begins with FREQ"),
        ("FREQ=DAILY;COUNT=3", "with 'to'"),
        ("FREQ=DAILY;UNTIL=20260101T000000Z", "with 'to'"),
        ("FREQ=DAILY;BYSECOND=1", "BYSECOND"),
        ("FREQ=DAILY;BYHOUR=1,2", "one number"),
        ("FREQ=DAILY;BYHOUR=24", "0 to 23"),
        ("FREQ=DAILY;BYMONTHDAY=0", "without 0"),
        ("FREQ=DAILY;INTERVAL=0", "1 to 1000"),
        ("FREQ=DAILY;INTERVAL=1;INTERVAL=2", "twice"),
        ("FREQ=DAILY;BYEASTER=0", "no part"),
        ("FREQ=DAILY;BYDAY=1MO", "count days"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "no BYMONTHDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=1;BYDAY=MO", "only a YEARLY rule"),
        ("FREQ=YEARLY;BYWEEKNO=1", "needs BYDAY"),
        ("FREQ=WEEKLY;BYDAY=FR;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=XX", "no day"),
        ("FREQ=MONTHLY;BYDAY=54MO", "names no week"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30,31", "no such day ever comes"),
        ("FREQ=DAILY;BYHOUR=٣", "no list of numbers"),
        ("FREQ", "no NAME=VALUE"),
        ("", "no NAME=VALUE"),
    ],
)
def test_a_rule_that_comes_too_often_or_never_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(text)


def test_a_rule_that_names_hardly_any_day_costs_no_more_than_the_window_that_is_asked_for() -> None:
    """python-dateutil itself would walk the days up to the year 9999: seconds, for each look at the clock."""
    hostile = "FREQ=DAILY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"
    began = time.process_time()

    assert days_of(hostile, date(2026, 1, 1), date(2027, 12, 31), ANCHOR) == []
    assert time.process_time() - began < 0.5
