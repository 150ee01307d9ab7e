"""Findings as Markdown. That a cell is nothing but text holds by tests/cli/test_plan_markdown.py, for any text."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from mooring.domain.finding import Level
from mooring.render.findings_markdown import as_markdown
from mooring.render.markdown import LIMIT
from tests.support.found import FILES, POINTER, WAIVED, finding

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def test_errors_come_first_each_level_in_a_table() -> None:
    found = [finding(level=Level.WARNING), finding("version"), finding("kind", level=Level.WAIVED)]

    assert as_markdown(found, FILES.get) == (
        "## mooring check: Found 1 error and 1 warning; 1 waived.\n\n"
        "### Errors (1)\n\n"
        "| rule | place | what is wrong | what to do |\n|---|---|---|---|\n"
        f"| `some-rule` | `{POINTER}:3:10` | `it is wrong` | `Mend it` |\n\n"
        "### Warnings (1)\n\n"
        "| rule | place | what is wrong | what to do |\n|---|---|---|---|\n"
        f"| `some-rule` | `{POINTER}` | `it is wrong` | `Mend it` |\n\n"
        "### Waived (1)\n\n"
        "| rule | place | what is wrong | on whose word |\n|---|---|---|---|\n"
        f"| `some-rule` | `{POINTER}:2:7` | `it is wrong` | "
        f"`waived by {WAIVED.approved_by} until {WAIVED.expires}: {WAIVED.reason}` |\n\n"
        "`mooring explain RULE` says more about a rule.\n"
    )


def test_nothing_found_is_one_line() -> None:
    assert as_markdown([], FILES.get) == "## mooring check: No problems found.\n"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [LIMIT, 2_000, 300])
def test_a_long_report_is_cut_by_table_and_says_what_is_left_out(limit: int) -> None:
    many = [
        finding(path=f"a{n}", level=level) for level in (Level.ERROR, Level.WARNING) for n in range(2_000)
    ]
    said = as_markdown(many, FILES.get, limit=limit)

    assert len(said.encode()) <= limit
    assert said.startswith("## mooring check: Found 2000 errors and 2000 warnings.\n")
    assert " more." in said or " more sections." in said
    assert ("### Warnings (2,000)" in said) is (limit > 300)


def test_a_finding_makes_no_markup() -> None:
    hostile = "@everyone closes #1 <img src=x> [a](https://evil.example) | `x` \n\n# heading"
    said = as_markdown([finding(path=hostile, message=hostile, hint=hostile)], FILES.get)
    inner = [piece for token in READER.parse(said) for piece in token.children or []]

    assert {piece.type for piece in inner} <= {"text", "text_special", "code_inline", "html_inline"}
    assert {piece.content for piece in inner if piece.type == "html_inline"} <= {
        "<code>",
        "</code>",
        "<!-- -->",
    }
    assert sum(token.type == "heading_open" for token in READER.parse(said)) == 2
