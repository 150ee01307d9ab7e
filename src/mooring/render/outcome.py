"""What a writing command did, in words: what was written where, what to run next, how to undo it."""

from __future__ import annotations

from mooring.domain.model import ModelVersion
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import PromotionPlan, RollbackPlan


def served(pointer: Pointer | None) -> str:
    """The version of a pointer, or "nothing"."""
    return "nothing" if pointer is None or pointer.version is None else pointer.version


def promotion_facts(plan: PromotionPlan) -> list[tuple[str, str]]:
    """What a promotion changes."""
    after = plan.after
    facts = [
        ("model", plan.model),
        ("environment", plan.environment),
        ("from", served(plan.before)),
        ("to", served(after)),
    ]
    if after is not None:
        facts += [("promotion", after.promotion), ("reason", after.reason), ("by", after.requested_by)]
        if after.manifest is not None:
            facts.append(("manifest", after.manifest))
        if after.override is not None:
            facts.append(("override", f"{after.override.promotion}: {after.override.reason}"))
        if after.rollout is not None:
            facts.append(("rollout", after.rollout.strategy.value))
    return facts


def rollback_facts(plan: RollbackPlan, presence: str) -> list[tuple[str, str]]:
    """What a rollback changes."""
    facts = [
        ("model", plan.model),
        ("environment", plan.environment),
        ("from", served(plan.undone)),
        ("to", served(plan.target)),
    ]
    if plan.undone is not None:
        facts.append(("undoes", plan.undone.promotion))
    return [*facts, ("bytes", presence)]


def registration_facts(manifest: ModelVersion) -> list[tuple[str, str]]:
    """What a registration brings."""
    size = sum(file.size for file in manifest.artifact.files)
    facts = [
        ("version", manifest.ref),
        ("files", f"{len(manifest.artifact.files)}, {size:,} bytes"),
        ("digest", manifest.artifact.digest),
    ]
    if manifest.framework is not None:
        facts.append(("framework", f"{manifest.framework.name} {manifest.framework.version or ''}".strip()))
    if manifest.metrics:
        facts.append(("metrics", ", ".join(f"{name} {value:g}" for name, value in manifest.metrics.items())))
    if manifest.training is not None and manifest.training.code is not None:
        dirty = " (with changes that are not committed)" if manifest.training.code.dirty else ""
        facts.append(("code", manifest.training.code.commit + dirty))
    return facts
