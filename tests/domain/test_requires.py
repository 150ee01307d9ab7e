"""A required model is written as people write ranges, and a pre-release of the upper bound lies outside."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mooring.domain.requires import RequiredModel, parse_required
from mooring.errors import UsageError


@pytest.mark.parametrize(
    "text",
    ["encoder", "encoder>=1.2.0", "encoder<2.0.0", "nlp/encoder>=1.2.0,<2.0.0", "e>=2024.01.15,<2024.02.01"],
)
def test_a_range_reads_back_as_itself(text: str) -> None:
    assert str(parse_required(text)) == text
    assert parse_required(text.replace(",", " , ")) == parse_required(text)


@pytest.mark.parametrize(
    "text", ["", ">=1.0.0", "encoder>1.0.0", "encoder==1.0.0", "Encoder", "e>=1", "e>=2.0.0,<1.0.0"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_required(text)


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("1.2.0", True),
        ("1.9.9", True),
        ("1.2.0-rc.1", False),
        ("1.1.9", False),
        ("2.0.0", False),
        ("2.0.0-rc.1", False),
        ("2024.01.15", False),
    ],
)
def test_a_version_fits_its_range(version: str, fits: bool) -> None:
    assert parse_required("encoder>=1.2.0,<2.0.0").fits(version) is fits


def test_a_range_over_two_schemes_is_refused() -> None:
    with pytest.raises(ValidationError, match="different schemes"):
        RequiredModel(model="encoder", at_least="1.2.0", below="2024.01.15")
