"""What an environment may ask a version to say of itself before it is promoted there."""

from __future__ import annotations

from enum import StrEnum

from mooring.domain.model import Model, ModelVersion


class Requirement(StrEnum):
    """One thing that must be said; the manifest says it, else the place in brackets."""

    OWNERS = "owners"
    """Somebody to ask (`model.yaml`)."""
    LICENSE = "license"
    """Under which terms it may be used (`model.yaml`)."""
    DESCRIPTION = "description"
    """What it is, or what the model is (`model.yaml`)."""
    CHANGELOG = "changelog"
    METRICS = "metrics"
    INTERFACE = "interface"
    """What it takes and what it gives."""
    DATA = "data"
    """What it was trained on."""
    DATA_DIGEST = "data-digest"
    """The same, each data set with its digest."""
    CODE = "code"
    """The commit it was trained with, and no uncommitted changes."""
    REQUIREMENTS = "requirements"
    """What it takes to load it."""
    LIMITATIONS = "limitations"
    CARD = "card"
    """A model card (`cards/<version>.md`)."""
    SIGNATURE = "signature"
    """A signature over manifest and artifact (`signature.json`); whether it is a true one is a gate's question."""


def said(
    manifest: ModelVersion, model: Model | None, *, has_card: bool, has_signature: bool
) -> frozenset[Requirement]:
    """Everything that a version says of itself; `model` is None where `model.yaml` is missing or unreadable."""
    training, interface, needs = manifest.training, manifest.interface, manifest.requirements
    data = training.data if training is not None else ()
    code = training.code if training is not None else None
    license_ = model.license if model is not None else None
    found = {
        Requirement.OWNERS: model is not None and bool(model.owners),
        Requirement.LICENSE: license_ is not None,
        Requirement.DESCRIPTION: bool(manifest.description or (model is not None and model.description)),
        Requirement.CHANGELOG: manifest.changelog is not None,
        Requirement.METRICS: bool(manifest.metrics),
        Requirement.INTERFACE: interface is not None and None not in (interface.input, interface.output),
        Requirement.DATA: bool(data),
        Requirement.DATA_DIGEST: bool(data) and all(one.digest is not None for one in data),
        Requirement.CODE: code is not None and not code.dirty,
        Requirement.REQUIREMENTS: needs is not None and bool(needs.packages or needs.lock),
        Requirement.LIMITATIONS: bool(manifest.limitations),
        Requirement.CARD: has_card,
        Requirement.SIGNATURE: has_signature,
    }
    return frozenset(requirement for requirement, is_said in found.items() if is_said)
