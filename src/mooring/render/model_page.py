"""A model and its versions, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mooring.documents import codec
from mooring.domain.model import Model, ModelVersion, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.render.blocks import Block, Facts, Grid, Heading, Problem, Prose, left_out
from mooring.render.listing import served
from mooring.render.wording import NOTHING, minute_of, name_of, number

SCHEMA: Final = "mooring/show-model/v1"
_MOST_METRICS: Final = 4


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One version; without a manifest `problem` says why it could not be read. `live_in` names environments."""

    version: str
    manifest: ModelVersion | None
    status: VersionStatus | None
    live_in: tuple[str, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class ModelPage:
    """A model. `versions` are the newest of `total`; `live` has the pointers by environment, readable or not there."""

    name: str
    commit: str | None
    model: Model | None
    latest: str | None
    total: int
    versions: tuple[ListedVersion, ...]
    environments: tuple[str, ...]
    live: Mapping[str, Pointer]
    problems: tuple[str, ...] = ()


def blocks(page: ModelPage) -> list[Block]:
    """The model, where it is live, and its versions."""
    return [Heading(page.name), Facts(_facts(page)), *version_blocks(page)]


def version_blocks(page: ModelPage) -> list[Block]:
    """The versions alone, and what could not be read."""
    problems: list[Block] = [Problem(text) for text in page.problems]
    problems += [Problem(row.problem) for row in page.versions if row.problem is not None]
    if not page.versions:
        return [Prose(f"No versions yet. Register the first: mooring register {page.name} FILES"), *problems]
    names = _metric_names(page)
    rows = [
        [
            row.version,
            minute_of(row.manifest.created_at) if row.manifest else NOTHING,
            name_of(row.manifest.author) if row.manifest else NOTHING,
            ", ".join(row.live_in) or NOTHING,
            str(row.status.state) if row.status else ("unreadable" if row.problem else NOTHING),
            *(
                number(row.manifest.metrics[name])
                if row.manifest and name in row.manifest.metrics
                else NOTHING
                for name in names
            ),
        ]
        for row in page.versions
    ]
    columns = ["version", "created", "author", "live in", "status", *names]
    table = Grid(columns, rows, frozenset(range(5, 5 + len(names))))
    return [table, *left_out(page.total - len(page.versions)), *problems]


def _metric_names(page: ModelPage) -> list[str]:
    """The metrics worth a column: first those that the model declares, then those of the newest version."""
    declared = list(page.model.metrics) if page.model is not None else []
    newest = next((row.manifest for row in page.versions if row.manifest is not None), None)
    measured = {name for row in page.versions if row.manifest for name in row.manifest.metrics}
    wanted = dict.fromkeys([*declared, *(newest.metrics if newest is not None else ())])
    return [name for name in wanted if name in measured][:_MOST_METRICS]


def _facts(page: ModelPage) -> list[tuple[str, str]]:
    model = page.model
    pairs = [
        ("description", model.description if model else None),
        ("owners", ", ".join(model.owners) if model else None),
        ("task", model.task if model else None),
        ("license", model.license if model else None),
        ("versioning", str(model.versioning) if model else None),
        ("latest", page.latest),
        *((name, _live(page.live[name])) for name in page.environments if name in page.live),
    ]
    return [(name, value) for name, value in pairs if value]


def _live(pointer: Pointer) -> str:
    strategy = f" ({pointer.rollout.strategy})" if pointer.rollout is not None else ""
    return f"{served(pointer)}{strategy}, promotion {pointer.promotion}"


def as_data(page: ModelPage) -> dict[str, object]:
    """The page as plain data of the shape `mooring/show-model/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "commit": page.commit,
        "name": page.name,
        "model": codec.plain(page.model) if page.model is not None else None,
        "latest": page.latest,
        "total": page.total,
        "live": {name: codec.plain(page.live[name]) for name in page.environments if name in page.live},
        "versions": [_version(row) for row in page.versions],
        "problems": list(page.problems),
    }


def _version(row: ListedVersion) -> dict[str, object]:
    manifest = row.manifest
    return {
        "version": row.version,
        "created_at": manifest.created_at if manifest else None,
        "author": manifest.author if manifest else None,
        "digest": manifest.artifact.digest if manifest else None,
        "metrics": dict(manifest.metrics) if manifest else {},
        "live_in": list(row.live_in),
        "status": codec.plain(row.status) if row.status is not None else None,
        "problem": row.problem,
    }
