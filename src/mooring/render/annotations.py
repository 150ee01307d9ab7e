"""Findings as GitHub shows them beside the lines of a pull request, and in the log of the step."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from mooring.domain.finding import Finding, Level
from mooring.render.findings import Read, Spot, spots, summary, text
from mooring.render.visible import visible

MOST: Final = 10
"""GitHub shows ten errors and ten warnings of a step and drops the rest without a word."""


def github(findings: Sequence[Finding], read: Read) -> str:
    """What `text` says, for the log; then workflow commands, errors first.

    Where a level has more than ten findings, its tenth annotation says how many more there are. What is waived is not
    annotated.
    """
    if not findings:
        return summary(findings) + "\n"
    return _quoted(text(findings, read, color=False)) + "".join(
        f"{line}\n" for line in _commands(findings, read)
    )


def _commands(findings: Sequence[Finding], read: Read) -> list[str]:
    located = spots(findings, read)
    lines: list[str] = []
    for level in (Level.ERROR, Level.WARNING):
        ours = [pair for pair in located if pair[0].level is level]
        shown = ours if len(ours) <= MOST else ours[: MOST - 1]
        lines += [_annotation(finding, spot) for finding, spot in shown]
        if len(shown) < len(ours):
            rest = f"{len(ours) - len(shown)} more {level}s are not shown here; the log of this step lists them all."
            lines.append(f"::{level} title={_property('mooring')}::{_data(rest)}")
    return lines


def _quoted(listing: str) -> str:
    """The listing where the runner obeys no command: a path or a value may look like one."""
    # No text can contain its own digest, so nothing in it ends the quotation.
    token = hashlib.sha256(listing.encode("utf-8", "backslashreplace")).hexdigest()
    return f"::stop-commands::{token}\n{listing}::{token}::\n"


def _annotation(finding: Finding, spot: Spot) -> str:
    places = [("file", spot.path), ("line", spot.line), ("col", spot.column), ("title", finding.rule)]
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in places if value is not None)
    said = [finding.message] if finding.hint is None else [finding.message, finding.hint]
    message = "\n".join(map(visible, said))
    return f"::{finding.level} {properties}::{_data(message)}"


def _data(value: str) -> str:
    """The escapes of GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts)."""
    # Paths that are no UTF-8 come with surrogates, which no log can take.
    value = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
