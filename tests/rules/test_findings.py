"""Findings as text and JSON."""

from __future__ import annotations

import json

from mooring.domain.finding import Level
from mooring.render.findings import as_json, summary, text
from tests.support.found import FILES, finding


def test_text_says_where_what_and_what_next() -> None:
    told = text([finding("version")], FILES.get, color=False)

    assert told == (
        "environments/staging/iris.yaml:3:10: error[some-rule] it is wrong\n"
        "    Mend it\n\n"
        "Found 1 error. 'mooring explain RULE' says more.\n"
    )


def test_findings_stand_in_the_order_of_the_text() -> None:
    told = text([finding("version"), finding("kind"), finding()], FILES.get, color=False)

    assert [line.split(" ")[0] for line in told.splitlines() if "error[" in line] == [
        "environments/staging/iris.yaml:",
        "environments/staging/iris.yaml:2:7:",
        "environments/staging/iris.yaml:3:10:",
    ]


def test_a_key_that_is_not_there_stands_at_its_nearest_ancestor() -> None:
    assert "iris.yaml:5:3:" in text([finding("rollout", "steps", 0)], FILES.get, color=False)


def test_a_file_that_is_gone_has_no_line() -> None:
    assert text([finding("version", path="gone.yaml")], FILES.get, color=False).startswith("gone.yaml: error")


def test_a_file_is_read_once() -> None:
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return FILES.get(path)

    text([finding("version"), finding("kind"), finding("rollout")], read, color=False)

    assert asked == ["environments/staging/iris.yaml"]


def test_no_finding_is_said_too() -> None:
    assert text([], FILES.get, color=False) == "No problems found.\n"
    assert summary([finding(), finding(), finding(level=Level.WARNING)]) == "Found 2 errors and 1 warning."


def test_color_changes_nothing_but_color() -> None:
    import re

    found = [finding("version"), finding(level=Level.WARNING)]

    assert re.sub(r"\x1b\[\d+m", "", text(found, FILES.get, color=True)) == text(
        found, FILES.get, color=False
    )


def test_a_document_cannot_command_the_terminal() -> None:
    told = text(
        [finding(path="registry/\x1b]0;x\x07", message="a\x1b[2Jb\u202ec\nd")], FILES.get, color=False
    )

    assert "\x1b" not in told
    assert "registry/\\x1b]0;x\\x07: error[some-rule] a\\x1b[2Jb\\u202ec\\nd" in told


def test_json_has_a_version_places_and_counts() -> None:
    told = json.loads(as_json([finding("version"), finding(level=Level.WARNING, hint=None)], FILES.get))

    assert told["schema"] == "mooring/findings/v1"
    assert (told["errors"], told["warnings"]) == (1, 1)
    assert told["findings"][1] == {
        "rule": "some-rule",
        "level": "error",
        "path": "environments/staging/iris.yaml",
        "keys": ["version"],
        "line": 3,
        "column": 10,
        "message": "it is wrong",
        "hint": "Mend it",
        "commit": None,
        "waiver": None,
    }


def test_what_is_waived_is_told_with_the_word_it_stands_on_and_counts_as_no_problem() -> None:
    found = [finding("version", level=Level.WAIVED)]
    told = json.loads(as_json(found, FILES.get))

    assert text(found, FILES.get, color=False) == (
        "environments/staging/iris.yaml:3:10: waived[some-rule] it is wrong\n"
        "    waived by Sam <sam@example.com> until 2026-03-01T00:00:00Z: Agreed; CHG-7\n\n"
        "No problems found; 1 waived. 'mooring explain RULE' says more.\n"
    )
    assert (told["errors"], told["warnings"], told["waived"]) == (0, 0, 1)
    assert told["findings"][0]["waiver"] == {
        "reason": "Agreed; CHG-7",
        "approved_by": "Sam <sam@example.com>",
        "expires": "2026-03-01T00:00:00Z",
    }
