"""How one metric stands against another: by direction and tolerance."""

from __future__ import annotations

import pytest

from mooring.domain.metric_deltas import Standing, metric_deltas
from mooring.domain.model import Direction, MetricSpec

SPECS = {
    "accuracy": MetricSpec(direction=Direction.HIGHER, tolerance=0.01),
    "latency": MetricSpec(direction=Direction.LOWER, unit="ms"),
}


@pytest.mark.parametrize(
    ("name", "before", "after", "standing"),
    [
        ("accuracy", 0.95, 0.96, Standing.BETTER),
        ("accuracy", 0.95, 0.95, Standing.SAME),
        ("accuracy", 0.95, 0.94, Standing.WITHIN),
        ("accuracy", 0.95, 0.93, Standing.WORSE),
        ("latency", 3.0, 2.0, Standing.BETTER),
        ("latency", 3.0, 3.1, Standing.WORSE),
        ("latency", None, 3.1, Standing.NEW),
        ("latency", 3.0, None, Standing.MISSING),
        ("other", 1.0, 2.0, Standing.CHANGED),
        ("other", None, float("nan"), Standing.NOT_FINITE),
    ],
)
def test_a_metric_stands(name: str, before: float | None, after: float | None, standing: Standing) -> None:
    (found,) = metric_deltas(
        {name: before} if before is not None else {}, {name: after} if after is not None else {}, SPECS
    )

    assert found.standing is standing


def test_a_gate_s_tolerance_counts_before_the_model_s() -> None:
    (found,) = metric_deltas({"accuracy": 0.95}, {"accuracy": 0.94}, SPECS, tolerances={"accuracy": 0.001})

    assert (found.standing, found.tolerance) == (Standing.WORSE, 0.001)


def test_the_difference_is_what_people_compute() -> None:
    (found,) = metric_deltas({"accuracy": 0.95}, {"accuracy": 0.97}, SPECS)

    assert found.delta == 0.02


def test_the_model_s_metrics_come_first_and_none_twice() -> None:
    found = metric_deltas({"z": 1, "latency": 1}, {"a": 1, "accuracy": 1, "z": 1}, SPECS)

    assert [one.name for one in found] == ["accuracy", "latency", "z", "a"]
