"""Asks the rules: about everything, or about what a change can affect."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from mooring.domain.change import Change, FileChange
from mooring.domain.events import EventKind
from mooring.domain.finding import Finding, KeyPath, Level
from mooring.domain.layout import FileKind
from mooring.domain.registry import Registry
from mooring.errors import UnavailableError
from mooring.rules import catalogue, subjects
from mooring.rules.pointer_moves import moves
from mooring.rules.rule import ChangeRule, StateRule
from mooring.rules.subjects import Subject
from mooring.rules.waivers import InForce


def check_registry(registry: Registry, *, only: Collection[str] | None = None) -> tuple[Finding, ...]:
    """What the rules about one state find in all of it, or in what the files at the paths `only` can affect."""
    found = subjects.every(registry) if only is None else subjects.touched(registry, only)
    return _in_order(_judge(registry, found))


def check_change(change: Change, *, governed_by: Registry | None = None) -> tuple[Finding, ...]:
    """What the rules find wrong with a change, by place.

    Rules about changes judge the change itself. Rules about one state judge what the change can affect,
    before and after it: what is new is as severe as its rule says, what was in the base already is a warning,
    so that a broken state never blocks the change that mends it. An error that a waiver of the base covers is
    waived; where several commits come at once, `governed_by` is the state before the first of them, so that
    none is waived by what came with it. Raises UnavailableError where a pointer moves and the clone has no
    history.
    """
    if change.of_kind(FileKind.POINTER) and not change.past.is_complete():
        raise UnavailableError(
            "this clone is shallow, and a promotion is judged by the whole history of main",
            "Run 'git fetch --unshallow'; in GitHub Actions give actions/checkout 'fetch-depth: 0'.",
        )
    state = judge_state(change)
    new = _asked(catalogue.CHANGE_RULES, change) + [
        replace(finding, commit=change.commit) for finding in _spared(change, state.new)
    ]
    waivers = InForce.of(governed_by or change.base, change.now, head=change.head)
    old = [replace(finding, level=Level.WARNING) for finding in state.old]
    return _in_order([*waivers.settle(new, catalogue.by_id()), *old])


def _spared(change: Change, found: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, those of rules that spare rollbacks as warnings where a rollback brings them back."""
    rules = catalogue.by_id()
    back = {move.path for move in moves(change) if move.restores is EventKind.ROLLED_BACK}
    for finding in found:
        rule = rules[finding.rule]
        spares = isinstance(rule, StateRule) and rule.spares_rollbacks and finding.place.path in back
        yield replace(finding, level=Level.WARNING) if spares else finding


def check_standing(change: Change, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """All there is to say about one state: `found` by the rules about states, and what time alone makes wrong.

    `change` leaves every file as it is; its base's waivers hold.
    """
    standing = [rule for rule in catalogue.CHANGE_RULES if rule.standing]
    waivers = InForce.of(change.base, change.now)
    return _in_order(waivers.settle([*found, *_asked(standing, change)], catalogue.by_id()))


def is_timeless(registry: Registry) -> bool:
    """Whether what `check_standing` says of a state is the same at all times: nothing in it has an end."""
    others = any(rule.standing and rule.family != "waivers" for rule in catalogue.CHANGE_RULES)
    return not others and not InForce.of(registry, 0).before


def check_again(change: Change, known: Iterable[Finding]) -> tuple[Finding, ...]:
    """All findings of the whole head, from `known`, all those of the whole base: only what differs is judged.

    Law: the same as `check_registry(change.head)`. It follows from the law of `judge_state`, read both ways: what
    comes and what goes.
    """
    known = tuple(known)
    there, back = subjects.affected(change), subjects.affected(_reversed(change), orphans=False)
    both = tuple(dict.fromkeys((*there.both, *back.both, *subjects.orphans_among(known))))
    gone = {found.identity for found in _judge(change.base, (*there.before, *back.after, *both))}
    kept = [finding for finding in known if finding.identity not in gone]
    found = _judge(change.head, dict.fromkeys((*there.after, *back.before, *both)))
    return _in_order([*kept, *found])


def _reversed(change: Change) -> Change:
    files = [FileChange(file.path, file.after, file.before) for file in change.files]
    return Change(change.head, change.base, files, change.past, change.now)


def _asked(rules: Iterable[ChangeRule], change: Change) -> list[Finding]:
    return [rule.finding(fault, commit=change.commit) for rule in rules for fault in rule.check(change)]


@dataclass(frozen=True, slots=True)
class StateFindings:
    """What rules about one state find in head, where a change can affect it: what is new, and what is in base too."""

    new: tuple[Finding, ...]
    old: tuple[Finding, ...]


def judge_state(change: Change) -> StateFindings:
    """The findings of head that a change can affect, apart by whether base has them too.

    Law: `new` is, by identity, all findings of the whole head less all findings of the whole base.
    """
    affected = subjects.affected(change)
    before = {found.identity for found in _judge(change.base, (*affected.before, *affected.both))}
    after = tuple(_judge(change.head, (*affected.after, *affected.both)))
    return StateFindings(
        tuple(found for found in after if found.identity not in before),
        tuple(found for found in after if found.identity in before),
    )


def _judge(registry: Registry, found: Iterable[Subject]) -> Iterator[Finding]:
    for subject in found:
        for rule in catalogue.STATE_RULES:
            yield from rule.findings(registry, subject)


def _in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(
        sorted(found, key=lambda finding: (finding.place.path, _sortable(finding.place.keys), finding.rule))
    )


def _sortable(keys: KeyPath) -> tuple[tuple[int, str], ...]:
    """Indices before names, and each in its own order."""
    return tuple((key, "") if isinstance(key, int) else (-1, key) for key in keys)
