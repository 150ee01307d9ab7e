"""Against which version the bump of a new one is judged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents.memory import MemoryFiles
from mooring.domain import versions
from mooring.domain.registry import Registry
from mooring.domain.versions import Versioning
from mooring.rules.releases import bump_baseline


def baseline(new: str, there: list[str], scheme: Versioning = Versioning.SEMVER) -> str | None:
    files = {f"registry/iris/versions/{version}/manifest.yaml": b"" for version in [*there, new]}
    found = bump_baseline(Registry(MemoryFiles(files)), "iris", versions.parse(new, scheme))
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("new", "there", "expected"),
    [
        ("1.0.0", [], None),
        ("1.10.0", ["1.2.0", "1.9.0", "2.0.0"], "1.9.0"),
        ("1.1.1", ["1.1.0", "2.0.0"], "1.1.0"),
        ("2.0.0", ["1.0.0", "2.0.0-rc.1"], "1.0.0"),
        ("2.0.0-rc.2", ["1.0.0", "2.0.0-rc.1", "2.0.0"], "1.0.0"),
        ("1.0.0", ["01.0.0", "0.01.0", "latest", "0.9", "0.\u0661.0"], None),
        ("1.0.0", ["0.0." + "9" * 80], None),
    ],
)
def test_semver_is_judged_against_the_highest_lower_release(
    new: str, there: list[str], expected: str | None
) -> None:
    assert baseline(new, there) == expected


def test_calver_counts_stages() -> None:
    there = ["2026.01.14", "2026.01.15.dev", "2026.02.01"]

    assert baseline("2026.01.15", there, Versioning.CALVER) == "2026.01.15.dev"


_NUMBER = st.integers(0, 3)
_SEMVER = st.builds(
    lambda a, b, c, stage: f"{a}.{b}.{c}{stage}",
    _NUMBER,
    _NUMBER,
    _NUMBER,
    st.sampled_from(["", "", "-rc.1", "-A"]),
)


@given(_SEMVER, st.lists(_SEMVER))
def test_the_quick_way_finds_what_parsing_everything_finds(new: str, there: list[str]) -> None:
    version = versions.parse(new, Versioning.SEMVER)
    parsed = [versions.parse(name, Versioning.SEMVER) for name in there]
    lower = [one for one in parsed if one < version and not one.is_prerelease]

    assert baseline(new, there) == (max(lower).text if lower else None)
