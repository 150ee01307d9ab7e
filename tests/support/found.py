"""Findings about one pointer, for tests of what is said of them."""

from __future__ import annotations

from mooring.domain.finding import Finding, Level, Place, Waived

POINTER = "environments/staging/iris.yaml"
FILES = {
    POINTER: b'apiVersion: mooring/v1\nkind: Pointer\nversion: "1.0.0"\nrollout:\n  weights: {"1.0.0": 100}\n'
}
WAIVED = Waived("Agreed; CHG-7", "Sam <sam@example.com>", "2026-03-01T00:00:00Z")


def finding(
    *keys: str | int,
    rule: str = "some-rule",
    path: str = POINTER,
    message: str = "it is wrong",
    level: Level = Level.ERROR,
    hint: str | None = "Mend it",
    value: str = "",
) -> Finding:
    waiver = WAIVED if level is Level.WAIVED else None
    return Finding(rule, Place(path, keys), message, hint, level, value, waiver=waiver)
