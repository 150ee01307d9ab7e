"""What an environment may ask a version to say of itself before it is promoted there."""

from __future__ import annotations

from enum import StrEnum


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
