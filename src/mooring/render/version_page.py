"""One version in full: what it is, how it came to be, and where it is live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mooring.documents import codec
from mooring.domain.digests import short
from mooring.domain.document import JsonObject
from mooring.domain.model import DataReference, ModelVersion, Training, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Release
from mooring.render.blocks import Block, Facts, Grid, Heading, Problem
from mooring.render.wording import NOTHING, minute_of, number, size

SCHEMA: Final = "mooring/show-version/v1"
_MOST_FILES: Final = 30


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version as it is at a commit. `live` has the pointers of the environments that serve it."""

    reference: str
    commit: str | None
    release: Release
    status: VersionStatus | None
    live: Mapping[str, Pointer]
    problems: tuple[str, ...] = ()


def blocks(page: VersionPage) -> list[Block]:
    """The version as a page of facts and tables; what is not known is left out."""
    manifest = page.release.manifest
    found: list[Block] = [Heading(manifest.ref), Facts(list(_facts(page)))]
    sections = [
        ("metrics", [(name, number(value)) for name, value in manifest.metrics.items()]),
        ("hyperparameters", [(name, _json(value)) for name, value in manifest.hyperparameters.items()]),
        ("training", list(_training(manifest.training)) if manifest.training else []),
        ("interface", list(_interface(manifest))),
        ("requirements", list(_requirements(manifest))),
        ("lineage", [("parent", parent) for parent in manifest.lineage.parents] if manifest.lineage else []),
        ("requires", [("model", str(needed)) for needed in manifest.requires]),
        ("limitations", [("-", text) for text in manifest.limitations]),
        ("labels", list(manifest.labels.items())),
    ]
    found += [Heading("files"), _files(manifest)]
    for title, pairs in sections:
        if pairs:
            found += [Heading(title), Facts(pairs)]
    return [*found, *(Problem(text) for text in page.problems)]


def _facts(page: VersionPage) -> Iterator[tuple[str, str]]:
    manifest, status = page.release.manifest, page.status
    framework = manifest.framework
    pairs = [
        ("created", f"{minute_of(manifest.created_at)} by {manifest.author}"),
        ("description", manifest.description),
        ("changelog", manifest.changelog),
        ("breaking", "yes" if manifest.breaking else None),
        ("framework", f"{framework.name} {framework.version or ''}".strip() if framework else None),
        ("algorithm", manifest.algorithm),
        (
            "status",
            f"{status.state}: {status.reason} ({status.by}, {minute_of(status.at)})" if status else None,
        ),
        ("manifest", page.release.digest),
        ("artifact", manifest.artifact.digest),
        ("dvc", f"{manifest.artifact.dvc.md5}, {size(manifest.artifact.dvc.size)}"),
        ("path", page.release.path),
    ]
    yield from ((name, value) for name, value in pairs if value)
    for environment, pointer in page.live.items():
        yield f"live in {environment}", f"promotion {pointer.promotion}: {pointer.reason}"


def _files(manifest: ModelVersion) -> Grid:
    files = manifest.artifact.files
    rows = [
        [file.path, file.role, file.format, size(file.size), short(file.sha256)]
        for file in files[:_MOST_FILES]
    ]
    if len(files) > _MOST_FILES:
        rows.append([f"and {len(files) - _MOST_FILES} more", NOTHING, NOTHING, NOTHING, NOTHING])
    return Grid(["file", "role", "format", "size", "sha256"], rows, frozenset({3}))


def _training(training: Training) -> Iterator[tuple[str, str]]:
    for reference in training.data:
        yield "data", _data(reference)
    if training.code is not None:
        code = training.code
        dirty = " (with changes that were not committed)" if code.dirty else ""
        where = " ".join(part for part in (code.repository, code.path) if part)
        yield "code", f"{code.commit} {where}".rstrip() + dirty
    if training.features is not None:
        features = training.features
        versions = [features.feature_store_version, features.pipeline_commit]
        yield "features", ", ".join(part for part in versions if part)
    pairs = [
        ("preprocessing", training.preprocessing_version),
        ("started", minute_of(training.started_at) if training.started_at else None),
        ("duration", training.duration),
        ("resources", ", ".join(f"{name} {value}" for name, value in training.resources.items())),
        ("run", training.run),
    ]
    yield from ((name, value) for name, value in pairs if value)


def _data(reference: DataReference) -> str:
    parts = [
        reference.name,
        reference.version,
        reference.uri,
        f"{reference.rows} rows" if reference.rows is not None else None,
        f"{reference.features} features" if reference.features is not None else None,
        f"collected {reference.collected_at}" if reference.collected_at else None,
        short(reference.digest) if reference.digest else None,
    ]
    return ", ".join(part for part in parts if part)


def _interface(manifest: ModelVersion) -> Iterator[tuple[str, str]]:
    if manifest.interface is None:
        return
    for side, schema in (("input", manifest.interface.input), ("output", manifest.interface.output)):
        if schema is not None:
            yield side, _outline(schema)


def _outline(schema: JsonObject) -> str:
    """A schema in one line where it is a plain object, else as JSON."""
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict):
        return _json(schema)
    needed = required if isinstance(required, list) else []
    return ", ".join(
        f"{name}{'' if name in needed else '?'}: {_type(member)}" for name, member in properties.items()
    )


def _type(member: object) -> str:
    kind = member.get("type") if isinstance(member, dict) else None
    return kind if isinstance(kind, str) else "any" if kind is None else _json(kind)


def _requirements(manifest: ModelVersion) -> Iterator[tuple[str, str]]:
    needed = manifest.requirements
    if needed is None:
        return
    if needed.python is not None:
        yield "python", needed.python
    if needed.packages:
        yield "packages", ", ".join(needed.packages)
    if needed.lock is not None:
        yield "lock", needed.lock


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def as_data(page: VersionPage) -> dict[str, object]:
    """The page as plain data of the shape `mooring/show-version/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "reference": page.reference,
        "ref": page.release.manifest.ref,
        "commit": page.commit,
        "path": page.release.path,
        "digest": page.release.digest,
        "manifest": codec.plain(page.release.manifest),
        "status": codec.plain(page.status) if page.status is not None else None,
        "live": {name: codec.plain(pointer) for name, pointer in page.live.items()},
        "problems": list(page.problems),
    }
