"""The names that one state of a registry has in its folders, well formed or not."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.registry import Registry

SUBFOLDERS = frozenset({"versions", "status", "cards"})


def folded(name: str) -> str:
    """A name as file systems see it for which neither capitals nor the way of writing an accent tell names apart."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def model_folders(registry: Registry) -> Iterator[str]:
    """Every folder of depth one or two below `registry/` that could be a model's."""
    for outer in registry.files.children(layout.REGISTRY):
        if outer.kind != "tree":
            continue
        yield outer.name
        for inner in registry.files.children(outer.path):
            if inner.kind == "tree" and inner.name not in SUBFOLDERS:
                yield f"{outer.name}/{inner.name}"


def versions_of(registry: Registry, model: str) -> set[str]:
    """Every version that has a folder, a status or a card."""
    folder = layout.model_folder(model)
    found = {
        child.name for child in registry.files.children(layout.versions_folder(model)) if child.kind == "tree"
    }
    for sub, ending in (("status", ".yaml"), ("cards", ".md")):
        for child in registry.files.children(f"{folder}/{sub}"):
            if child.kind == "blob" and child.name.endswith(ending):
                found.add(child.name.removesuffix(ending))
    return found


def environment_folders(registry: Registry) -> set[str]:
    """Every environment that has a policy or a folder."""
    return {
        child.name if child.kind == "tree" else child.name.removesuffix(".yaml")
        for child in registry.files.children(layout.ENVIRONMENTS)
        if child.kind == "tree" or child.name.endswith(".yaml")
    }
