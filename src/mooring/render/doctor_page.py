"""What `mooring doctor` found: one line a check, with the command that mends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mooring.render.blocks import Block, Grid, Log, LogEntry
from mooring.render.wording import NOTHING

SCHEMA: Final = "mooring/doctor/v1"


class Health(StrEnum):
    """How a check ended: a warning is worth knowing, a failure stops something from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what mends it where it is not well."""

    name: str
    health: Health
    message: str
    cure: str | None = None


def is_well(checks: Sequence[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.health is not Health.FAIL for check in checks)


def blocks(checks: Sequence[Check]) -> list[Block]:
    """One line a check, and below it what mends it."""
    rows = [[str(check.health), check.name, check.message, check.cure or NOTHING] for check in checks]
    entries = [
        LogEntry([str(check.health), check.name, check.message], [check.cure] if check.cure else [])
        for check in checks
    ]
    return [Log(entries, Grid(["health", "check", "found", "cure"], rows))]


def as_data(checks: Sequence[Check]) -> dict[str, object]:
    """The checks as plain data of the shape `mooring/doctor/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "well": is_well(checks),
        "checks": [
            {
                "name": check.name,
                "health": str(check.health),
                "message": check.message,
                "cure": check.cure,
            }
            for check in checks
        ],
    }
