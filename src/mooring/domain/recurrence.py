"""Recurrence rules of RFC 5545, as far as a calendar of freezes needs them: at most one beginning a day.

python-dateutil works out which days a rule names, one month or year at a time. It would otherwise walk from the first
time to the one that is asked for, and a rule that names no day at all up to the year 9999.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"(?P<nth>[+-]?[0-9]{1,2})?(?P<day>MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,4}", re.ASCII)
# Below and above what each part may name; a negative number counts from the end.
_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "INTERVAL": (1, 1_000),
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (-31, 31),
    "BYYEARDAY": (-366, 366),
    "BYWEEKNO": (-53, 53),
    "BYSETPOS": (-366, 366),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
}
_SINGLE: Final = frozenset({"INTERVAL", "BYHOUR", "BYMINUTE"})
_REFUSED: Final[Mapping[str, str]] = {
    "COUNT": "COUNT is not taken; say with 'to' when the last one begins",
    "UNTIL": "UNTIL is not taken; say with 'to' when the last one begins",
    "BYSECOND": "BYSECOND is not taken; a freeze begins on the minute",
}
_LONGEST_MONTH: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Steps over the whole calendar: the rule ends after its first period.
_ONE_YEAR: Final = 10_000
_ONE_MONTH: Final = 12 * _ONE_YEAR


class Frequency(StrEnum):
    """How often a rule can come; nothing comes more than once a day, so that to look it up costs little."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """A recurrence rule as read. `days` are weekdays (Monday is 0) and which of the period (None: each of them)."""

    frequency: Frequency
    numbers: Mapping[str, tuple[int, ...]]
    days: tuple[tuple[int, int | None], ...] = ()
    week_start: int = 0

    @property
    def interval(self) -> int:
        """Every how many days, weeks, months or years."""
        return self.numbers.get("INTERVAL", (1,))[0]

    @property
    def needs_a_first_time(self) -> bool:
        """Whether the rule leaves something to the first time it comes: which day, or which every-other week."""
        named = bool(self.days) or any(part in self.numbers for part in ("BYMONTHDAY", "BYYEARDAY"))
        return self.interval > 1 or (self.frequency is not Frequency.DAILY and not named)


def parse(text: str) -> Rule:
    """Read a rule such as `FREQ=WEEKLY;BYDAY=FR;BYHOUR=17`; raises ValueError with what is wrong."""
    parts: dict[str, str] = {}
    for word in text.split(";"):
        name, equals, value = word.partition("=")
        if not equals or not value:
            raise ValueError(f"{word!r} is no NAME=VALUE of a recurrence rule such as FREQ=WEEKLY;BYDAY=FR")
        if name in parts:
            raise ValueError(f"{name} is given twice")
        parts[name] = value
    if next(iter(parts)) != "FREQ" or parts["FREQ"] not in Frequency.__members__:
        raise ValueError("it begins with FREQ=DAILY, WEEKLY, MONTHLY or YEARLY: nothing comes more often")
    frequency = Frequency(parts.pop("FREQ"))
    days = tuple(_day(word) for word in parts.pop("BYDAY").split(",")) if "BYDAY" in parts else ()
    week_start = _week_start(parts.pop("WKST", "MO"))
    rule = Rule(frequency, {name: _numbers(name, value) for name, value in parts.items()}, days, week_start)
    if problem := _misfit(rule):
        raise ValueError(problem)
    return rule


def _numbers(name: str, value: str) -> tuple[int, ...]:
    if name in _REFUSED:
        raise ValueError(_REFUSED[name])
    if name not in _RANGES:
        raise ValueError(f"{name} is no part of a recurrence rule that a freeze can have")
    words = value.split(",")
    if len(words) > 366 or not all(_NUMBER.fullmatch(word) for word in words):
        raise ValueError(f"{name}={value} is no list of numbers")
    low, high = _RANGES[name]
    numbers = tuple(int(word) for word in words)
    if any(not low <= number <= high or (low < 0 and number == 0) for number in numbers):
        raise ValueError(f"{name} takes numbers from {low} to {high}{', without 0' if low < 0 else ''}")
    if name in _SINGLE and len(numbers) > 1:
        raise ValueError(f"{name} takes one number; write another freeze for another time")
    return numbers


def _day(word: str) -> tuple[int, int | None]:
    found = _DAY.fullmatch(word)
    if found is None:
        raise ValueError(f"{word!r} is no day such as FR, 1MO or -1FR")
    nth = int(found["nth"]) if found["nth"] is not None else None
    if nth is not None and not 1 <= abs(nth) <= 53:
        raise ValueError(f"{word!r} names no week: 1 to 53, or -1 to -53 from the end")
    return _DAYS.index(found["day"]), nth


def _week_start(word: str) -> int:
    if word not in _DAYS:
        raise ValueError(f"WKST={word} is no day: {', '.join(_DAYS)}")
    return _DAYS.index(word)


def _misfit(rule: Rule) -> str | None:
    """Why parts of a rule do not go together (RFC 5545, 3.3.10), or name no day at all."""
    frequency, given = rule.frequency, rule.numbers
    if frequency is not Frequency.YEARLY and not given.keys().isdisjoint({"BYYEARDAY", "BYWEEKNO"}):
        return "only a YEARLY rule has BYYEARDAY and BYWEEKNO"
    if "BYWEEKNO" in given and not rule.days:
        return "BYWEEKNO needs BYDAY"
    if frequency is Frequency.WEEKLY and "BYMONTHDAY" in given:
        return "a WEEKLY rule has no BYMONTHDAY"
    counted = any(nth is not None for _, nth in rule.days)
    if counted and (frequency in (Frequency.DAILY, Frequency.WEEKLY) or "BYWEEKNO" in given):
        return "only MONTHLY and YEARLY rules count days, as in 1MO, and not with BYWEEKNO"
    if "BYSETPOS" in given and (frequency in (Frequency.DAILY, Frequency.WEEKLY) or rule.needs_a_first_time):
        return "BYSETPOS chooses among the days of a MONTHLY or YEARLY rule that names some, without INTERVAL"
    months = given.get("BYMONTH", tuple(range(1, 13)))
    longest = max(_LONGEST_MONTH[month - 1] for month in months)
    if "BYMONTHDAY" in given and all(abs(day) > longest for day in given["BYMONTHDAY"]):
        return "no such day ever comes: BYMONTHDAY is beyond the end of every month in BYMONTH"
    return None


def beginnings(rule: Rule, *, since: datetime | None, first: date, last: date) -> Iterator[datetime]:
    """When the rule begins on the days from `first` to `last`, as clocks on the wall show it, in order.

    `since` is the first time it comes, on the same clocks: what the rule leaves open is taken from it.
    """
    anchor = since if since is not None else datetime.combine(date(1970, 1, 1), time())
    hour = rule.numbers.get("BYHOUR", (anchor.hour,))[0]
    minute = rule.numbers.get("BYMINUTE", (anchor.minute,))[0]
    at = time(hour, minute)
    for found in _named_days(rule, anchor.date(), first, last):
        if first <= found <= last and _in_turn(rule, anchor.date(), found):
            yield datetime.combine(found, at)


def _named_days(rule: Rule, anchor: date, first: date, last: date) -> Iterator[date]:
    if rule.frequency is Frequency.YEARLY:
        for year in range(first.year, last.year + 1):
            yield from (found.date() for found in _period(rule, anchor, date(year, 1, 1)))
        return
    for month in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        yield from (found.date() for found in _period(rule, anchor, date(month // 12, month % 12 + 1, 1)))


def _period(rule: Rule, anchor: date, start: date) -> rrule:
    """The days that the rule names in the year or month that begins with `start`."""
    from dateutil import rrule as dateutil

    yearly = rule.frequency is Frequency.YEARLY
    months, month_days = rule.numbers.get("BYMONTH"), rule.numbers.get("BYMONTHDAY")
    weekdays = [
        dateutil.weekdays[day] if nth is None else dateutil.weekdays[day](nth) for day, nth in rule.days
    ]
    if not rule.days and month_days is None and "BYYEARDAY" not in rule.numbers:
        match rule.frequency:
            case Frequency.DAILY:
                weekdays = list(dateutil.weekdays)
            case Frequency.WEEKLY:
                weekdays = [dateutil.weekdays[anchor.weekday()]]
            case Frequency.MONTHLY:
                month_days = (anchor.day,)
            case Frequency.YEARLY:
                months, month_days = months or (anchor.month,), (anchor.day,)
    return dateutil.rrule(
        dateutil.YEARLY if yearly else dateutil.MONTHLY,
        interval=_ONE_YEAR if yearly else _ONE_MONTH,
        dtstart=datetime.combine(start, time()),
        wkst=rule.week_start,
        bysetpos=rule.numbers.get("BYSETPOS"),
        bymonth=months,
        bymonthday=month_days,
        byyearday=rule.numbers.get("BYYEARDAY"),
        byweekno=rule.numbers.get("BYWEEKNO"),
        byweekday=weekdays or None,
        byhour=0,
        byminute=0,
        bysecond=0,
    )


def _in_turn(rule: Rule, anchor: date, day: date) -> bool:
    """Whether the period of `day` is one of every `interval`, counted from the one of `anchor`."""
    match rule.frequency:
        case Frequency.DAILY:
            passed = (day - anchor).days
        case Frequency.WEEKLY:
            passed = (_week_of(day, rule.week_start) - _week_of(anchor, rule.week_start)).days // 7
        case Frequency.MONTHLY:
            passed = (day.year - anchor.year) * 12 + day.month - anchor.month
        case Frequency.YEARLY:
            passed = day.year - anchor.year
    return passed % rule.interval == 0


def _week_of(day: date, start: int) -> date:
    return day - timedelta(days=(day.weekday() - start) % 7)
