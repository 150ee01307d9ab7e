"""What differs between two versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from mooring.documents.yaml import JsonValue
from mooring.domain.compatibility import Bump, Comparison
from mooring.domain.registry import Release
from mooring.render.blocks import Block, Facts, Grid, Heading, Problem, Prose
from mooring.render.comparison_data import comparison_data
from mooring.render.wording import NOTHING, number

SCHEMA: Final = "mooring/diff/v1"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs; None is absence. `better` is for metrics whose direction is known."""

    section: str
    name: str
    before: JsonValue
    after: JsonValue
    delta: float | None = None
    better: bool | None = None


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """Two versions, and what the step from the first to the second changes.

    `step` is the bump between their numbers where both are SemVer of one model; `interface` is what their interfaces
    require.
    """

    commit: str | None
    before: Release
    after: Release
    differences: tuple[Difference, ...]
    interface: Comparison
    step: Bump | None

    @property
    def is_sufficient(self) -> bool | None:
        """Whether the step is as large as the interfaces require; None where there is no step to judge."""
        if self.step is None:
            return None
        return self.step >= self.interface.required or self.after.manifest.breaking


def blocks(diff: VersionDiff) -> list[Block]:
    """The differences section by section, and what the interfaces require."""
    before, after = diff.before.manifest.ref, diff.after.manifest.ref
    found: list[Block] = [Heading(f"{before} -> {after}")]
    if not diff.differences and not diff.interface.differences:
        return [*found, Prose("They do not differ in anything that a manifest says.")]
    for section in dict.fromkeys(one.section for one in diff.differences):
        inside = [one for one in diff.differences if one.section == section]
        found.append(Heading(section))
        if section == "metrics":
            rows = [[one.name, _cell(one.before), _cell(one.after), _delta(one)] for one in inside]
            found.append(Grid(["metric", "before", "after", "change"], rows, frozenset({1, 2})))
        else:
            rows = [[one.name, _cell(one.before), _cell(one.after)] for one in inside]
            found.append(Grid(["name", "before", "after"], rows))
    return [*found, *_interface(diff)]


def _delta(one: Difference) -> str:
    if one.delta is None:
        return NOTHING
    sign = "+" if one.delta > 0 else ""
    words = {True: " better", False: " worse", None: ""}[one.better]
    return f"{sign}{number(one.delta)}{words}"


def _interface(diff: VersionDiff) -> list[Block]:
    comparison = diff.interface
    facts = [("requires", f"{comparison.required}{'' if comparison.certain else ' (not certain)'}")]
    facts.append(("why", comparison.reason))
    if diff.step is not None:
        facts.append(("step", str(diff.step)))
    found: list[Block] = [Heading("interface"), Facts(facts)]
    if comparison.differences:
        rows = [[str(one.side), one.text, str(one.required)] for one in comparison.differences]
        found.append(Grid(["side", "difference", "requires"], rows))
    if diff.is_sufficient is False:
        words = (
            f"the step is {diff.step}, and the difference of the interfaces requires {comparison.required}"
        )
        found.append(Problem(words))
    return found


def _cell(value: JsonValue) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_data(diff: VersionDiff) -> dict[str, object]:
    """The differences as plain data of the shape `mooring/diff/v1`; keys are only ever added to it."""
    comparison = diff.interface
    return {
        "schema": SCHEMA,
        "commit": diff.commit,
        "before": _end(diff.before),
        "after": _end(diff.after),
        "differences": [
            {
                "section": one.section,
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "delta": one.delta,
                "better": one.better,
            }
            for one in diff.differences
        ],
        "interface": comparison_data(comparison),
        "step": str(diff.step) if diff.step is not None else None,
        "sufficient": diff.is_sufficient,
    }


def _end(release: Release) -> dict[str, object]:
    return {
        "ref": release.manifest.ref,
        "digest": release.digest,
        "artifact": release.manifest.artifact.digest,
    }
