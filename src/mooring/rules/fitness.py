"""Rules about what a promotion brings: whether that version may be served there at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mooring.documents.card import sections
from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Policy
from mooring.domain.finding import Level, Place
from mooring.domain.formats import UNSAFE
from mooring.domain.model import Model, ModelVersion, State
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import retirement
from mooring.domain.registry import Registry
from mooring.domain.requirements import Requirement, said
from mooring.rules.pointer_moves import moves, named_versions, new_pointers
from mooring.rules.rule import Fault, change_rule


@change_rule(waivable=False)
def retired_version(change: Change) -> Iterator[Fault]:
    """A pointer moves to a version that is quarantined or archived.

    The status of the base counts, for rollbacks too. A pointer that stays where it is is not judged: what runs
    goes on running.

    Why it matters: somebody banned this version, or its bytes are gone. A proposal that was made before the ban
    would still put it live.

    How to mend it: promote another version. If the ban was wrong, change the status first, in a change of its
    own.
    """
    for move in moves(change):
        if not isinstance(move.after, Pointer):
            continue
        for keys, version in named_versions(move.after):
            if problem := retirement(change.base, move.environment, move.model, version, now=change.now):
                yield Fault(
                    Place(move.path, keys),
                    problem,
                    f"Choose another version: mooring show {move.model}",
                    value=version,
                )


@change_rule(severity=Level.WARNING)
def deprecated_version(change: Change) -> Iterator[Fault]:
    """A promotion brings a version that is deprecated.

    Why it matters: whoever deprecated it wants nobody to begin with it. It may still be served, so this is a
    warning.

    How to mend it: promote a newer version; the reason in `status/<version>.yaml` often names it.
    """
    for new in new_pointers(change):
        model, environment = new.move.model, new.move.environment
        for keys, version in named_versions(new.after):
            status = change.base.status(model, version)
            if status is None or status.state is not State.DEPRECATED:
                continue
            if not status.applies_to(environment, now=change.now):
                continue
            yield Fault(
                Place(new.move.path, keys),
                f"{model}@{version} is deprecated: {status.reason}",
                f"See what there is instead: mooring show {model}",
                value=version,
            )


@change_rule(waivable=False)
def unsafe_format(change: Change) -> Iterator[Fault]:
    """A promotion brings files that can run code, into an environment that does not consent to that.

    Joblib and pickle need `unsafe_formats` in the policy of the base.

    Why it matters: loading such a file runs whatever its author wrote, with the rights of the serving process.
    Without the consent every load is refused, and a promotion that nobody can load takes the model down.

    How to mend it: save the model as skops, ONNX or safetensors and register it again; or let the
    environment's owners add the format to its policy first.
    """
    for new in new_pointers(change):
        model, environment = new.move.model, new.move.environment
        policy = change.base.load(layout.policy_path(environment), Policy)
        if not isinstance(policy, Policy):
            continue  # without a policy nothing is promoted at all
        for keys, version in named_versions(new.after):
            manifest = change.head.load(layout.manifest_path(model, version), ModelVersion)
            if not isinstance(manifest, ModelVersion):
                continue
            used = {file.format for file in manifest.artifact.files} & UNSAFE - {*policy.unsafe_formats}
            if used:
                yield Fault(
                    Place(new.move.path, keys),
                    f"{model}@{version} has files that can run code ({', '.join(sorted(used))}), and {environment} "
                    "does not consent to that",
                    f"Register it in a safe format, or add to {layout.policy_path(environment)} first: "
                    f"unsafe_formats: [{', '.join(sorted(used))}]",
                    value=version,
                )


@change_rule(waivable=False)
def unjudged_share(change: Change) -> Iterator[Fault]:
    """An A/B test gives traffic to a version that is neither the promoted one nor live.

    The weights may name the pointer's own `version` and what the pointer of the base lets answer.

    Why it matters: gates, soaks, approvals and the way through the environments judge the version that a
    promotion brings. A second one in the weights would come in behind its back.

    How to mend it: promote one version at a time; each may then share the traffic with what is live.
    """
    for new in new_pointers(change):
        before = new.move.before
        live = {version for _, version in named_versions(before)} if isinstance(before, Pointer) else set()
        for keys, version in named_versions(new.after):
            if version != new.after.version and version not in live:
                yield Fault(
                    Place(new.move.path, keys),
                    f"{new.move.model}@{version} gets a share, and is neither promoted here nor live in "
                    f"{new.move.environment}",
                    f"First: mooring promote {new.move.model}@{version} --to {new.move.environment} --reason '...'",
                    value=version,
                )


@change_rule()
def missing_required_field(change: Change) -> Iterator[Fault]:
    """A promotion brings a version that does not say what the environment asks for.

    The policy of the base says it: `requires` lists what the version must say of itself (`owners`, `license`,
    `description`, `changelog`, `metrics`, `interface`, `data`, `data-digest`, `code`, `requirements`,
    `limitations`, `card`, `signature`), and `card_sections` the headings of its card. Rollbacks are exempt.

    Why it matters: what nobody wrote down before a model is in production nobody can say when it fails there:
    whom to call, what it was trained on, what it was never meant for.

    How to mend it: a version is never changed, so register the next one with what is missing. A card, a
    signature, the owners and the licence may be added to this one, in a change before the promotion.
    """
    for new in new_pointers(change):
        environment, model, version = new.move.environment, new.move.model, new.after.version
        policy = change.base.load(layout.policy_path(environment), Policy)
        if version is None or not isinstance(policy, Policy):
            continue
        manifest = change.head.load(layout.manifest_path(model, version), ModelVersion)
        if not isinstance(manifest, ModelVersion):
            continue  # a finding of its own
        for missing, hint in _missing(change.head, policy, manifest):
            yield Fault(
                Place(new.move.path, ("version",)),
                f"{environment} asks for {missing}, and {model}@{version} has none",
                hint,
                value=f"{version} {missing}",
            )


def _missing(registry: Registry, policy: Policy, manifest: ModelVersion) -> Iterator[tuple[str, str]]:
    """What is asked for and not there, each with what to do."""
    model, version = manifest.model, manifest.version
    described = registry.load(layout.model_path(model), Model)
    card = registry.files.entry(layout.card_path(model, version))
    signature = registry.files.entry(f"{layout.version_folder(model, version)}/{layout.SIGNATURE}")
    there = said(
        manifest,
        described if isinstance(described, Model) else None,
        has_card=card is not None,
        has_signature=signature is not None,
    )
    for requirement in policy.requires:
        if requirement not in there:
            yield str(requirement), _what_to_do(requirement, model, version)
    if policy.card_sections:
        text = (
            registry.files.read(card).decode("utf-8", "replace")
            if card is not None and card.is_regular
            else ""
        )
        headings = {heading.casefold() for heading in sections(text)}
        for heading in policy.card_sections:
            if heading.casefold() not in headings:
                yield (
                    f"the card section {heading!r}",
                    f"Write it into {layout.card_path(model, version)}, in a change before the promotion.",
                )


_OPTIONS: Final = {
    Requirement.DESCRIPTION: "--description '...'",
    Requirement.CHANGELOG: "--changelog '...'",
    Requirement.METRICS: "--metrics FILE",
    Requirement.INTERFACE: "--interface FILE",
    Requirement.DATA: "--data FILE",
    Requirement.DATA_DIGEST: "--data FILE",
    Requirement.CODE: "--code PATH",
    Requirement.REQUIREMENTS: "--requirement PACKAGE==VERSION",
    Requirement.LIMITATIONS: "--limitation '...'",
}


def _what_to_do(requirement: Requirement, model: str, version: str) -> str:
    match requirement:
        case Requirement.OWNERS | Requirement.LICENSE:
            return f"Add {requirement} to {layout.model_path(model)}, in a change before the promotion."
        case Requirement.CARD:
            return f"Write {layout.card_path(model, version)}, in a change before the promotion."
        case Requirement.SIGNATURE:
            return f"Sign it first: mooring sign {model}@{version}"
    return f"Register the next version with it: mooring register {model} FOLDER --bump patch {_OPTIONS[requirement]}"
