"""Findings as Markdown, for the summary of a job or a comment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.domain.finding import Finding, Level
from mooring.render.findings import Read, Spot, spots, summary, waived_words
from mooring.render.markdown import LIMIT, Section, bounded, cell, table
from mooring.render.wording import NOTHING

_TITLES: Final = {Level.ERROR: "Errors", Level.WARNING: "Warnings", Level.WAIVED: "Waived"}


def as_markdown(findings: Sequence[Finding], read: Read, *, limit: int = LIMIT) -> str:
    """A table for each level, most severe first, in at most `limit` bytes; foreign text is never markup.

    A table that is too long says how many rows it leaves out.
    """
    located = spots(findings, read)
    parts = [Section(f"## mooring check: {summary(findings)}")]
    for level, title in _TITLES.items():
        ours = [_cells(finding, spot) for finding, spot in located if finding.level is level]
        if ours:
            last = "on whose word" if level is Level.WAIVED else "what to do"
            head, rows = table(["rule", "place", "what is wrong", last], ours)
            parts.append(Section(f"### {title} ({len(ours):,})", head, rows))
    last = f"{cell('mooring explain RULE')} says more about a rule." if findings else ""
    return bounded(parts, last=last, limit=limit)


def _cells(finding: Finding, spot: Spot) -> list[str]:
    return [finding.rule, str(spot), finding.message, waived_words(finding) or finding.hint or NOTHING]
