"""Who depends on a version: what was made from it, what requires it beside it, and where that is live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mooring.domain.plan import Dependent, Dependents, Relation
from mooring.rules.pointer_moves import named_versions
from mooring.stores.descent import Descent, descent_at
from mooring.stores.hub import Hub

MOST_SHOWN: Final = 50
MOST_MODELS: Final = 500
"""Of so many models at most the pointers are looked at: each takes a document for every environment."""
Live = dict[str, dict[str, set[str]]]


def dependents_of(
    hub: Hub, commit: str, model: str, versions: Sequence[str | None], environment: str
) -> Dependents:
    """Who depends on a model of which `environment` is to serve `versions[0]` in place of `versions[1]`.

    Versions of the state `commit` (or tree) that were made from one of the two, and those live in the environment that
    require the model there, with whether the new version suits them; live ones come first.
    """
    descent = descent_at(hub.repository, commit, hub.cache)
    refs = [f"{model}@{version}" for version in dict.fromkeys(versions) if version is not None]
    children = [(child, ref) for ref in refs for child in descent.children(ref)]
    requiring = [ref for ref, _ in descent.requiring(model)]
    models = dict.fromkeys(ref.partition("@")[0] for ref in (*requiring, *(child for child, _ in children)))
    live = {name: _live(hub, commit, name) for name in [*models][:MOST_MODELS]}
    found = [Dependent(child, Relation.PARENT, ref, _where(live, child)) for child, ref in children]
    found += _requirers(descent, model, versions[0], environment, live)
    found.sort(key=lambda one: (one.suits is not False, not one.live))
    return Dependents(tuple(found[:MOST_SHOWN]), len(found[MOST_SHOWN:]))


def _requirers(
    descent: Descent, model: str, version: str | None, environment: str, live: Live
) -> list[Dependent]:
    return [
        Dependent(
            ref, Relation.REQUIRES, str(needed), (environment,), version is not None and needed.fits(version)
        )
        for ref, needed in descent.requiring(model)
        if environment in _where(live, ref)
    ]


def _where(live: Live, ref: str) -> tuple[str, ...]:
    model, _, version = ref.partition("@")
    return tuple(name for name, served in live.get(model, {}).items() if version in served)


def _live(hub: Hub, commit: str, model: str) -> dict[str, set[str]]:
    """Every version of a model that an environment lets answer."""
    pointers = hub.registry(commit).pointers(model)
    return {
        environment: {version for _, version in named_versions(pointer)}
        for environment, pointer in pointers.items()
    }
