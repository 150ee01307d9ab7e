"""Findings as JUnit XML, which GitLab, Jenkins and most other CI systems show as tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as Xml

from mooring.domain.finding import Finding, Level, Place
from mooring.render.findings import Read, Spot, spots, waived_words
from mooring.render.rule_pages import Described
from mooring.render.visible import visible

_SUITE: Final = "mooring check"

_Located = tuple[Finding, Spot]


def as_junit(findings: Sequence[Finding], read: Read, *, rules: Sequence[Described]) -> str:
    """A test for each rule that found nothing, and one for each place where a rule found something.

    An error fails its test, what is waived skips it, a warning passes and is told in the test's output. A test has the
    same name in every run, so that a CI system can tell what is new.
    """
    groups: dict[tuple[str, Place], list[_Located]] = {}
    for located in spots(findings, read):
        groups.setdefault((located[0].rule, located[0].place), []).append(located)
    families = {rule.id: rule.family for rule in rules}
    found = {rule for rule, _ in groups}

    suite = Xml.Element("testsuite", name=_SUITE)
    for rule in rules:
        if rule.id not in found:
            _test(suite, rule.family, rule.id)
    for (name, place), group in groups.items():
        test = _test(suite, families.get(name, "other"), f"{name}: {visible(str(place))}")
        test.set("file", visible(place.path))
        _outcome(test, group)

    top = Xml.Element("testsuites", name=_SUITE)
    for element in (top, suite):
        element.set("tests", str(len(suite)))
        element.set("failures", str(len(suite.findall("testcase/failure"))))
        element.set("errors", "0")
        element.set("skipped", str(len(suite.findall("testcase/skipped"))))
        element.set("time", "0")
    top.append(suite)
    Xml.indent(top)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{Xml.tostring(top, encoding="unicode")}\n'


def _test(suite: Xml.Element, family: str, name: str) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=f"mooring.{family}", name=name, time="0")


def _outcome(test: Xml.Element, group: Sequence[_Located]) -> None:
    errors = [finding for finding, _ in group if finding.level is Level.ERROR]
    waived = [finding for finding, _ in group if finding.level is Level.WAIVED]
    # No reader takes more than one outcome of a test.
    if errors:
        outcome = Xml.SubElement(test, "failure", message=visible(errors[0].message), type=errors[0].rule)
    elif waived:
        outcome = Xml.SubElement(test, "skipped", message=visible(waived_words(waived[0])))
    else:
        outcome = Xml.SubElement(test, "system-out")
    outcome.text = "\n".join(_told(finding, spot) for finding, spot in group)


def _told(finding: Finding, spot: Spot) -> str:
    # XML knows no control characters, not even as references: they are told as escapes.
    said = f"{spot}: {finding.level}: {visible(finding.message)}"
    return said if finding.hint is None else f"{said}\n    {visible(finding.hint)}"
