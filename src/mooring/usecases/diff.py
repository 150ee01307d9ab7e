"""Compare two versions: metrics, hyperparameters, data, code, files, dependencies and interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mooring.documents import codec
from mooring.documents.yaml import JsonValue
from mooring.domain import layout, versions
from mooring.domain.compatibility import Bump, compare
from mooring.domain.model import Direction, Model, ModelVersion
from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry, Release
from mooring.domain.versions import Versioning
from mooring.render.diff_page import Difference, VersionDiff


def diff(registry: Registry, before: str, after: str) -> VersionDiff:
    """What the step from one version to the other changes; `after` may be a selector alone (`1.2.0`, `staging`).

    Raises as `Registry.resolve` and `Registry.release` do.
    """
    first = parse_reference(before)
    second = parse_reference(after if "@" in after else f"{first.model}@{after}")
    old, new = (
        registry.release(found.model, found.version) for found in map(registry.resolve, (first, second))
    )
    return VersionDiff(
        registry.commit,
        old,
        new,
        tuple(_differences(registry, old.manifest, new.manifest)),
        compare(old.manifest.interface, new.manifest.interface),
        _step(registry, old, new),
    )


def _step(registry: Registry, old: Release, new: Release) -> Bump | None:
    model = old.manifest.model
    if new.manifest.model != model or registry.versioning(model) is not Versioning.SEMVER:
        return None
    ends = [versions.try_parse(one.manifest.version, Versioning.SEMVER) for one in (old, new)]
    if ends[0] is None or ends[1] is None or not ends[0] < ends[1]:
        return None
    return versions.bump_between(ends[0], ends[1])


def _differences(registry: Registry, old: ModelVersion, new: ModelVersion) -> Iterator[Difference]:
    yield from _metrics(registry, old, new)
    yield from section_differences(old, new)


def section_differences(old: ModelVersion, new: ModelVersion) -> Iterator[Difference]:
    """What two manifests say differently of anything but metrics and interface."""
    sections = _sections(old), _sections(new)
    for section in sections[0]:
        before, after = sections[0][section], sections[1][section]
        for name in dict.fromkeys([*before, *after]):
            if before.get(name) != after.get(name):
                yield Difference(section, name, before.get(name), after.get(name))


def _metrics(registry: Registry, old: ModelVersion, new: ModelVersion) -> Iterator[Difference]:
    document = registry.load(layout.model_path(new.model), Model)
    specs = document.metrics if isinstance(document, Model) else {}
    for name in dict.fromkeys([*old.metrics, *new.metrics]):
        before, after = old.metrics.get(name), new.metrics.get(name)
        if before == after:
            continue
        if before is None or after is None:
            yield Difference("metrics", name, before, after)
            continue
        spec = specs.get(name)
        better = None if spec is None else (after > before) is (spec.direction is Direction.HIGHER)
        # Twelve digits: 0.97 - 0.95 is 0.02 for everybody but a float.
        yield Difference("metrics", name, before, after, float(f"{after - before:.12g}"), better)


def _sections(manifest: ModelVersion) -> dict[str, Mapping[str, JsonValue]]:
    """The manifest without metrics and interface, as names and values in sections."""
    plain: dict[str, JsonValue] = codec.plain(manifest)
    training = manifest.training
    code = _part(plain, "training", "code")
    features = _part(plain, "training", "features")
    lineage = list(manifest.lineage.parents) if manifest.lineage else []
    return {
        "hyperparameters": manifest.hyperparameters,
        "framework": {
            **{f"framework {key}": value for key, value in _part(plain, "framework").items()},
            **_given("algorithm", manifest.algorithm),
        },
        "data": {one.name: _words(one.version, one.uri, one.digest, one.rows) for one in training.data}
        if training
        else {},
        "code": {
            **{f"code {key}": value for key, value in code.items()},
            **{f"features {key}": value for key, value in features.items()},
            **_given("preprocessing", training.preprocessing_version if training else None),
        },
        "files": {
            one.path: f"{one.format}, {one.size} B, {one.sha256[:12]}" for one in manifest.artifact.files
        },
        "dependencies": {
            **_given("python", manifest.requirements.python if manifest.requirements else None),
            **_given("lock", manifest.requirements.lock if manifest.requirements else None),
            **_packages(manifest),
        },
        "lineage": dict.fromkeys(lineage, "parent"),
        "limitations": dict.fromkeys(manifest.limitations, "stated"),
        "labels": dict(manifest.labels),
    }


def _part(plain: Mapping[str, JsonValue], *keys: str) -> Mapping[str, JsonValue]:
    """The mapping at a key path of plain data, or an empty one."""
    found: JsonValue = dict(plain)
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _given(name: str, value: str | None) -> dict[str, JsonValue]:
    return {} if value is None else {name: value}


def _words(*parts: str | int | None) -> str:
    return ", ".join(str(part) for part in parts if part is not None) or "named"


def _packages(manifest: ModelVersion) -> dict[str, JsonValue]:
    """Requirements by the name of the package, so that a change of its version is one difference."""
    import re

    if manifest.requirements is None:
        return {}
    pairs = (re.match(r"[A-Za-z0-9._-]+", line) for line in manifest.requirements.packages)
    lines = zip(pairs, manifest.requirements.packages, strict=True)
    return {found[0] if found is not None else line: line for found, line in lines}
