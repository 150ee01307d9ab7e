"""Rules are found by themselves, and a function that is no whole rule is refused when it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from mooring.domain.change import Change
from mooring.rules import catalogue, pointers
from mooring.rules.catalogue import FAMILIES, RULES, by_id
from mooring.rules.rule import Fault, Scope, change_rule


def test_a_rule_is_named_by_its_function_and_its_family_by_its_module() -> None:
    rule = by_id()["dangling-pointer"]

    assert rule is pointers.dangling_pointer
    assert (rule.family, rule.scope, rule.severity) == ("pointers", Scope.REGISTRY, "error")


def test_every_rule_has_a_page_that_names_a_fault_in_one_sentence() -> None:
    for rule in RULES:
        assert re.fullmatch(r"[A-Z][^\n]*\.", " ".join(rule.page.title.split())), rule.id
        assert len(rule.page.why) > 40, rule.id
        assert len(rule.page.mend) > 40, rule.id


def test_no_id_is_used_twice() -> None:
    assert len(by_id()) == len(RULES)


def test_two_rules_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "FAMILIES", (*FAMILIES, pointers))

    with pytest.raises(TypeError, match="two rules have one name"):
        catalogue._found()


def test_a_rule_without_a_page_is_refused() -> None:
    def silent(change: Change) -> Iterator[Fault]:
        """It says nothing about why."""
        yield from ()

    with pytest.raises(TypeError, match="no page"):
        change_rule()(silent)
