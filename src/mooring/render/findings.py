"""Findings for people and for programs; the only place that turns key paths into lines."""

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

_RED, _YELLOW, _BOLD, _DIM, _OFF = "\x1b[31m", "\x1b[33m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
_SHADES: Final = {Level.ERROR: _RED, Level.WARNING: _YELLOW, Level.WAIVED: _DIM}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a finding stands in the text: characters counted from 1, the end exclusive, None where there is no text."""

    path: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

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
            if span is not None:
                spot = Spot(path, span.line, span.column, span.end_line, span.end_column)
        located.append((finding, spot))
    return sorted(located, key=lambda pair: (pair[1].path, pair[1].line or 0, pair[1].column or 0))


def text(findings: Sequence[Finding], read: Read, *, color: bool) -> str:
    """One paragraph for each finding and a line that sums them up, for a terminal or a log."""
    lines: list[str] = []
    for finding, spot in spots(findings, read):
        label = f"{finding.level}[{finding.rule}]"
        where = f"{_BOLD}{spot}{_OFF}" if color else str(spot)
        tag = f"{_SHADES[finding.level]}{label}{_OFF}" if color else label
        lines.append(f"{where}: {tag} {visible(finding.message)}")
        # Nobody need mend what is waived.
        said = waived_words(finding) or finding.hint
        if said:
            below = f"    {visible(said)}"
            lines.append(f"{_DIM}{below}{_OFF}" if color else below)
    if findings:
        lines += ["", f"{summary(findings)} 'mooring explain RULE' says more."]
    else:
        lines.append(summary(findings))
    return "\n".join(lines) + "\n"


def waived_words(finding: Finding) -> str:
    """On whose word a finding is tolerated, and until when; empty where it is not."""
    waiver = finding.waiver
    if waiver is None:
        return ""
    return f"waived by {waiver.approved_by} until {waiver.expires}: {waiver.reason}"


def summary(findings: Sequence[Finding]) -> str:
    """How many errors and warnings there are, and how many errors are waived, in one sentence."""
    counted = counts(findings)
    waived = counted.pop(Level.WAIVED)
    found = [f"{count} {level if count == 1 else f'{level}s'}" for level, count in counted.items() if count]
    said = f"Found {' and '.join(found)}" if found else "No problems found"
    return f"{said}; {waived} waived." if waived else f"{said}."


def counts(findings: Sequence[Finding]) -> dict[Level, int]:
    """How many findings there are of each level, most severe first."""
    return {level: sum(finding.level is level for finding in findings) for level in Level}


def as_data(findings: Sequence[Finding], read: Read) -> dict[str, object]:
    """The findings as plain data of the shape `mooring/findings/v1`; keys are only ever added to it."""
    counted = counts(findings)
    return {
        "schema": SCHEMA,
        "findings": [_data(finding, spot) for finding, spot in spots(findings, read)],
        "errors": counted[Level.ERROR],
        "warnings": counted[Level.WARNING],
        "waived": counted[Level.WAIVED],
    }


def _data(finding: Finding, spot: Spot) -> dict[str, object]:
    waiver = finding.waiver
    return {
        "rule": finding.rule,
        "level": str(finding.level),
        "path": finding.place.path,
        "keys": list(finding.place.keys),
        "line": spot.line,
        "column": spot.column,
        "message": finding.message,
        "hint": finding.hint,
        "commit": finding.commit,
        "waiver": None
        if waiver is None
        else {"reason": waiver.reason, "approved_by": waiver.approved_by, "expires": waiver.expires},
    }


def as_json(findings: Sequence[Finding], read: Read) -> str:
    """`as_data` as JSON text."""
    # ASCII escapes keep invisible and reordering characters of foreign documents visible.
    return json.dumps(as_data(findings, read), indent=2) + "\n"
