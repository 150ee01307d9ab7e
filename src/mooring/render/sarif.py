"""Findings as SARIF 2.1.0, which code scanning of GitHub, GitLab, Azure and editors read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from mooring.domain.finding import Finding, Level
from mooring.render.findings import Read, Spot, spots, waived_words
from mooring.render.rule_list import words
from mooring.render.rule_pages import Described, explain
from mooring.render.visible import visible

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

FINGERPRINT: Final = "mooringFinding/v1"
"""The name of our fingerprint: it stays where lines move. GitHub adds its own, by the text of the line."""

_LEVELS: Final[Mapping[Level, str]] = {Level.ERROR: "error", Level.WARNING: "warning", Level.WAIVED: "error"}


def as_sarif(findings: Sequence[Finding], read: Read, *, rules: Sequence[Described], version: str) -> str:
    """One run of Mooring `version` with all `rules` and what they found; what is waived is a suppressed result."""
    numbers = {rule.id: number for number, rule in enumerate(rules)}
    run: dict[str, object] = {
        "tool": {"driver": {"name": "mooring", "version": version, "rules": [_rule(rule) for rule in rules]}},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, spot, numbers) for finding, spot in spots(findings, read)],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Described) -> dict[str, object]:
    said = words(rule)
    help_parts = [
        said["title"],
        said["finds"],
        f"**Why it matters:** {said['why']}",
        f"**How to mend it:** {said['mend']}",
    ]
    return {
        "id": rule.id,
        "shortDescription": {"text": said["title"]},
        "fullDescription": {"text": said["finds"] or said["title"]},
        "help": {"text": explain(rule), "markdown": "\n\n".join(filter(None, help_parts))},
        "defaultConfiguration": {"level": _LEVELS[Level(rule.severity)]},
        "properties": {"tags": [rule.family]},
    }


def _result(finding: Finding, spot: Spot, numbers: Mapping[str, int]) -> dict[str, object]:
    said = "\n".join(visible(part) for part in (finding.message, finding.hint) if part is not None)
    result: dict[str, object] = {"ruleId": finding.rule}
    if finding.rule in numbers:
        result["ruleIndex"] = numbers[finding.rule]
    result |= {
        "level": _LEVELS[finding.level],
        # A message may hold links as [text](target); a document's text must not.
        "message": {"text": said.replace("](", "\\](")},
        "locations": [_location(finding, spot)],
        "partialFingerprints": {FINGERPRINT: _fingerprint(finding)},
        # Section 3.27.23: where one result of a run has suppressions, all have.
        "suppressions": []
        if finding.waiver is None
        else [{"kind": "external", "status": "accepted", "justification": visible(waived_words(finding))}],
    }
    if finding.commit is not None:
        result["properties"] = {"commit": finding.commit}
    return result


def _location(finding: Finding, spot: Spot) -> dict[str, object]:
    # A path may hold bytes that are no text, and a colon would make what is before it a scheme.
    uri = quote(spot.path, safe="/", errors="surrogateescape")
    physical: dict[str, object] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    region = {
        name: number
        for name, number in (
            ("startLine", spot.line),
            ("startColumn", spot.column),
            ("endLine", spot.end_line),
            ("endColumn", spot.end_column),
        )
        if number is not None
    }
    if region:
        physical["region"] = region
    location: dict[str, object] = {"physicalLocation": physical}
    if finding.place.keys:
        location["logicalLocations"] = [{"fullyQualifiedName": ".".join(map(str, finding.place.keys))}]
    return location


def _fingerprint(finding: Finding) -> str:
    """What the rules take for the same finding in two states, whatever stands above it in the file."""
    identity = [finding.rule, finding.place.path, list(finding.place.keys), finding.value]
    return hashlib.sha256(json.dumps(identity).encode("ascii")).hexdigest()
