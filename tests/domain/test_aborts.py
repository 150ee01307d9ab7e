"""Conditions that end a rollout: what they mean, and that written out they mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.aborts import AbortCondition, Comparison, parse_condition
from mooring.errors import UsageError

READ = {
    "latency_p95 > 200ms": AbortCondition("latency_p95", Comparison.ABOVE, 200, "ms"),
    "error_rate > 0.5%": AbortCondition("error_rate", Comparison.ABOVE, 0.5, "%"),
    "error_rate > stable + 5%": AbortCondition("error_rate", Comparison.ABOVE, 5, "%", is_relative=True),
    "revenue<=stable-1.5 %": AbortCondition("revenue", Comparison.AT_MOST, -1.5, "%", is_relative=True),
    "http:rps < 10 req/s": AbortCondition("http:rps", Comparison.BELOW, 10, "req/s"),
    "temperature >= -3": AbortCondition("temperature", Comparison.AT_LEAST, -3),
}
REFUSED = [
    "",
    "latency",
    "latency > ",
    "latency = 3",
    "200ms < latency",
    "error_rate > stable",
    "error_rate > stable * 2",
    "error_rate > stable + 5",
    "error_rate > nan",
    "error_rate > 1e999",
    "error_rate > 1; drop",
    "a > 1 and b > 2",
]


@pytest.mark.parametrize("text", READ)
def test_a_condition_is_read(text: str) -> None:
    assert parse_condition(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_what_nothing_can_evaluate_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(UsageError, match="no condition") as raised:
        parse_condition(text)

    assert "METRIC > NUMBER[UNIT]" in (raised.value.hint or "")


@given(
    st.builds(
        AbortCondition,
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_.:/-]{0,20}", fullmatch=True),
        st.sampled_from(Comparison),
        st.integers(-99_999, 99_999).map(lambda number: number / 10),
        st.sampled_from([None, "%", "ms", "req/s"]),
    )
)
def test_a_condition_written_out_is_the_same_condition(condition: AbortCondition) -> None:
    relative = AbortCondition(condition.metric, condition.comparison, condition.value, "%", is_relative=True)

    assert parse_condition(str(condition)) == condition
    assert parse_condition(str(relative)) == relative
