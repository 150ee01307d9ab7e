"""All models, and what each environment serves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mooring.domain.pointer import Pointer
from mooring.render.blocks import Block, Grid, Problem, Prose
from mooring.render.wording import NOTHING, name_of

SCHEMA: Final = "mooring/list/v1"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """One model. `live` has the pointers by environment; `problems` say what of it could not be read."""

    name: str
    description: str | None
    owners: tuple[str, ...]
    latest: str | None
    versions: int
    live: Mapping[str, Pointer]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """All models at a commit; `environments` in the order in which a version passes them."""

    commit: str | None
    environments: tuple[str, ...]
    models: tuple[ListedModel, ...]


def served(pointer: Pointer | None) -> str:
    """What an environment serves, in one word."""
    if pointer is None:
        return NOTHING
    return pointer.version or "withdrawn"


def blocks(listing: Listing) -> list[Block]:
    """The table of models by environments, and below it what could not be read."""
    if not listing.models:
        return [Prose("No models yet. Register the first: mooring register MODEL FILES")]
    rows = [
        [
            model.name,
            model.latest or NOTHING,
            str(model.versions),
            *(served(model.live.get(environment)) for environment in listing.environments),
            ", ".join(map(name_of, model.owners)) or NOTHING,
        ]
        for model in listing.models
    ]
    columns = ["model", "latest", "versions", *listing.environments, "owners"]
    table = Grid(columns, rows, frozenset({2}))
    return [table, *(Problem(text) for model in listing.models for text in model.problems)]


def as_data(listing: Listing) -> dict[str, object]:
    """The listing as plain data of the shape `mooring/list/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "commit": listing.commit,
        "environments": list(listing.environments),
        "models": [_model(model, listing.environments) for model in listing.models],
    }


def _model(model: ListedModel, environments: Sequence[str]) -> dict[str, object]:
    return {
        "name": model.name,
        "description": model.description,
        "owners": list(model.owners),
        "latest": model.latest,
        "versions": model.versions,
        "live": {name: model.live[name].version for name in environments if name in model.live},
        "problems": list(model.problems),
    }
