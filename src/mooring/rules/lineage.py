"""Rules about what versions were made from."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.finding import Level, Place
from mooring.domain.model import State
from mooring.domain.registry import Registry
from mooring.rules.registrations import new_manifests
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import VersionAt, has_file


@state_rule(VersionAt)
def unknown_parent(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A version names a parent that is not in the registry.

    Why it matters: who asks which models a withdrawn data set or a poisoned base model went into follows the
    parents. A name that leads nowhere ends the search, and the answer is wrong.

    How to mend it: register the parent first, or name the version that was really used. `mooring show MODEL`
    lists what there is.
    """
    for number, parent in enumerate(registry.lineage.parents(f"{subject.model}@{subject.version}")):
        model, _, version = parent.partition("@")
        if not has_file(registry, layout.manifest_path(model, version)):
            yield Fault(
                _place(subject, number),
                f"{parent} is not in the registry",
                f"Register it first: mooring register {model} FILES --version {version}",
                value=parent,
            )


@state_rule(VersionAt)
def lineage_cycle(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A version is its own ancestor.

    Why it matters: nothing is made from itself. Whoever follows the parents of such a version goes round for
    ever, or stops somewhere and takes that for the beginning.

    How to mend it: register the versions again with the parents that they were really made from.
    """
    ref = f"{subject.model}@{subject.version}"
    loop = registry.lineage.loop(ref)
    for number, parent in enumerate(registry.lineage.parents(ref) if loop else ()):
        if parent in loop:
            way = (ref, *registry.lineage.way(parent, ref))
            shown = way if len(way) <= 8 else (*way[:4], "...", *way[-3:])
            yield Fault(
                _place(subject, number),
                f"{ref} is its own parent" if parent == ref else f"a circle: {' is made from '.join(shown)}",
                f"Name what it was really made from, and register it again: mooring register {subject.model} "
                "FILES --bump auto",
                value=parent,
            )


@change_rule(severity=Level.WARNING)
def retired_parent(change: Change) -> Iterator[Fault]:
    """A new version is made from one that is quarantined or archived.

    The status of the base counts.

    Why it matters: what was wrong with the parent (poisoned data, a licence, a back door) is mostly wrong with
    its children too. The quarantine of the parent does not reach them.

    How to mend it: train it from a parent that may be used. If the reason does not reach the child, say so in
    its description.
    """
    for path, manifest in new_manifests(change):
        parents = manifest.lineage.parents if manifest.lineage is not None else ()
        for number, parent in enumerate(parents):
            model, _, version = parent.partition("@")
            status = change.base.status(model, version)
            if status is None or status.state is State.DEPRECATED:
                continue
            if status.applies_to(None, now=change.now):
                yield Fault(
                    Place(path, ("lineage", "parents", number)),
                    f"{parent} is {status.state}: {status.reason}",
                    f"See what there is instead: mooring show {model}",
                    value=parent,
                )


def _place(subject: VersionAt, number: int) -> Place:
    return Place(layout.manifest_path(subject.model, subject.version), ("lineage", "parents", number))
