"""Findings as SARIF, held against the schema of the standard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, FormatChecker

from mooring.domain.finding import Finding, Level
from mooring.render.sarif import FINGERPRINT, as_sarif
from mooring.rules.catalogue import RULES
from tests.support.found import FILES, POINTER, finding

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.5.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=FormatChecker())


def run_of(*findings: Finding, rules=RULES[:2]) -> dict:
    data = json.loads(as_sarif(findings, FILES.get, rules=rules, version="0.1.0"))
    VALIDATOR.validate(data)
    (run,) = data["runs"]
    return run


def test_every_rule_is_there_with_its_help_and_nothing_found_is_a_result_too() -> None:
    run = run_of(rules=RULES)
    rules = run["tool"]["driver"]["rules"]

    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    assert all(rule["help"]["text"].startswith(rule["id"]) for rule in rules)
    assert all("**How to mend it:** " in rule["help"]["markdown"] for rule in rules)
    # More than 1 024 characters are refused by code scanning.
    assert max(len(rule["shortDescription"]["text"]) for rule in rules) <= 1_024
    assert max(len(rule["fullDescription"]["text"]) for rule in rules) <= 1_024
    assert run["results"] == []


def test_a_result_has_level_region_and_rule() -> None:
    (result,) = run_of(finding("version", rule=RULES[1].id))["results"]

    assert result | {"partialFingerprints": {}} == {
        "ruleId": RULES[1].id,
        "ruleIndex": 1,
        "level": "error",
        "message": {"text": "it is wrong\nMend it"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": POINTER, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 10, "endLine": 3, "endColumn": 17},
                },
                "logicalLocations": [{"fullyQualifiedName": "version"}],
            }
        ],
        "partialFingerprints": {},
        "suppressions": [],
    }


def test_what_is_waived_is_suppressed_with_its_reason() -> None:
    waived, kept = run_of(finding("kind", level=Level.WAIVED), finding("version", level=Level.WARNING))[
        "results"
    ]

    assert (waived["level"], kept["level"]) == ("error", "warning")
    assert kept["suppressions"] == []
    assert waived["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "waived by Sam <sam@example.com> until 2026-03-01T00:00:00Z: Agreed; CHG-7",
        }
    ]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("registry/a b/ü#?.md", "registry/a%20b/%C3%BC%23%3F.md"),
        ("c:x/100%", "c%3Ax/100%25"),
        ("registry/\udcff", "registry/%FF"),
    ],
)
def test_a_path_is_percent_encoded(path: str, uri: str) -> None:
    (result,) = run_of(finding(path=path))["results"]

    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}
    }


def test_a_fingerprint_stays_where_lines_move_and_differs_where_the_value_does() -> None:
    def mark(one: Finding, files: dict[str, bytes]) -> str:
        (result,) = json.loads(as_sarif([one], files.get, rules=(), version="1"))["runs"][0]["results"]
        return result["partialFingerprints"][FINGERPRINT]

    moved = {POINTER: b"# a line more\n" + FILES[POINTER]}
    first = mark(finding("version", value="1.0.0"), FILES)

    assert mark(finding("version", value="1.0.0"), moved) == first
    assert mark(finding("version", value="2.0.0"), FILES) != first
    assert mark(finding("version", value="1.0.0", rule="other"), FILES) != first


def test_characters_that_nobody_sees_are_shown() -> None:
    (result,) = run_of(finding(message="a\u202eb\x1b[2Jc", hint="d\u200be"))["results"]

    assert result["message"]["text"] == "a\\u202eb\\x1b[2Jc\nd\\u200be"


def test_a_document_puts_no_link_into_a_message() -> None:
    (result,) = run_of(finding(message="[here](https://evil.example)", hint=None))["results"]

    assert result["message"]["text"] == "[here\\](https://evil.example)"


@given(st.text(max_size=30), st.text(max_size=30), st.lists(st.text(max_size=5) | st.integers(), max_size=3))
def test_any_text_is_lawful(path: str, message: str, keys: list[str | int]) -> None:
    data = json.loads(
        as_sarif([finding(*keys, path=path, message=message)], FILES.get, rules=(), version="1")
    )

    assert list(VALIDATOR.iter_errors(data)) == []
