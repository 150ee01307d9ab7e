"""No field of a document becomes markup of a plan, and no plan is longer than a comment may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mooring.domain.compatibility import Bump, Comparison, Difference, Side
from mooring.domain.finding import Finding, Level, Place, Waived
from mooring.domain.metric_deltas import MetricDelta, Standing
from mooring.domain.plan import (
    Action,
    Bytes,
    Changed,
    Dependent,
    Dependents,
    Elsewhere,
    Plan,
    Relation,
    Step,
    WayBack,
)
from mooring.domain.pointer import Override, Pointer
from mooring.domain.verdict import GateState, Verdict
from mooring.render.markdown import LIMIT, Section, bounded, cell, code
from mooring.render.plan_markdown import MARKER, as_markdown
from mooring.render.visible import visible
from tests.promises.test_16_text_is_only_text import ACCEPTED, REFUSED

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PAYLOADS = [
    *ACCEPTED.values(),
    *REFUSED.values(),
    "@everyone @acme/owners #1 acme/fraud#2 GH-3 https://evil.example www.evil.example a@evil.example",
    "`` ` ``` a ` | b \\| c \\",
    "</code></details><img src=x>",
    "<!-- mooring:plan -->",
    "--> <b>",
    "\n\n# heading\n\n- item\n",
    "| a | b |\n|---|---|\n",
    "&lt;b&gt; &#64;everyone",
    " padded ",
    "-",
    "",
    "\\",
    "`",
    "|",
    "\u00a0",
]
DIGEST = f"sha256:{'0' * 64}"
OURS = {"<code>", "</code>", "<!-- -->"}
texts = st.text(max_size=60) | st.text(alphabet="`|\\<>&@#*_~[]()!:/.-^$= \nab", max_size=30)


def pieces(tokens: list[Token]) -> Iterator[Token]:
    """Every token, those inside of a line too."""
    for token in tokens:
        yield token
        yield from pieces(token.children or [])


def shown(tokens: list[Token]) -> str:
    """What a reader sees of a line."""
    return "".join(token.content for token in tokens if token.type in {"text", "text_special", "code_inline"})


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_value_of_the_corpus_is_only_itself(payload: str) -> None:
    assert_only_itself(payload)


@pytest.mark.slow
@given(texts)
def test_any_value_is_only_itself(value: str) -> None:
    assert_only_itself(value)


def assert_only_itself(value: str) -> None:
    seen = visible(value) if visible(value).strip() else "-"
    (_, line, _) = READER.parse(f"before {code(value)}")
    kinds = {token.type for token in line.children or []}
    raw = {token.content for token in line.children or [] if token.type == "html_inline"}

    assert shown(line.children or []) == f"before {seen}"
    assert kinds <= {"text", "text_special", "code_inline", "html_inline"}
    assert raw <= OURS

    tokens = READER.parse(f"| a | b |\n|---|---|\n| {cell(value)} | {cell(value)} |\n")
    cells = [after for before, after in pairwise(tokens) if before.type == "td_open"]

    assert [shown(one.children or []) for one in cells] == [seen, seen]
    assert {token.content for token in pieces(cells) if token.type == "html_inline"} <= OURS


def hostile(value: str, *, rows: int = 1) -> Plan:
    """A plan that says `value` wherever a document may."""
    line = visible(value).strip() or "x"
    pointer = Pointer.model_construct(
        version="1.1.0",
        manifest=DIGEST,
        promotion="01JB0000000000000000000001",
        replaces=None,
        reason=value,
        requested_by=value,
        override=Override.model_construct(promotion="01JB0000000000000000000002", reason=value),
        rollout=None,
    )
    difference = Difference(
        side=Side.INPUT, place=(value, 0), before=value, after=value, text=value, required=Bump.MAJOR
    )
    step = Step(
        action=Action.PROMOTE,
        model="iris",
        path="environments/production/iris.yaml",
        environment="production",
        version="1.1.0",
        previous="1.0.0",
        pointer=pointer,
        gates=(Verdict(value, GateState.FAIL, value, value, value, None, value),) * rows,
        metrics=(MetricDelta(value, 1.0, 2.0, 1.0, Standing.CHANGED, unit=value),) * rows,
        changes=(Changed(value, value, value, {value: [value]}),) * rows,
        interface=Comparison(
            required=Bump.MAJOR, differences=(difference,) * rows, reason=value, certain=True
        ),
        artifact=Bytes("1.1.0", DIGEST, 1, 1, value),
        elsewhere=(Elsewhere(line, value, None),),
        parents=(value,),
        dependents=Dependents((Dependent(value, Relation.PARENT, value, (value,)),) * rows),
        way_back=WayBack(value, value, value),
        notes=(value,),
        problem=value,
    )
    waiver = Waived(value, value, value)
    finding = Finding(
        "a-rule", Place(f"registry/{line}", (value,)), value, value, Level.WAIVED, waiver=waiver
    )
    return Plan("0" * 40, "1" * 40, (step,), (finding,) * rows, (value,) * rows, value, value)


def outline(text: str) -> list[str]:
    """The structure of a page: block by block, without what they say."""
    tokens = READER.parse(text)
    raw = [token.content for token in tokens if token.type == "html_block"]
    inline = {token.content for token in pieces(tokens) if token.type == "html_inline"}
    assert inline <= OURS
    assert all(
        re.fullmatch(r"<!-- mooring:plan -->\n?|<details><summary>[\w ,()]+</summary>\n?|</details>\n?", one)
        for one in raw
    )
    assert not [one for one in pieces(tokens) if one.type in {"link_open", "image", "s_open", "em_open"}]
    for token in tokens:
        outside = "".join(
            one.content for one in token.children or [] if one.type == "text" and one.level == 0
        )
        if not any(one.content == "<code>" for one in token.children or []):
            assert "@" not in outside
    return [token.type for token in tokens if token.type != "inline"]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_field_of_the_corpus_changes_the_structure_of_a_page(payload: str) -> None:
    assert outline(as_markdown(hostile(payload), lambda _: None)) == outline(
        as_markdown(hostile("plain"), lambda _: None)
    )


@settings(max_examples=15)
@given(texts)
@example("<details>")
def test_no_field_changes_the_structure_of_a_page(value: str) -> None:
    assert outline(as_markdown(hostile(value), lambda _: None)) == outline(
        as_markdown(hostile("plain"), lambda _: None)
    )


def test_a_page_is_cut_section_by_section_and_says_how_much_is_left_out() -> None:
    found = as_markdown(hostile("a | b `c` " * 30, rows=400), lambda _: None)
    whole = as_markdown(hostile("short", rows=400), lambda _: None)

    assert LIMIT * 0.8 < len(found.encode()) <= LIMIT
    assert found.startswith(f"{MARKER}\n")
    assert "Judged by the rules and policies" in found.splitlines()[-1]
    assert found.count(" more.") == 7
    assert outline(found)
    assert len(whole.encode()) <= LIMIT


def test_so_many_steps_that_not_even_their_titles_fit_are_counted() -> None:
    plan = hostile("x")
    found = as_markdown(Plan("0" * 40, "1" * 40, plan.steps * 500, (), ()), lambda _: None)

    assert len(found.encode()) <= LIMIT
    assert re.search(r"… and [\d,]+ more sections\.", found)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 60)), max_size=12),
    st.integers(200, 3_000),
)
def test_a_bounded_page_keeps_every_limit_and_fills_it(sizes: list[tuple[int, int]], limit: int) -> None:
    sections = [Section("## t", (), tuple("r" * width for _ in range(count))) for count, width in sizes]
    page = bounded(sections, first="<!-- x -->", last="end", limit=limit)
    rows = sum(count for count, _ in sizes)

    assert len(page.encode()) <= limit
    assert page.startswith("<!-- x -->\n")
    assert page.endswith("end\n")
    if "more" not in page:
        assert sum(line.startswith("r") for line in page.splitlines()) == rows
