"""Findings as GitHub's workflow commands."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.finding import Level
from mooring.render.annotations import github
from tests.support.found import FILES, finding

_ANNOTATION = re.compile(r"::(error|warning) (?:file=[^,:\n]*,(?:line=\d+,col=\d+,)?)?title=[^,:\n]+::.+")


def commands(said: str) -> list[str]:
    """What the runner obeys: its stop token ends the quotation of the log."""
    first, *lines = said.removesuffix("\n").split("\n")
    token = first.removeprefix("::stop-commands::")
    return lines[lines.index(f"::{token}::") + 1 :]


def test_an_annotation_names_file_line_and_rule() -> None:
    assert commands(github([finding("version")], FILES.get)) == [
        "::error file=environments/staging/iris.yaml,line=3,col=10,title=some-rule::it is wrong%0AMend it"
    ]


def test_an_annotation_cannot_be_broken_out_of() -> None:
    (line,) = commands(github([finding(path="a,b:c%\n", message="100%\n::error::x")], FILES.get))

    assert line == "::error file=a%2Cb%3Ac%25%0A,title=some-rule::100%25\\n::error::x%0AMend it"


def test_annotations_keep_to_the_limits_and_count_the_rest_that_the_log_lists() -> None:
    many = [finding(level=Level.WARNING)] * 10 + [finding()] * 25
    said = github(many, FILES.get)
    lines = commands(said)

    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert "16 more errors are not shown here; the log of this step lists them all." in lines[9]
    assert "more" not in lines[19]
    assert said.count(": error[some-rule] it is wrong\n") == 25


def test_what_is_waived_is_in_the_log_alone() -> None:
    said = github([finding(level=Level.WAIVED)], FILES.get)

    assert commands(said) == []
    assert "waived[some-rule]" in said
    assert "No problems found; 1 waived." in said


def test_nothing_found_annotates_nothing() -> None:
    assert github([], FILES.get) == "No problems found.\n"


hostile = st.text(max_size=30) | st.text(alphabet="\n\r:%,#[]\udcffab", max_size=20)


@given(hostile, hostile, st.none() | hostile)
def test_no_text_of_a_registry_is_a_command(path: str, message: str, hint: str | None) -> None:
    forged = "::error title=x::forged"
    found = [finding(path=forged, message="x"), finding(path=path or "a", message=message or "a", hint=hint)]
    said = github(found, FILES.get)
    lines = commands(said)

    assert len(lines) == 2
    assert all(_ANNOTATION.fullmatch(line) for line in lines)
    assert said.encode("utf-8")
