"""How times, sizes and numbers are written for people."""

from __future__ import annotations

from datetime import UTC, datetime

NOTHING = "-"
"""Stands in a cell that has nothing to say."""


def minute(seconds: int) -> str:
    """A time in seconds since 1970 to the minute, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")


def iso(seconds: int) -> str:
    """A time in seconds since 1970 as ISO 8601, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute_of(timestamp: str) -> str:
    """A time as documents write it, to the minute."""
    return timestamp[:16].replace("T", " ")


def age(seconds: float) -> str:
    """A span of time in its two largest units: `3 d 4 h`, `12 min`, `5 s`."""
    whole = max(0, int(seconds))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((place for place, (_, length) in enumerate(units) if whole >= length), len(units) - 1)
    parts: list[str] = []
    for unit, length in units[first : first + 2]:
        count, whole = divmod(whole, length)
        if count or not parts:
            parts.append(f"{count} {unit}")
    return " ".join(parts)


def size(count: int) -> str:
    """A number of bytes, in the largest unit of 1024 that fits."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"


def number(value: float) -> str:
    """A metric in at most six digits."""
    return f"{value:.6g}"


def name_of(person: str) -> str:
    """The name in `Name <address>`."""
    return person.partition(" <")[0]
