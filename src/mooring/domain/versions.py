"""Versions of a model: SemVer without build metadata, or CalVer, ordered within their scheme.

The semver package costs 50 ms to import, so it is imported where a SemVer is really read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import total_ordering
from typing import Final

from mooring.domain.compatibility import Bump
from mooring.errors import UsageError


class Versioning(StrEnum):
    """How the versions of one model are numbered."""

    SEMVER = "semver"
    CALVER = "calver"


_CALVER: Final = re.compile(
    r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})(?:\.(0|[1-9][0-9]{0,8}))?(?:\.([a-z][a-z0-9-]*))?"
)
# Three plain numbers need no library: most versions are that, and a listing reads very many.
_PLAIN: Final = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)", re.ASCII)
MAX_LENGTH: Final = 63


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """One version; `text` is its identity, `numbers` and `suffix` its place among versions of the same scheme."""

    text: str
    scheme: Versioning
    numbers: tuple[int, int, int, int]
    suffix: str | None

    def __str__(self) -> str:
        return self.text

    @property
    def is_prerelease(self) -> bool:
        """Whether it stands below the version of the same numbers without a suffix."""
        return self.suffix is not None

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, Version):
            return NotImplemented
        if self.scheme is not other.scheme:
            raise UsageError(f"{self.text} and {other.text} follow different schemes and have no order")
        if self.numbers != other.numbers:
            return self.numbers < other.numbers
        if self.scheme is Versioning.SEMVER:
            if self.suffix is None or other.suffix is None:
                return self.suffix is not None and other.suffix is None
            import semver

            return semver.Version.parse(self.text) < semver.Version.parse(other.text)
        return (self.suffix is None, self.suffix or "") < (other.suffix is None, other.suffix or "")


def _semver(text: str) -> Version | None:
    if (plain := _PLAIN.fullmatch(text)) is not None:
        return Version(text, Versioning.SEMVER, (int(plain[1]), int(plain[2]), int(plain[3]), 0), None)
    if not text.isascii() or "+" in text:
        return None
    import semver

    try:
        found = semver.Version.parse(text)
    except ValueError:
        return None
    return Version(text, Versioning.SEMVER, (found.major, found.minor, found.patch, 0), found.prerelease)


def _calver(text: str) -> Version | None:
    found = _CALVER.fullmatch(text)
    if found is None:
        return None
    year, month, day, number, suffix = found.groups()
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return None
    return Version(text, Versioning.CALVER, (int(year), int(month), int(day), int(number or 0)), suffix)


def try_parse(text: str, scheme: Versioning | None = None) -> Version | None:
    """The version that `text` writes under `scheme` (under either, SemVer first, when None), or None."""
    if len(text) > MAX_LENGTH:
        return None
    if scheme is Versioning.SEMVER:
        return _semver(text)
    if scheme is Versioning.CALVER:
        return _calver(text)
    return _semver(text) or _calver(text)


def parse(text: str, scheme: Versioning | None = None) -> Version:
    """As `try_parse`, raising UsageError with an example of the scheme when `text` is no version."""
    version = try_parse(text, scheme)
    if version is not None:
        return version
    if "+" in text:
        raise UsageError(
            f"{text!r} has build metadata (+), which has no order", "Leave out the + and what follows."
        )
    wanted = {
        Versioning.SEMVER: "MAJOR.MINOR.PATCH such as 1.2.0 or 2.0.0-rc.1",
        Versioning.CALVER: "YYYY.MM.DD such as 2024.01.15, 2024.01.15.2 or 2024.01.15.prod",
        None: "SemVer such as 1.2.0 or CalVer such as 2024.01.15",
    }[scheme]
    raise UsageError(f"{text!r} is no version: {wanted} is expected")


def scheme_of(text: str) -> Versioning:
    """The scheme a first version suggests: CalVer when it reads as a date, else SemVer; raises UsageError."""
    if _calver(text) is not None:
        return Versioning.CALVER
    parse(text)
    return Versioning.SEMVER


def bumped(version: Version, bump: Bump) -> str:
    """The SemVer text that follows `version` by `bump`; a pre-release is finished where that is enough."""
    import semver

    before = semver.Version.parse(version.text)
    return str(before.next_version({Bump.MAJOR: "major", Bump.MINOR: "minor", Bump.PATCH: "patch"}[bump]))


def bump_between(old: Version, new: Version) -> Bump:
    """The bump by which `new` exceeds `old` (SemVer); below 1.0.0 a minor step may break, as SemVer item 4 says."""
    if new.numbers[0] != old.numbers[0]:
        return Bump.MAJOR
    if new.numbers[1] != old.numbers[1]:
        return Bump.MAJOR if new.numbers[0] == 0 else Bump.MINOR
    if new.numbers[0] == 0 and new.numbers[2] != old.numbers[2]:
        return Bump.MINOR
    return Bump.PATCH
