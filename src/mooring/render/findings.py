"""Findings for people, for programs and for GitHub's annotations; the only place that turns key paths into lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mooring.documents import yaml
from mooring.domain.finding import Finding, Level
from mooring.render.visible import visible

Read = Callable[[str], bytes | None]
"""Gives the bytes of a path in the judged state, or None where there is no such file."""

SCHEMA: Final = "mooring/findings/v1"

MOST_ANNOTATIONS: Final = 10
"""GitHub shows ten errors and ten warnings of a step and drops the rest without a word."""

_RED, _YELLOW, _BOLD, _DIM, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a finding stands in the text; line and column count from 1 and are None where there is no such text."""

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number is not None]
        return ":".join([visible(self.path), *numbers])


def spots(findings: Sequence[Finding], read: Read) -> list[tuple[Finding, Spot]]:
    """Each finding with its spot, by path and line; every file is read once."""
    texts: dict[str, bytes | None] = {}
    located: list[tuple[Finding, Spot]] = []
    for finding in findings:
        path, keys = finding.place.path, finding.place.keys
        spot = Spot(path, finding.line, finding.column)
        if finding.line is None and keys:
            if path not in texts:
                texts[path] = read(path)
            data = texts[path]
            span = yaml.locate(data, keys) if data is not None else None
            spot = Spot(path, span.line, span.column) if span is not None else spot
        located.append((finding, spot))
    return sorted(located, key=lambda pair: (pair[1].path, pair[1].line or 0, pair[1].column or 0))


def text(findings: Sequence[Finding], read: Read, *, color: bool) -> str:
    """One paragraph for each finding and a line that sums them up, for a terminal or a log."""
    lines: list[str] = []
    for finding, spot in spots(findings, read):
        shade = _RED if finding.level is Level.ERROR else _YELLOW
        label = f"{finding.level}[{finding.rule}]"
        where, tag = (f"{_BOLD}{spot}{_OFF}", f"{shade}{label}{_OFF}") if color else (str(spot), label)
        lines.append(f"{where}: {tag} {visible(finding.message)}")
        if finding.hint is not None:
            hint = f"    {visible(finding.hint)}"
            lines.append(f"{_DIM}{hint}{_OFF}" if color else hint)
    if findings:
        lines += ["", f"{summary(findings)} 'mooring explain RULE' says more."]
    else:
        lines.append(summary(findings))
    return "\n".join(lines) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """How many errors and warnings there are, in one sentence."""
    counts = [
        f"{count} {level if count == 1 else f'{level}s'}" for level, count in _counted(findings) if count
    ]
    return f"Found {' and '.join(counts)}." if counts else "No problems found."


def _counted(findings: Sequence[Finding]) -> list[tuple[Level, int]]:
    return [
        (level, sum(finding.level is level for finding in findings)) for level in (Level.ERROR, Level.WARNING)
    ]


def as_data(findings: Sequence[Finding], read: Read) -> dict[str, object]:
    """The findings as plain data of the shape `mooring/findings/v1`; keys are only ever added to it."""
    counted = dict(_counted(findings))
    return {
        "schema": SCHEMA,
        "findings": [
            {
                "rule": finding.rule,
                "level": str(finding.level),
                "path": finding.place.path,
                "keys": list(finding.place.keys),
                "line": spot.line,
                "column": spot.column,
                "message": finding.message,
                "hint": finding.hint,
                "commit": finding.commit,
            }
            for finding, spot in spots(findings, read)
        ],
        "errors": counted[Level.ERROR],
        "warnings": counted[Level.WARNING],
    }


def as_json(findings: Sequence[Finding], read: Read) -> str:
    """`as_data` as JSON text."""
    # ASCII escapes keep invisible and reordering characters of foreign documents visible.
    return json.dumps(as_data(findings, read), indent=2) + "\n"


def github(findings: Sequence[Finding], read: Read) -> str:
    """Workflow commands that GitHub shows as annotations, errors first; the last of a level counts those left out."""
    located = spots(findings, read)
    lines: list[str] = []
    for level in (Level.ERROR, Level.WARNING):
        ours = [pair for pair in located if pair[0].level is level]
        shown = ours if len(ours) <= MOST_ANNOTATIONS else ours[: MOST_ANNOTATIONS - 1]
        lines += [_annotation(finding, spot) for finding, spot in shown]
        if len(shown) < len(ours):
            rest = f"{len(ours) - len(shown)} more {level}s are not shown here; the log of this step lists them all."
            lines.append(f"::{level} title={_property('mooring')}::{_data(rest)}")
    return "\n".join([*lines, ""]) if lines else ""


def _annotation(finding: Finding, spot: Spot) -> str:
    places = [("file", spot.path), ("line", spot.line), ("col", spot.column), ("title", finding.rule)]
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in places if value is not None)
    message = f"{finding.message}\n{finding.hint}" if finding.hint is not None else finding.message
    return f"::{finding.level} {properties}::{_data(message)}"


def _data(value: str) -> str:
    """The escapes of GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts)."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    return _data(value).replace(":", "%3A").replace(",", "%2C")
