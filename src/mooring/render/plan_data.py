"""A plan for programs: the shape `mooring/plan/v1`, to which keys are only ever added."""

from __future__ import annotations

from typing import Final

from mooring.documents import codec
from mooring.domain.plan import Bytes, Plan, Step
from mooring.render.comparison_data import comparison_data
from mooring.render.findings import Read
from mooring.render.findings import as_data as findings_data
from mooring.render.plan_words import STATES, headline, summary
from mooring.render.verdicts import plain
from mooring.render.wording import iso

SCHEMA: Final = "mooring/plan/v1"


def as_data(plan: Plan, read: Read) -> dict[str, object]:
    """The plan as plain data."""
    judged = findings_data(plan.findings, read)
    return {
        "schema": SCHEMA,
        "base": plan.base,
        "head": plan.head,
        "branch": plan.branch,
        "state": STATES[plan.state],
        "summary": summary(plan),
        "steps": [_step(step) for step in plan.steps],
        "also": list(plan.also),
        "trouble": plan.trouble,
        "findings": judged["findings"],
    }


def outputs(plan: Plan, report: str | None) -> dict[str, str]:
    """The plan in four words, for the later steps of a CI job: each a line of text without a line end.

    `required-bump` is the greatest that a registered version needed, `none` where no version is registered.
    """
    required = [
        step.required for step in plan.steps if step.required is not None and step.environment is None
    ]
    return {
        "result": STATES[plan.state],
        "changed-models": " ".join(dict.fromkeys(step.model for step in plan.steps)),
        "required-bump": str(max(required)) if required else "none",
        "report-path": report or "",
    }


def _step(step: Step) -> dict[str, object]:
    pointer, stretch, back = step.pointer, step.stretch, step.way_back
    return {
        "action": step.action.value,
        "verdict": headline(step),
        "state": STATES[step.state],
        "model": step.model,
        "environment": step.environment,
        "path": step.path,
        "from": step.previous,
        "to": step.version,
        "promotion": pointer.promotion if pointer is not None else None,
        "reason": pointer.reason if pointer is not None else None,
        "requested_by": pointer.requested_by if pointer is not None else None,
        "rollout": codec.plain(pointer).get("rollout") if pointer is not None else None,
        "was_live": {"since": iso(stretch.since), "until": iso(stretch.until)}
        if stretch is not None
        else None,
        "problem": step.problem,
        "notes": list(step.notes),
        "gates": [plain(verdict) for verdict in step.gates],
        "metrics": [
            {
                "name": one.name,
                "before": one.before,
                "after": one.after,
                "delta": one.delta,
                "standing": one.standing.value,
                "direction": one.direction.value if one.direction is not None else None,
                "tolerance": one.tolerance,
                "unit": one.unit,
            }
            for one in step.metrics
        ],
        "interface": comparison_data(step.interface) if step.interface is not None else None,
        "bump": {
            "required": str(step.required) if step.required is not None else None,
            "given": str(step.given) if step.given is not None else None,
            "declared_breaking": step.breaking,
        },
        "changes": [
            {"section": one.section, "name": one.name, "before": one.before, "after": one.after}
            for one in step.changes
        ],
        "artifact": _bytes(step.artifact) if step.artifact is not None else None,
        "replaced_artifact": _bytes(step.replaced_artifact) if step.replaced_artifact is not None else None,
        "skipped": list(step.skipped),
        "skipped_more": step.skipped_more,
        "elsewhere": [
            {
                "environment": one.environment,
                "version": one.version,
                "since": iso(one.since) if one.since is not None else None,
                "rolled_back": one.is_rolled_back,
            }
            for one in step.elsewhere
        ],
        "parents": list(step.parents),
        "dependents": [
            {
                "version": one.ref,
                "relation": one.relation.value,
                "needs": one.needs,
                "live_in": list(one.live),
                "suits": one.suits,
            }
            for one in step.dependents.shown
        ],
        "dependents_more": step.dependents.left_out,
        "undo": {"command": back.command, "restores": back.restores, "bytes": back.there}
        if back is not None
        else None,
    }


def _bytes(found: Bytes) -> dict[str, object]:
    return {
        "version": found.version,
        "digest": found.digest,
        "size": found.size,
        "files": found.files,
        "bytes": found.there,
    }
