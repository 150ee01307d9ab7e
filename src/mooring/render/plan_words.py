"""The words of a plan that every format shares: the verdict line of a step, and the line that sums a plan up."""

from __future__ import annotations

from typing import Final

from mooring.domain.finding import Level
from mooring.domain.metric_deltas import MetricDelta
from mooring.domain.model import Direction
from mooring.domain.plan import Action, Bytes, Dependent, Elsewhere, Plan, Step, Stretch
from mooring.domain.pointer import Rollout, Strategy
from mooring.domain.verdict import GateState
from mooring.render.wording import NOTHING, minute, number, size

STATES: Final = {GateState.PASS: "ready", GateState.PENDING: "pending", GateState.FAIL: "refused"}
_VERBS: Final = {
    Action.REMOVE: "REMOVE THE POINTER OF",
    Action.RESTORE: "BRING BACK WHAT A ROLLBACK UNDID:",
    Action.UNREADABLE: "UNREADABLE POINTER OF",
}


def headline(step: Step) -> str:
    """The verdict line of a step: what moves, how traffic gets there, how many gates pass, what the interface asks."""
    parts = [_moves(step)]
    if step.action is Action.ROLLBACK:
        parts.append(_back_to(step))
    if step.action is Action.PROMOTE and step.pointer is not None:
        parts.append(rollout_words(step.pointer.rollout))
    if step.action is not Action.REGISTER:
        parts.append(gates_words(step))
    if (asked := interface_words(step)) is not None:
        parts.append(asked)
    return " | ".join(parts)


def _moves(step: Step) -> str:
    verb = _VERBS.get(step.action, step.action.value.upper())
    match step.action:
        case Action.REGISTER:
            after = f" after {step.previous}" if step.previous is not None else ", the first version"
            return f"{verb} {step.model} {step.version}{after}"
        case Action.WITHDRAW:
            return f"{verb} {step.model} {step.previous or 'nothing'} from {step.environment}"
        case Action.PROMOTE if step.previous is None:
            return f"{verb} {step.model} {step.version} to {step.environment}"
    arrow = f"{step.previous or 'nothing'} → {step.version or 'nothing'}"
    return f"{verb} {step.model} {arrow} in {step.environment}"


def _back_to(step: Step) -> str:
    if step.pointer is None:
        return "back to before its first promotion"
    if step.stretch is None:
        return "back to an earlier state"
    return f"back to a state live {stretch_words(step.stretch)}"


def stretch_words(stretch: Stretch) -> str:
    """The days of a stretch, in UTC: `2026-08-02..08-19`; one day once."""
    since, until = minute(stretch.since)[:10], minute(stretch.until)[:10]
    if since == until:
        return since
    return f"{since}..{until[5:] if since[:4] == until[:4] else until}"


def rollout_words(rollout: Rollout | None) -> str:
    """How traffic reaches a version: `canary 5 % 2h → 25 → 50 → 100`; a hold is named where it changes."""
    if rollout is None:
        return "all at once"
    if rollout.strategy is Strategy.AB_TEST:
        shares = ", ".join(f"{version} {weight} %" for version, weight in rollout.weights.items())
        return f"{rollout.strategy} {shares}"
    told: list[str] = []
    hold: str | None = None
    for step in rollout.steps:
        percent = f"{step.weight} %" if not told else str(step.weight)
        told.append(f"{percent} {step.hold}" if step.hold is not None and step.hold != hold else percent)
        hold = step.hold
    return f"{rollout.strategy} {' → '.join(told)}".rstrip()


def gates_words(step: Step) -> str:
    """How many gates pass."""
    if step.problem is not None:
        return "cannot be judged"
    if not step.gates:
        return "no gates"
    passed = sum(verdict.state is GateState.PASS for verdict in step.gates)
    return f"{passed}/{len(step.gates)} gates"


def interface_words(step: Step) -> str | None:
    """What the difference of the interfaces asks for, of a registration with what was given; None without one."""
    required, comparison = step.required, step.interface
    if required is None or comparison is None:
        return None
    if step.action is Action.REGISTER:
        given = f", {step.given} given" if step.given is not None else ""
        return f"{required} required{given}"
    if comparison.required.name != "MAJOR":
        return f"compatible ({comparison.required})"
    sure = "breaks the interface" if comparison.certain else "may break the interface"
    return f"{sure} ({comparison.required})"


def summary(plan: Plan) -> str:
    """One line for the whole: may it be merged, how many steps it has, and what was found."""
    counts = [(level, sum(one.level is level for one in plan.findings)) for level in Level]
    found = [f"{count} {_plural(level, count)}" for level, count in counts if count]
    steps = f"{len(plan.steps)} step{'' if len(plan.steps) == 1 else 's'}"
    return " | ".join([f"Plan: {STATES[plan.state]}", steps, ", ".join(found) or "no findings"])


def _plural(level: Level, count: int) -> str:
    return level.value if count == 1 or level is Level.WAIVED else f"{level}s"


def nothing_moves(plan: Plan) -> str:
    """What is said of a change that moves no pointer and registers no version."""
    rest = f"; it {' and '.join(plan.also)}" if plan.also else ""
    return f"This change moves no pointer and registers no version{rest}."


def metric_cells(one: MetricDelta) -> list[str]:
    """A metric as name, what is live, what comes, the difference, and how it stands."""
    unit = f" ({one.unit})" if one.unit is not None else ""
    sign = "+" if one.delta is not None and one.delta > 0 else ""
    delta = f"{sign}{number(one.delta)}" if one.delta is not None else NOTHING
    notes = {Direction.HIGHER: ["higher is better"], Direction.LOWER: ["lower is better"]}
    told = notes[one.direction] if one.direction is not None else []
    if one.tolerance is not None:
        told = [*told, f"tolerance {number(one.tolerance)}"]
    standing = f"{one.standing} ({', '.join(told)})" if told else one.standing.value
    return [f"{one.name}{unit}", _number(one.before), _number(one.after), delta, standing]


def _number(value: float | None) -> str:
    return NOTHING if value is None else number(value)


def bytes_words(found: Bytes) -> str:
    """An artifact in words."""
    files = f"{found.files} file{'' if found.files == 1 else 's'}"
    return f"{found.digest[: len('sha256:') + 12]}, {size(found.size)} in {files}"


def since_words(one: Elsewhere) -> str:
    """Since when an environment serves what it serves."""
    held = ", rolled back" if one.is_rolled_back else ""
    return (minute(one.since) if one.since is not None else NOTHING) + held


def dependent_cells(one: Dependent) -> list[str]:
    """A dependent as version, how it depends, and where it is live."""
    suits = ", WHICH THIS IS NOT" if one.suits is False else ""
    return [one.ref, f"{one.relation} {one.needs}{suits}", ", ".join(one.live) or NOTHING]


def there_words(there: str) -> str:
    """Whether bytes are in the remote, in words."""
    return {
        "present": "its bytes are in the remote",
        "missing": "ITS BYTES ARE NOT IN THE REMOTE",
        "not needed": "no bytes are needed",
    }.get(there, "the remote did not say whether it has its bytes")
