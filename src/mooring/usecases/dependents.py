"""Who depends on a version: what was made from it, and where that is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.domain.plan import Dependent, Dependents
from mooring.rules.pointer_moves import named_versions
from mooring.stores.hub import Hub
from mooring.stores.lineage import lineage_at

MOST_SHOWN: Final = 50
MOST_MODELS: Final = 500
"""Of so many models at most the pointers are looked at: each takes a document for every environment."""


def dependents_of(hub: Hub, commit: str, refs: Sequence[str]) -> Dependents:
    """The versions at a commit (or tree) that name one of `refs` (`model@version`) as a parent, live ones first."""
    lineage = lineage_at(hub.repository, commit, hub.cache)
    pairs = [(child, ref) for ref in dict.fromkeys(refs) for child in lineage.children(ref)]
    models = dict.fromkeys(child.partition("@")[0] for child, _ in pairs)
    live = {model: _live(hub, commit, model) for model in [*models][:MOST_MODELS]}
    found = []
    for child, ref in pairs:
        model, _, version = child.partition("@")
        where = tuple(name for name, served in live.get(model, {}).items() if version in served)
        found.append(Dependent(child, ref, where))
    found.sort(key=lambda one: (not one.live, refs.index(one.parent)))
    return Dependents(tuple(found[:MOST_SHOWN]), len(found[MOST_SHOWN:]))


def _live(hub: Hub, commit: str, model: str) -> dict[str, set[str]]:
    """Every version of a model that an environment lets answer."""
    pointers = hub.registry(commit).pointers(model)
    return {
        environment: {version for _, version in named_versions(pointer)}
        for environment, pointer in pointers.items()
    }
