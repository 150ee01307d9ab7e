"""Rules about what a promotion brings: whether that version may be served there at all."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Policy
from mooring.domain.finding import Level, Place
from mooring.domain.formats import UNSAFE
from mooring.domain.model import ModelVersion, State
from mooring.domain.pointer import Pointer
from mooring.domain.promotion import retirement
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
