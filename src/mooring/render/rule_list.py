"""All rules at once: as rows, and as data for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.render.blocks import Block, Grid
from mooring.render.rule_pages import Described, joined

SCHEMA: Final = "mooring/rules/v1"


def blocks(rules: Sequence[Described]) -> list[Block]:
    """A line for each rule."""
    rows = [[rule.id, rule.severity, rule.family, words(rule)["title"]] for rule in rules]
    return [Grid(["rule", "severity", "family", "what is wrong"], rows)]


def as_data(rules: Sequence[Described]) -> dict[str, object]:
    """The rules as plain data of the shape `mooring/rules/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "rules": [
            {
                "rule": rule.id,
                "severity": str(rule.severity),
                "family": rule.family,
                "judges": str(rule.scope),
                "waivable": rule.waivable,
                **words(rule),
            }
            for rule in rules
        ],
    }


def words(rule: Described) -> dict[str, str]:
    """What a rule's page says, by the name of its part, each paragraph on one line."""
    page = rule.page
    parts = {"title": page.title, "finds": page.finds, "why": page.why, "mend": page.mend}
    return {name: joined(text) for name, text in parts.items()}
