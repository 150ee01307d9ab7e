"""Show one model with its versions, or one version in full; nothing of other models is read."""

from __future__ import annotations

from mooring.domain import layout
from mooring.domain.finding import Unreadable
from mooring.domain.model import Model, ModelVersion, VersionStatus
from mooring.domain.names import check_model_name
from mooring.domain.pointer import Pointer
from mooring.domain.references import Reference
from mooring.domain.registry import Registry
from mooring.errors import NotFoundError
from mooring.render.model_page import ListedVersion, ModelPage
from mooring.render.version_page import VersionPage


def show_model(registry: Registry, name: str, *, limit: int | None = None) -> ModelPage:
    """A model with its `limit` newest versions (None: all).

    What of it cannot be read is said in its place. Raises NotFoundError (naming what is close) and UsageError.
    """
    check_model_name(name)
    document = registry.load(layout.model_path(name), Model)
    if document is None:
        registry.model(name)
    pointers, problems = _pointers(registry, name)
    if isinstance(document, Unreadable):
        problems.insert(0, str(document))
    versions = registry.versions(name)
    newest = [version.text for version in reversed(versions)][:limit]
    manifests = registry.load_many([layout.manifest_path(name, version) for version in newest], ModelVersion)
    statuses = registry.load_many([layout.status_path(name, version) for version in newest], VersionStatus)
    rows = tuple(
        _row(
            version,
            manifests.get(layout.manifest_path(name, version)),
            statuses.get(layout.status_path(name, version)),
            pointers,
        )
        for version in newest
    )
    return ModelPage(
        name=name,
        commit=registry.commit,
        model=document if isinstance(document, Model) else None,
        latest=latest_of(registry, name) if isinstance(document, Model) else None,
        total=len(versions),
        versions=rows,
        environments=registry.environment_names(),
        live=pointers,
        problems=tuple(problems),
    )


def show_version(registry: Registry, reference: Reference) -> VersionPage:
    """The version that `reference` means; raises as `Registry.resolve` does."""
    found = registry.resolve(reference)
    pointers, problems = _pointers(registry, found.model)
    return VersionPage(
        reference=str(reference),
        commit=registry.commit,
        release=registry.release(found.model, found.version),
        status=registry.status(found.model, found.version),
        live={name: pointer for name, pointer in pointers.items() if pointer.version == found.version},
        problems=tuple(problems),
    )


def _row(
    version: str,
    manifest: ModelVersion | Unreadable | None,
    status: VersionStatus | Unreadable | None,
    pointers: dict[str, Pointer],
) -> ListedVersion:
    problem = None
    for found in (manifest, status):
        if isinstance(found, Unreadable):
            problem = str(found)
    if manifest is None:
        problem = f"{version}: there is no manifest"
    return ListedVersion(
        version=version,
        manifest=manifest if isinstance(manifest, ModelVersion) else None,
        status=status if isinstance(status, VersionStatus) else None,
        live_in=tuple(name for name, pointer in pointers.items() if pointer.version == version),
        problem=problem,
    )


def _pointers(registry: Registry, model: str) -> tuple[dict[str, Pointer], list[str]]:
    """The pointers of a model by environment, and what is wrong with those that cannot be read."""
    paths = {name: layout.pointer_path(name, model) for name in registry.environment_names()}
    loaded = registry.load_many(list(paths.values()), Pointer)
    found = {name: loaded[path] for name, path in paths.items() if path in loaded}
    problems = [str(pointer) for pointer in found.values() if isinstance(pointer, Unreadable)]
    return {name: pointer for name, pointer in found.items() if isinstance(pointer, Pointer)}, problems


def latest_of(registry: Registry, name: str) -> str | None:
    """The version that `latest` means, or None where it means none."""
    try:
        return registry.latest(name).text
    except NotFoundError:
        return None
