"""Freezes: times in which nothing is promoted, once or again and again, as clocks of a place show them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from mooring.domain import recurrence
from mooring.domain.document import Part
from mooring.domain.text import Duration, Line, Timestamp, seconds_of

LONGEST: Final = 366 * 86_400
"""Seconds that one window of a recurring freeze may last."""
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
# Files beside the zones: what they mean differs from machine to machine, or counts leap seconds.
_LOCAL: Final = frozenset({"localtime", "posixrules", "Factory", "posix", "right"})
_DAYS = re.compile(r"([0-9]+)d")


def _zone(name: str) -> str:
    if not _is_zone(name):
        raise ValueError("it is no time zone of the IANA database such as Europe/Berlin or UTC")
    return name


def _is_zone(name: str) -> bool:
    if len(name) > 63 or not _ZONE.fullmatch(name) or name.partition("/")[0] in _LOCAL:
        return False
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return False
    return True


def _recurrence(text: str) -> str:
    recurrence.parse(text)
    return text


TimeZone = Annotated[
    str,
    AfterValidator(_zone),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A time zone of the IANA database.",
            "minLength": 1,
            "maxLength": 63,
            "pattern": "^[A-Za-z]",
            "not": {"pattern": "[^A-Za-z0-9_+/-]"},
            "examples": ["Europe/Berlin"],
        }
    ),
]
Recurrence = Annotated[
    str,
    Field(max_length=500),
    AfterValidator(_recurrence),
    WithJsonSchema(
        {
            "type": "string",
            "description": "A recurrence rule (RFC 5545) that begins at most once a day.",
            "minLength": 1,
            "maxLength": 500,
            "pattern": "^FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)",
            "not": {"pattern": "[^A-Z0-9=;,+-]"},
            "examples": ["FREQ=WEEKLY;BYDAY=FR;BYHOUR=17"],
        }
    ),
]


class Freeze(Part):
    """A time in which nothing is promoted; a rollback always may be.

    Once: `from` and `to`. Again and again: `rrule` says when one begins on the clocks of `timezone` (UTC), `for` how
    long it lasts. None begins then before `from` or from `to` on, if those are given.
    """

    name: Line
    from_: Annotated[Timestamp | None, Field(alias="from")] = None
    to: Timestamp | None = None
    rrule: Recurrence | None = None
    for_: Annotated[Duration | None, Field(alias="for")] = None
    timezone: TimeZone | None = None
    reason: Line

    @model_validator(mode="after")
    def _is_a_time(self) -> Self:
        begins, ends = _instant(self.from_), _instant(self.to)
        if begins is not None and ends is not None and ends <= begins:
            # Else it is never on: a mistyped year would freeze nothing, and nobody would notice.
            raise ValueError("a freeze must end after it begins")
        if self.rrule is None:
            if begins is None or ends is None:
                raise ValueError("a freeze has from and to, or rrule and for")
            if self.for_ is not None or self.timezone is not None:
                raise ValueError("for and timezone belong to rrule; from and to are in UTC")
            return self
        if self.for_ is None:
            raise ValueError("a freeze with rrule says with for how long it lasts, such as 62h")
        if not 0 < seconds_of(self.for_) <= LONGEST:
            raise ValueError("one window of a freeze lasts more than nothing and at most 366d")
        for instant in (begins, ends):
            if instant is not None and not 1970 < instant.year < 9000:
                raise ValueError("a freeze that recurs begins and ends in the years 1971 to 8999")
        if begins is None and recurrence.parse(self.rrule).needs_a_first_time:
            raise ValueError(
                "this rrule needs from, its first time: it does not say itself which day is meant"
            )
        return self

    def windows(self, first: float, last: float) -> Iterator[tuple[float, float]]:
        """Each window that touches the time from `first` to `last`: begin and end (no part of it), by their begins.

        All are seconds since 1970. As RFC 5545 has it, a day of `for` is a day of the calendar, of 23 or 25 hours where
        clocks change, and an hour is always an hour; a time that clocks skip is that long after the change, and of one
        that they show twice the first is meant.
        """
        for begin, end in self._all(first, last):
            if begin <= last and end > first:
                yield begin, end

    def _all(self, first: float, last: float) -> Iterator[tuple[float, float]]:
        begins, ends = _instant(self.from_), _instant(self.to)
        if self.rrule is None or self.for_ is None:
            if begins is not None and ends is not None:
                yield begins.timestamp(), ends.timestamp()
            return
        from zoneinfo import ZoneInfo

        zone = ZoneInfo(self.timezone or "UTC")
        days = sum(int(number) for number in _DAYS.findall(self.for_))
        rest = seconds_of(self.for_) - days * 86_400
        # Clocks change by less than a day, anywhere.
        margin = timedelta(days=2)
        earliest = datetime.fromtimestamp(first - seconds_of(self.for_), UTC) - margin
        latest = datetime.fromtimestamp(last, UTC) + margin
        for wall in recurrence.beginnings(
            recurrence.parse(self.rrule),
            since=begins.astimezone(zone).replace(tzinfo=None) if begins is not None else None,
            first=earliest.date(),
            last=latest.date(),
        ):
            begin = wall.replace(tzinfo=zone).timestamp()
            end = (wall + timedelta(days=days)).replace(tzinfo=zone).timestamp() + rest
            # A freeze begins on the minute.
            if (begins is None or begin >= begins.replace(second=0, microsecond=0).timestamp()) and (
                ends is None or begin < ends.timestamp()
            ):
                yield begin, end


def _instant(timestamp: str | None) -> datetime | None:
    return datetime.fromisoformat(timestamp) if timestamp is not None else None
