"""How the metrics of a version stand against those of another: by direction and tolerance, not by the number alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from mooring.domain.model import Direction, MetricSpec


class Standing(StrEnum):
    """What became of one metric."""

    BETTER = "better"
    WORSE = "worse"
    WITHIN = "within tolerance"
    """Worse, by no more than is tolerated."""
    SAME = "same"
    CHANGED = "changed"
    """It differs, and `model.yaml` does not say which way is better."""
    NEW = "new"
    """Only the version that comes has it."""
    MISSING = "missing"
    """Only the other version has it: it was not measured again."""
    NOT_FINITE = "not finite"


@dataclass(frozen=True, slots=True)
class MetricDelta:
    """One metric of two versions; None is absence. `tolerance` and `delta` are in the unit of the metric."""

    name: str
    before: float | None
    after: float | None
    delta: float | None
    standing: Standing
    direction: Direction | None = None
    tolerance: float | None = None
    unit: str | None = None


def metric_deltas(
    before: Mapping[str, float],
    after: Mapping[str, float],
    specs: Mapping[str, MetricSpec],
    *,
    tolerances: Mapping[str, float] | None = None,
) -> tuple[MetricDelta, ...]:
    """Every metric that either version or the model names, the model's first.

    `tolerances` are those of an environment's gates; where they say nothing the model's own counts.
    """
    named = {**(tolerances or {})}
    names = dict.fromkeys([*(name for name in specs if name in before or name in after), *before, *after])
    return tuple(_delta(name, before.get(name), after.get(name), specs.get(name), named) for name in names)


def _delta(
    name: str,
    before: float | None,
    after: float | None,
    spec: MetricSpec | None,
    tolerances: Mapping[str, float],
) -> MetricDelta:
    tolerance = tolerances.get(name, spec.tolerance if spec is not None else None)
    direction = spec.direction if spec is not None else None
    # Twelve digits: 0.97 - 0.95 is 0.02 for everybody but a float.
    delta = float(f"{after - before:.12g}") if before is not None and after is not None else None
    standing = _standing(before, after, delta, direction, tolerance)
    unit = spec.unit if spec is not None else None
    return MetricDelta(name, before, after, delta, standing, direction, tolerance, unit)


def _standing(
    before: float | None,
    after: float | None,
    delta: float | None,
    direction: Direction | None,
    tolerance: float | None,
) -> Standing:
    if after is None:
        return Standing.MISSING
    if not isfinite(after):
        return Standing.NOT_FINITE
    if before is None or delta is None:
        return Standing.NEW
    if delta == 0:
        return Standing.SAME
    if direction is None:
        return Standing.CHANGED
    if (delta > 0) is (direction is Direction.HIGHER):
        return Standing.BETTER
    return Standing.WITHIN if tolerance is not None and abs(delta) <= tolerance else Standing.WORSE
