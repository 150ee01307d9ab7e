"""Whole stories of one pointer, letter by letter: what may follow a rollback, and what may not (gitops Q2).

A, B and C are versions that are promoted; a small letter is a rollback to the pointer that first brought that version.
"""

from __future__ import annotations

import pytest

from mooring.domain.finding import Level
from mooring.domain.pointer import Override
from mooring.rules.engine import check_change
from tests.rules.case_documents import POINTER, started
from tests.rules.case_pointers import Main
from tests.support.builder import promotion_id

VERSION = {"a": "1.0.0", "b": "1.1.0", "c": "1.2.0"}


def story(letters: str) -> Main:
    """Main after these steps."""
    main = Main(started().version("1.1.0").version("1.2.0"))
    first: dict[str, int] = {}
    for letter in letters:
        if letter.isupper():
            main.then(promoted(VERSION[letter.lower()]))
            first.setdefault(letter.lower(), len(main.states) - 1)
        else:
            main.restored(POINTER, first[letter])
    return main


def refused(main: Main, step) -> set[str]:
    """The rules that refuse a step after a story."""
    change = main.case("", "", step).change()
    return {found.rule for found in check_change(change) if found.level is Level.ERROR}


def brought_back(main: Main, number: int):
    """The step that gives the pointer the bytes of an earlier state."""
    return lambda it: it.restore(POINTER, main.states[number])


def promoted(version: str, undone: int | None = None):
    """The step that promotes a version, overriding the rollback of promotion number `undone`."""
    override = Override(promotion=promotion_id(undone), reason="The cause was found") if undone else None
    return lambda it: it.promote(version, to="staging", override=override)


def test_aba_is_a_rollback() -> None:
    main = story("AB")

    assert refused(main, brought_back(main, 1)) == set()


def test_abab_is_refused_by_bytes_and_by_version() -> None:
    main = story("ABa")

    assert refused(main, brought_back(main, 2)) == {"reverted-rollback"}
    assert refused(main, promoted("1.1.0")) == {"rolled-back-version"}
    assert refused(main, promoted("1.1.0", undone=2)) == set()


def test_abcb_is_a_rollback_and_abcbc_is_refused() -> None:
    main = story("ABC")

    assert refused(main, brought_back(main, 2)) == set()

    main = story("ABCb")
    assert refused(main, brought_back(main, 3)) == {"reverted-rollback"}
    assert refused(main, promoted("1.2.0")) == {"rolled-back-version"}
    assert refused(main, promoted("1.2.0", undone=3)) == set()
    assert refused(main, promoted("1.0.0")) == set()


def test_abaca_goes_back_to_a_twice() -> None:
    main = story("ABaC")

    assert refused(main, brought_back(main, 1)) == set()
    assert refused(story("ABaCa"), brought_back(main, 2)) == {"reverted-rollback"}
    assert refused(story("ABaCa"), brought_back(main, 4)) == {"reverted-rollback"}
    assert refused(story("ABaCa"), promoted("1.1.0")) == {"rolled-back-version"}
    assert refused(story("ABaCa"), promoted("1.2.0")) == {"rolled-back-version"}


def test_two_rollbacks_in_a_row_leave_what_was_before_both() -> None:
    main = story("ABCba")

    assert refused(main, brought_back(main, 2)) == {"reverted-rollback"}
    assert refused(main, brought_back(main, 3)) == {"reverted-rollback"}


@pytest.mark.parametrize("wrong", [1, 3])
def test_an_override_names_the_promotion_that_was_undone(wrong: int) -> None:
    assert refused(story("ABa"), promoted("1.1.0", undone=wrong)) == {"rolled-back-version"}
