"""Findings as JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.finding import Finding, Level
from mooring.render.junit import as_junit
from mooring.rules.catalogue import RULES
from tests.support.found import FILES, POINTER, finding


def suite_of(*findings: Finding, rules=RULES[:3]) -> Xml.Element:
    told = as_junit(findings, FILES.get, rules=rules)
    top = Xml.fromstring(told.encode("utf-8"))
    (suite,) = top
    cases = suite.findall("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]

    assert top.attrib == suite.attrib
    assert (top.tag, suite.tag) == ("testsuites", "testsuite")
    assert suite.get("tests") == str(len(cases))
    assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert suite.get("skipped") == str(len(suite.findall("testcase/skipped")))
    assert len(set(names)) == len(names)
    return suite


def test_each_rule_that_finds_nothing_passes() -> None:
    suite = suite_of(rules=RULES)

    assert [case.get("name") for case in suite] == [rule.id for rule in RULES]
    assert [len(case) for case in suite] == [0] * len(RULES)


def test_an_error_fails_a_test_of_its_own_that_names_rule_and_place() -> None:
    *passed, failed = suite_of(finding("version", rule=RULES[0].id))
    (failure,) = failed

    assert [case.get("name") for case in passed] == [rule.id for rule in RULES[1:3]]
    assert dict(failed.items()) == {
        "classname": f"mooring.{RULES[0].family}",
        "name": f"{RULES[0].id}: {POINTER}:version",
        "file": POINTER,
        "time": "0",
    }
    assert (failure.tag, failure.get("message"), failure.get("type")) == (
        "failure",
        "it is wrong",
        RULES[0].id,
    )
    assert failure.text == f"{POINTER}:3:10: error: it is wrong\n    Mend it"


def test_two_faults_at_one_place_are_one_test() -> None:
    *_, failed = suite_of(finding(message="one", hint=None), finding(message="two", hint=None))
    (failure,) = failed

    assert failure.text == f"{POINTER}: error: one\n{POINTER}: error: two"


def test_what_is_waived_is_skipped_and_a_warning_passes_with_its_text() -> None:
    *_, skipped, passed = suite_of(
        finding("kind", level=Level.WAIVED), finding("version", level=Level.WARNING)
    )

    assert [outcome.tag for outcome in skipped] == ["skipped"]
    assert (skipped[0].get("message") or "").startswith("waived by Sam <sam@example.com> until 2026-03-01")
    assert [outcome.tag for outcome in passed] == ["system-out"]
    assert passed[0].text == f"{POINTER}:3:10: warning: it is wrong\n    Mend it"


hostile = st.text(max_size=30) | st.text(
    alphabet="\x00\x01\x0b\x1b\x7f\x85\ufffe\uffff\udcff]]><&\"'\n", max_size=20
)


@given(hostile, hostile, hostile)
def test_any_text_is_well_formed(path: str, message: str, key: str) -> None:
    levels = [finding(key, path=path, message=message, hint=message, level=level) for level in Level]
    for one in levels:
        *_, case = suite_of(one)

        assert (case.get("name") or "").isprintable()
