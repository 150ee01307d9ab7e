"""A plan as people read it in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence

from mooring.documents.yaml import JsonValue
from mooring.domain.finding import Finding
from mooring.domain.plan import Action, Plan, Step
from mooring.render.blocks import Block, Facts, Grid, Heading, Log, LogEntry, Problem, Prose
from mooring.render.findings import Read, spots, waived_words
from mooring.render.plan_words import (
    bytes_words,
    dependent_cells,
    headline,
    metric_cells,
    nothing_moves,
    since_words,
    summary,
    there_words,
)
from mooring.render.verdicts import log
from mooring.render.wording import NOTHING, number


def blocks(plan: Plan, read: Read) -> list[Block]:
    """Everything, step by step; then what the rules found, and one line that sums it up."""
    found: list[Block] = []
    for step in plan.steps:
        found += _step(step)
    if not plan.steps:
        found.append(Facts([("plan", nothing_moves(plan))]))
    elif plan.also:
        rows = Grid(["what"], [[line] for line in plan.also])
        found += [Heading("also"), Log([LogEntry([line], []) for line in plan.also], rows)]
    if plan.trouble is not None:
        found.append(Problem(f"{plan.branch} cannot be merged: {plan.trouble}"))
    return [*found, *_findings(plan.findings, read), Heading(summary(plan))]


def _step(step: Step) -> list[Block]:
    found: list[Block] = [Heading(headline(step)), Facts(facts(step))]
    found += [Problem(text) for text in (step.problem, *step.notes) if text is not None]
    if step.gates:
        found += [Heading("gates"), log(step.gates)]
    if step.metrics:
        columns = ["metric", "before", "after", "change", "standing"]
        rows = [metric_cells(one) for one in step.metrics]
        found += [Heading("metrics"), Grid(columns, rows, frozenset({1, 2, 3}))]
    found += _interface(step)
    if step.changes:
        rows = [[one.section, one.name, cell(one.before), cell(one.after)] for one in step.changes]
        found += [Heading("what differs"), Grid(["section", "name", "before", "after"], rows)]
    if step.elsewhere:
        rows = [[one.environment, one.version or "nothing", since_words(one)] for one in step.elsewhere]
        found += [Heading("other environments now"), Grid(["environment", "serves", "since"], rows)]
    return [*found, *_dependents(step)]


def facts(step: Step) -> list[tuple[str, str]]:
    """What a step is, in named values: who asks, why, which bytes, which versions are skipped, and the way back."""
    found: list[tuple[str, str]] = []
    pointer = step.pointer
    if step.action in (Action.ROLLBACK, Action.RESTORE):
        # The pointer that comes back says why it came at first; the reason of this change is in its commit.
        if step.replaced is not None:
            found.append(("undoes", f"promotion {step.replaced.promotion}: {step.replaced.reason}"))
        if pointer is not None:
            found.append(("brings back", f"promotion {pointer.promotion}: {pointer.reason}"))
    elif pointer is not None:
        found += [
            ("promotion", pointer.promotion),
            ("reason", pointer.reason),
            ("by", pointer.requested_by),
        ]
        if pointer.override is not None:
            found.append(("override", f"{pointer.override.promotion}: {pointer.override.reason}"))
        if pointer.rollout is not None and pointer.rollout.abort_on:
            found.append(("aborts on", ", ".join(pointer.rollout.abort_on)))
    if step.artifact is not None:
        found.append(("artifact", f"{bytes_words(step.artifact)}; {there_words(step.artifact.there)}"))
    if step.replaced_artifact is not None:
        label = "compared with" if step.action is Action.REGISTER else "replaces"
        found.append((label, f"{step.replaced_artifact.version}: {bytes_words(step.replaced_artifact)}"))
    if step.skipped:
        more = f" and {step.skipped_more} before" if step.skipped_more else ""
        found.append(("skips", f"{', '.join(step.skipped)}{more}: never live in {step.environment}"))
    if step.parents:
        found.append(("made from", ", ".join(step.parents)))
    if step.way_back is not None:
        found.append(("undo", step.way_back.command))
        found.append(("restores", f"{step.way_back.restores}; {there_words(step.way_back.there)}"))
    return found


def _interface(step: Step) -> list[Block]:
    comparison = step.interface
    if comparison is None:
        return []
    sure = "" if comparison.certain else " (not certain)"
    pairs = [("requires", f"{comparison.required}{sure}"), ("why", comparison.reason)]
    if step.breaking:
        pairs.append(("declared", "breaking"))
    if step.given is not None:
        pairs.append(("given", str(step.given)))
    found: list[Block] = [Heading("interface"), Facts(pairs)]
    if comparison.differences:
        rows = [
            [str(one.side), place_words(one.place), one.text, str(one.required)]
            for one in comparison.differences
        ]
        found.append(Grid(["side", "place", "difference", "requires"], rows))
    return found


def place_words(place: Sequence[str | int]) -> str:
    """A place in a JSON Schema."""
    return ".".join(map(str, place)) or NOTHING


def _dependents(step: Step) -> list[Block]:
    if not step.dependents.shown:
        return []
    rows = [dependent_cells(one) for one in step.dependents.shown]
    found: list[Block] = [Heading("depends on it"), Grid(["version", "how", "live in"], rows)]
    if step.dependents.left_out:
        found.append(Prose(f"and {step.dependents.left_out} more"))
    return found


def _findings(findings: Sequence[Finding], read: Read) -> list[Block]:
    if not findings:
        return []
    entries, rows = [], []
    for finding, spot in spots(findings, read):
        details = [finding.message]
        if finding.hint is not None:
            details.append(finding.hint)
        if finding.waiver is not None:
            details.append(waived_words(finding))
        entries.append(LogEntry([finding.level.value, finding.rule, str(spot)], details))
        rows.append([finding.level.value, finding.rule, str(spot), finding.message])
    grid = Grid(["level", "rule", "place", "message"], rows)
    return [Heading("findings"), Log(entries, grid)]


def cell(value: JsonValue) -> str:
    """A value of a manifest in a cell."""
    if value is None:
        return NOTHING
    if isinstance(value, float):
        return number(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
