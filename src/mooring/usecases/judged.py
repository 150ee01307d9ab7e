"""What the rules find in a whole commit, from what they found in another one: only what differs is judged again.

By the law of tests/rules/test_incremental.py, the findings of a state follow from those of any other state and from
what differs between the two. What is remembered depends on a tree and on the rules alone, never on the time.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from mooring.domain.change import Change
from mooring.domain.finding import Finding, Level, Place
from mooring.rules.engine import check_again, check_registry
from mooring.rules.fingerprint import fingerprint
from mooring.stores.cache import Judgement
from mooring.stores.git.failures import MissingObjectError
from mooring.stores.hub import Hub

# With more paths than this between two states, judging them twice costs more than judging one whole registry once.
_FAR: Final = 2_000
# So broken a registry is judged whole each time: its findings would fill the cache.
_MOST: Final = 20_000


def findings_at(hub: Hub, commit: str) -> tuple[Finding, ...]:
    """All that the rules about one state find at a commit; remembered by its tree."""
    rules, tree = fingerprint(), _tree(hub, commit)
    known = hub.cache.judgement(tree, rules)
    found = _thaw(known.json) if known is not None else None
    if found is None:
        found = _from_another(hub, commit, tree, rules)
        if found is None:
            found = check_registry(hub.registry(commit))
        if len(found) <= _MOST:
            hub.cache.put_judgement(rules, Judgement(tree, _freeze(found), plain=False))
    return found


def remember_plain(hub: Hub, commit: str) -> None:
    """Remember that nothing is to be said of a commit's tree, whatever the time: its next check needs no rules."""
    rules, tree = fingerprint(), _tree(hub, commit)
    known = hub.cache.judgement(tree, rules)
    if known is None or not known.plain:
        hub.cache.put_judgement(rules, Judgement(tree, _freeze(()), plain=True))


def _tree(hub: Hub, commit: str) -> str:
    (found,) = hub.repository.objects.lookup([f"{commit}^{{tree}}"])
    return found if found is not None else commit


def _from_another(hub: Hub, commit: str, tree: str, rules: str) -> tuple[Finding, ...] | None:
    """The findings by way of the newest state that was judged before and is near; None where there is none."""
    for judgement in hub.cache.judgements(rules):
        # A branch that was thrown away may have taken its trees along.
        if not hub.repository.has_object(judgement.tree):
            continue
        found, files = _thaw(judgement.json), hub.differences(judgement.tree, tree)
        if found is not None and len(files) <= _FAR:
            base, head = hub.registry(judgement.tree), hub.registry(commit)
            # Git prunes object by object: of a branch that is gone, a tree may outlive its blobs.
            with suppress(MissingObjectError):
                return check_again(Change(base, head, files, hub.history(commit), now=0), found)
    return None


def _freeze(findings: tuple[Finding, ...]) -> str:
    rows = [
        (
            one.rule,
            one.place.path,
            one.place.keys,
            one.message,
            one.hint,
            one.level,
            one.value,
            one.line,
            one.column,
        )
        for one in findings
    ]
    return json.dumps(rows)


def _thaw(text: str) -> tuple[Finding, ...] | None:
    """The findings again; None where the text was spoiled."""
    try:
        return tuple(
            Finding(rule, Place(path, tuple(keys)), message, hint, Level(level), value, line, column)
            for rule, path, keys, message, hint, level, value, line, column in json.loads(text)
        )
    except (ValueError, TypeError):
        return None
