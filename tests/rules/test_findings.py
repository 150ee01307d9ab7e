"""Findings as text, JSON and annotations."""

from __future__ import annotations

import json

from mooring.domain.finding import Finding, Level, Place
from mooring.render.findings import as_json, github, summary, text

POINTER = b'apiVersion: mooring/v1\nkind: Pointer\nversion: "1.0.0"\nrollout:\n  weights: {"1.0.0": 100}\n'
FILES = {"environments/staging/iris.yaml": POINTER}


def finding(
    *keys: str | int,
    path: str = "environments/staging/iris.yaml",
    message: str = "it is wrong",
    level: Level = Level.ERROR,
    hint: str | None = "Mend it",
) -> Finding:
    return Finding("some-rule", Place(path, keys), message, hint, level)


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
    }


def test_an_annotation_names_file_line_and_rule() -> None:
    assert github([finding("version")], FILES.get) == (
        "::error file=environments/staging/iris.yaml,line=3,col=10,title=some-rule::it is wrong%0AMend it\n"
    )


def test_an_annotation_cannot_be_broken_out_of() -> None:
    (line,) = github([finding(path="a,b:c%\n", message="100%\n::error::x")], FILES.get).splitlines()

    assert line == "::error file=a%2Cb%3Ac%25%0A,title=some-rule::100%25%0A::error::x%0AMend it"


def test_annotations_keep_to_the_limits_and_count_the_rest() -> None:
    many = [finding(level=Level.WARNING)] * 10 + [finding()] * 25

    lines = github(many, FILES.get).splitlines()

    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert "16 more errors are not shown here" in lines[9]
    assert "more" not in lines[19]


def test_nothing_found_annotates_nothing() -> None:
    assert github([], FILES.get) == ""
