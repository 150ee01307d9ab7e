"""What ends a rollout early: the conditions of `abort_on`, parsed once for everything that acts on them.

    condition = METRIC COMPARISON THRESHOLD
    threshold = NUMBER [UNIT] | "stable" ("+" | "-") NUMBER "%"

such as `latency_p95 > 200ms`, `error_rate > 0.5%` and `error_rate > stable + 5%`, where `stable` is what the version
that is live shows of the same metric in the same time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mooring.errors import UsageError

GRAMMAR: Final = "METRIC > NUMBER[UNIT], or METRIC > stable + NUMBER% (also >=, <, <=, and -)"

_NUMBER: Final = r"[0-9]{1,15}(?:\.[0-9]{1,15})?"
_CONDITION: Final = re.compile(
    r"(?P<metric>[A-Za-z_][A-Za-z0-9_.:/-]{0,99}) *(?P<comparison>>=|<=|>|<) *"
    rf"(?:stable *(?P<sign>[+-]) *(?P<percent>{_NUMBER}) *%"
    rf"|(?P<value>-?{_NUMBER}) *(?P<unit>%|[A-Za-z]{{1,12}}(?:/[A-Za-z]{{1,12}})?)?)"
)


class Comparison(StrEnum):
    """How the metric stands to the threshold when the rollout ends."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="


@dataclass(frozen=True, slots=True)
class AbortCondition:
    """One condition. `value` is in `unit`; where `is_relative` it is the percent above (or under) what is live."""

    metric: str
    comparison: Comparison
    value: float
    unit: str | None = None
    is_relative: bool = False

    def __str__(self) -> str:
        if self.is_relative:
            return f"{self.metric} {self.comparison} stable {'-' if self.value < 0 else '+'} {abs(self.value):g}%"
        return f"{self.metric} {self.comparison} {self.value:g}{self.unit or ''}"


def parse_condition(text: str) -> AbortCondition:
    """The condition that `text` states; raises UsageError, with the grammar, when it states none.

    Law: the condition written out (`str`) parses to the same condition.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no condition", f"Write {GRAMMAR}, such as: latency_p95 > 200ms")
    comparison = Comparison(found["comparison"])
    if found["percent"] is not None:
        percent = float(found["percent"])
        return AbortCondition(
            found["metric"], comparison, -percent if found["sign"] == "-" else percent, "%", is_relative=True
        )
    return AbortCondition(found["metric"], comparison, float(found["value"]), found["unit"])
