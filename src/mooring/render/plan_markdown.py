"""A plan as Markdown: for a pull request's comment, which is edited in place, and for the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mooring.domain.plan import Plan, Step
from mooring.render.findings import Read, spots, waived_words
from mooring.render.markdown import Section, bounded, cell, code, table
from mooring.render.plan_page import cell as value_words
from mooring.render.plan_page import facts, place_words
from mooring.render.plan_words import (
    dependent_cells,
    headline,
    metric_cells,
    nothing_moves,
    since_words,
    summary,
)
from mooring.render.wording import NOTHING

MARKER: Final = "<!-- mooring:plan -->"
"""The first line, hidden: by it the one comment is found that is edited in place."""


def as_markdown(plan: Plan, read: Read) -> str:
    """The plan in at most 65 536 bytes, all foreign text inert; long sections say how many rows they leave out."""
    findings = list(_findings(plan, read))
    verdicts = tuple(f"- {code(headline(step))}" for step in plan.steps)
    # A single verdict without findings before it is its own heading right below.
    sections = [Section(f"## {summary(plan)}", rows=verdicts if findings or len(verdicts) > 1 else ())]
    sections += findings
    if plan.trouble is not None:
        sections.append(Section(f"**It cannot be merged:** {code(plan.trouble)}"))
    if not plan.steps:
        sections.append(Section(code(nothing_moves(plan))))
    for step in plan.steps:
        sections += _step(step)
    if plan.steps and plan.also:
        sections.append(Section("### Also", rows=tuple(f"- {code(line)}" for line in plan.also)))
    last = f"Judged by the rules and policies of {code(plan.base[:12])}, up to {code(plan.head[:12])}."
    return bounded(sections, first=MARKER, last=last)


def _step(step: Step) -> Iterator[Section]:
    lines = tuple(f"- {name}: {code(value)}" for name, value in facts(step))
    warned = tuple(f"- **problem:** {code(text)}" for text in (step.problem, *step.notes) if text is not None)
    yield Section(f"### {code(headline(step))}", (*warned, *lines))
    if step.gates:
        rows = [
            f"| **{one.state}** | {cell(one.gate)} | {cell(one.reason)} | {cell(one.remedy or NOTHING)} |"
            for one in step.gates
        ]
        head, _ = table(["state", "gate", "evidence", "next"], ())
        yield Section("#### Gates", head, tuple(rows))
    if step.metrics:
        columns = ["metric", "before", "after", "change", "standing"]
        yield _section("#### Metrics", columns, [metric_cells(one) for one in step.metrics])
    yield from _interface(step)
    if step.changes:
        rows_of = [
            [one.section, one.name, value_words(one.before), value_words(one.after)] for one in step.changes
        ]
        title = f"What differs in data, code, parameters, files and dependencies ({len(step.changes)})"
        yield _section(title, ["section", "name", "before", "after"], rows_of, folded=True)
    if step.elsewhere:
        others = [[one.environment, one.version or "nothing", since_words(one)] for one in step.elsewhere]
        yield _section("#### Other environments now", ["environment", "serves", "since"], others)
    if step.dependents.shown:
        cells = [dependent_cells(one) for one in step.dependents.shown]
        count = len(step.dependents.shown) + step.dependents.left_out
        yield _section(f"#### Depends on it ({count})", ["version", "how", "live in"], cells)


def _section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, folded: bool = False
) -> Section:
    head, lines = table(columns, rows)
    return Section(title, head, lines, folded)


def _interface(step: Step) -> Iterator[Section]:
    comparison = step.interface
    if comparison is None:
        return
    sure = "" if comparison.certain else " (not certain)"
    given = f", {step.given} given" if step.given is not None else ""
    said = f"{step.required} required{sure}{given}: {code(comparison.reason)}"
    if not comparison.differences:
        yield Section("#### Interface", (said,))
        return
    head, rows = table(
        ["side", "place", "difference", "requires"],
        [
            [str(one.side), place_words(one.place), one.text, str(one.required)]
            for one in comparison.differences
        ],
    )
    yield Section("#### Interface", (said, "", *head), rows)


def _findings(plan: Plan, read: Read) -> Iterator[Section]:
    if not plan.findings:
        return
    rows = []
    for finding, spot in spots(plan.findings, read):
        said = " — ".join(
            cell(text) for text in (finding.message, finding.hint, waived_words(finding)) if text
        )
        rows.append(f"| **{finding.level}** | {cell(finding.rule)} | {cell(str(spot))} | {said} |")
    head, _ = table(["level", "rule", "place", "what is wrong"], ())
    yield Section("### Findings", head, tuple(rows))
