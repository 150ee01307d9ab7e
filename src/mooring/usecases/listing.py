"""List the models of a registry and what each environment serves."""

from __future__ import annotations

from mooring.domain import layout
from mooring.domain.finding import Unreadable
from mooring.domain.model import Model
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Registry
from mooring.render.listing import ListedModel, Listing
from mooring.usecases.show import latest_of


def list_models(registry: Registry) -> Listing:
    """All models, in the order of the alphabet. What cannot be read is said with its model and hides no other."""
    names, environments = registry.model_names(), registry.environment_names()
    documents = registry.load_many([layout.model_path(name) for name in names], Model)
    folders = [layout.model_folder(name) for name in names]
    registry.files.list_up([f"{folder}/{below}" for folder in folders for below in ("versions", "status")])
    paths = [layout.pointer_path(environment, name) for environment in environments for name in names]
    pointers = registry.load_many(paths, Pointer)
    models = tuple(
        _listed(
            registry,
            name,
            documents[layout.model_path(name)],
            {
                environment: pointers[path]
                for environment in environments
                if (path := layout.pointer_path(environment, name)) in pointers
            },
        )
        for name in names
    )
    return Listing(registry.commit, environments, models)


def _listed(
    registry: Registry, name: str, document: Model | Unreadable, pointers: dict[str, Pointer | Unreadable]
) -> ListedModel:
    unreadable = [found for found in (document, *pointers.values()) if isinstance(found, Unreadable)]
    return ListedModel(
        name=name,
        description=document.description if isinstance(document, Model) else None,
        owners=document.owners if isinstance(document, Model) else (),
        latest=latest_of(registry, name) if isinstance(document, Model) else None,
        versions=len(registry.versions(name)),
        live={where: found for where, found in pointers.items() if isinstance(found, Pointer)},
        problems=tuple(str(found) for found in unreadable),
    )
