"""All rules, found in the modules of their families: a rule added to one of these is in force at once."""

from __future__ import annotations

from functools import cache

from mooring.rules import (
    attributes,
    canonical,
    contents,
    documents,
    environments,
    fitness,
    governance,
    history,
    lineage,
    manifests,
    pointers,
    provenance,
    references,
    releases,
    retention,
    rollouts,
    storage,
    structure,
    waivers,
)
from mooring.rules.rule import ChangeRule, Rule, StateRule

FAMILIES = (
    documents,
    canonical,
    structure,
    attributes,
    contents,
    storage,
    manifests,
    references,
    releases,
    pointers,
    provenance,
    fitness,
    history,
    lineage,
    environments,
    rollouts,
    retention,
    governance,
    waivers,
)


def _found() -> tuple[Rule, ...]:
    rules = [
        value
        for family in FAMILIES
        for value in vars(family).values()
        if isinstance(value, StateRule | ChangeRule)
    ]
    names = [rule.id for rule in rules]
    if len(set(names)) != len(names):
        raise TypeError(f"two rules have one name: {sorted(names)}")
    return tuple(rules)


RULES: tuple[Rule, ...] = _found()
"""Every rule, family by family, in the order in which it is written there."""

STATE_RULES = tuple(rule for rule in RULES if isinstance(rule, StateRule))
CHANGE_RULES = tuple(rule for rule in RULES if isinstance(rule, ChangeRule))


@cache
def by_id() -> dict[str, Rule]:
    """The rules by id."""
    return {rule.id: rule for rule in RULES}
