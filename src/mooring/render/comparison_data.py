"""A comparison of two interfaces as plain data, the same in every shape that holds one."""

from __future__ import annotations

from mooring.domain.compatibility import Comparison


def comparison_data(comparison: Comparison) -> dict[str, object]:
    """What the comparison requires, how sure it is, and each difference with its place."""
    return {
        "required": str(comparison.required),
        "certain": comparison.certain,
        "reason": comparison.reason,
        "differences": [
            {
                "side": str(one.side),
                "place": list(one.place),
                "before": one.before,
                "after": one.after,
                "text": one.text,
                "required": str(one.required),
            }
            for one in comparison.differences
        ],
    }
