"""Who is meant by a name, however they write themselves."""

from __future__ import annotations

import pytest

from mooring.domain.people import is_one_of


@pytest.mark.parametrize(
    ("names", "person", "is_meant"),
    [
        (["alex@example.com"], "Alex Turner <alex@example.com>", True),
        (["ALEX@example.com"], "alex@Example.com", True),
        (["Alex Turner <alex@example.com>"], "Alex Turner <alex@example.com>", True),
        (["alex@example.com"], "Alex <sam@example.com>", False),
        (["alex@users.noreply.github.com"], "alex <123456+alex@users.noreply.github.com>", True),
        (["1+alex@users.noreply.github.com"], "alex@users.noreply.github.com", True),
        (["1+alex@example.com"], "alex@example.com", False),
        (["alexa@users.noreply.github.com"], "1+alex@users.noreply.github.com", False),
        ([], "alex@example.com", False),
    ],
)
def test_a_person_is_one_of_the_names(names: list[str], person: str, is_meant: bool) -> None:
    assert is_one_of(names, person) is is_meant
