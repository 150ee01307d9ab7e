"""Bounds on a metric, and its comparison with what is live or with a baseline. No data is no proof (DESIGN 4.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from mooring.domain import layout
from mooring.domain.environment import GateSpec
from mooring.domain.model import Direction
from mooring.domain.verdict import GateState, Verdict
from mooring.gates.gate import Evidence


def assess(spec: GateSpec, evidence: Evidence) -> Iterator[Verdict]:
    """The verdicts of one metric gate: of its bounds and of its comparison, as far as it has them."""
    name = spec.metric
    if name is None or not evidence.brings_a_version:
        return
    value = _measured(evidence.metrics, name)
    if spec.min is not None or spec.max is not None:
        yield _bounds(spec, name, value)
    if spec.against is not None:
        yield _compared(spec, spec.against, name, value, evidence)


def _measured(metrics: Mapping[str, float], name: str) -> float | None:
    value = metrics.get(name)
    return value if value is not None and isfinite(value) else None


def _bounds(spec: GateSpec, name: str, value: float | None) -> Verdict:
    wanted = " and ".join(
        f"{word} {bound:g}"
        for word, bound in (("at least", spec.min), ("at most", spec.max))
        if bound is not None
    )
    gate = f"metric {name}"
    if value is None:
        return Verdict(gate, GateState.FAIL, f"{name} was not measured: no data is no proof", None, wanted)
    fits = (spec.min is None or value >= spec.min) and (spec.max is None or value <= spec.max)
    reason = f"{name} is {value:g}, {wanted} is required"
    return Verdict(gate, GateState.PASS if fits else GateState.FAIL, reason, f"{value:g}", wanted)


def _compared(spec: GateSpec, against: str, name: str, value: float | None, evidence: Evidence) -> Verdict:
    def verdict(state: GateState, reason: str, wanted: str | None = None) -> Verdict:
        return Verdict(gate, state, reason, f"{value:g}" if value is not None else None, wanted)

    live = against == "live"
    gate = f"metric {name} against {against}"
    version = "the live version" if live else against if "@" in against else f"{evidence.model}@{against}"
    if value is None:
        return verdict(GateState.FAIL, f"{name} was not measured: no data is no proof")
    there = evidence.live_metrics if live else evidence.baselines.get(against)
    if there is None and live:
        return verdict(GateState.PASS, f"nothing is live in {evidence.environment} to compare {name} with")
    if there is None:
        return verdict(GateState.FAIL, f"{version} is not in the registry: nothing to compare {name} with")
    other = _measured(there, name)
    if other is None:
        return verdict(GateState.FAIL, f"{name} of {version} was not measured: nothing to compare with")
    known = evidence.specs.get(name)
    if known is None:
        return Verdict(
            gate,
            GateState.FAIL,
            f"model.yaml of {evidence.model} does not say which way {name} is better",
            f"{value:g}",
            remedy=f"Write into {layout.model_path(evidence.model)}: metrics: {{{name}: {{direction: higher}}}}",
        )
    tolerance = spec.tolerance if spec.tolerance is not None else known.tolerance or 0.0
    slack = f" (tolerance {tolerance:g})" if tolerance else ""
    if known.direction is Direction.HIGHER:
        fits, wanted = value >= other - tolerance, f"at least {other:g}{slack}"
    else:
        fits, wanted = value <= other + tolerance, f"at most {other:g}{slack}"
    words = "as good as" if fits else "worse than"
    whose = f"the live {other:g}" if live else f"{other:g} of {version}"
    state = GateState.PASS if fits else GateState.FAIL
    return verdict(state, f"{name} {value:g} is {words} {whose}{slack}", wanted)
