"""What rules about one state are asked about, and which subjects a change can affect.

`every` lists all subjects of a state. `affected` lists those whose judgement can differ between the two
states of a change; its cost follows the change, not the registry. The law that ties them
(tests/rules/test_incremental.py): judging the affected subjects finds exactly what judging all of them newly
finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.document import Document
from mooring.domain.finding import Finding
from mooring.domain.layout import FileKind
from mooring.domain.model import Model
from mooring.domain.registry import Entry, Registry
from mooring.domain.versions import Versioning
from mooring.rules.listing import SUBFOLDERS, environment_folders, folded, model_folders, versions_of

TOPS = (layout.REGISTRY, layout.ENVIRONMENTS)
OUTER_FILES = (layout.SETTINGS, layout.ATTRIBUTES, layout.DVC_CONFIG, layout.SIGNERS)


@dataclass(frozen=True, slots=True)
class FileAt:
    """One file below `registry/` or `environments/`, or one outside that rules read. Depends on its own bytes."""

    entry: Entry

    @property
    def path(self) -> str:
        """The file's path."""
        return self.entry.path

    @property
    def is_regular(self) -> bool:
        """Whether it is a file with bytes of its own: no link, no submodule, no folder."""
        return self.entry.is_regular


@dataclass(frozen=True, slots=True)
class ModelAt:
    """A folder where a model or a namespace lies. Depends on the names of its children."""

    model: str


@dataclass(frozen=True, slots=True)
class VersionAt:
    """One version.

    Depends on the files of its folder, on its status and card, on the versioning of its model, on which
    environments have a policy, on the presence of its parents' manifests, and on the manifests of the
    versions that are its ancestors and its descendants at once.
    """

    model: str
    version: str


@dataclass(frozen=True, slots=True)
class PointerAt:
    """One pointer. Depends on its file and on the manifests of its model."""

    environment: str
    model: str


@dataclass(frozen=True, slots=True)
class EnvironmentAt:
    """One environment.

    Depends on its policy, on the presence of files in its folder, on all other policies (of which there are few) and
    on the list of signers.
    """

    environment: str


@dataclass(frozen=True, slots=True)
class FolderAt:
    """A folder where two names may be one on another machine. Depends on the names of its children."""

    folder: str


Subject: TypeAlias = FileAt | ModelAt | VersionAt | PointerAt | EnvironmentAt | FolderAt


@dataclass(frozen=True, slots=True)
class Affected:
    """The subjects to judge in base, in head, and in both."""

    before: tuple[FileAt, ...]
    after: tuple[FileAt, ...]
    both: tuple[Subject, ...]


def scheme_of(registry: Registry, model: str) -> Versioning | None:
    """How a model numbers its versions; None where `model.yaml` is missing or unreadable, and nobody can say."""
    found = registry.load(layout.model_path(model), Model)
    return found.versioning if isinstance(found, Model) else None


def has_file(registry: Registry, path: str) -> bool:
    """Whether a file lies at a path, readable or not."""
    entry = registry.files.entry(path)
    return entry is not None and entry.kind == "blob"


def has_policy(registry: Registry, path: str) -> bool:
    """Whether a file lies where the policy of an environment lies."""
    return has_file(registry, path)


def _read(registry: Registry, entries: Iterable[Entry]) -> None:
    """Read all documents in bulk: the rules ask for each of them, and one by one each costs a question to Git."""
    paths: dict[type[Document], list[str]] = {}
    for entry in entries:
        if (kind := codec.kind_of(entry.path)) is not None:
            paths.setdefault(kind, []).append(entry.path)
    for kind, of_kind in paths.items():
        registry.load_many(of_kind, kind)


def every(registry: Registry) -> Iterator[Subject]:
    """All subjects of one state."""
    yield from _outside(registry)
    for top in TOPS:
        entries = registry.files.walk(top)
        _read(registry, entries)
        yield from dict.fromkeys(_mistakable(entries))
        for entry in entries:
            yield FileAt(entry)
            identity = layout.identify(entry.path)
            if identity is not None and identity.kind is FileKind.POINTER:
                yield PointerAt(identity.environment or "", identity.model or "")
    for environment in sorted(environment_folders(registry)):
        yield EnvironmentAt(environment)
    for model in model_folders(registry):
        yield ModelAt(model)
        for version in sorted(versions_of(registry, model)):
            yield VersionAt(model, version)


def _mistakable(entries: Iterable[Entry]) -> Iterator[FolderAt]:
    """The folders where a name is not as it is when folded: of two names that are one when folded, one is not."""
    for entry in entries:
        if folded(entry.path) != entry.path:
            parts = entry.path.split("/")
            for place in range(1, len(parts)):
                if folded(parts[place]) != parts[place]:
                    yield FolderAt("/".join(parts[:place]))


def _outside(registry: Registry) -> Iterator[FileAt]:
    for entry in registry.files.children(""):
        if _is_odd_top(entry):
            yield FileAt(entry)
    for folder in sorted({path.rpartition("/")[0] for path in OUTER_FILES}):
        for entry in registry.files.children(folder):
            if entry.path in OUTER_FILES and entry.kind != "tree":
                yield FileAt(entry)


def _is_odd_top(entry: Entry) -> bool:
    return entry.name.casefold() in TOPS and (entry.kind != "tree" or entry.name not in TOPS)


def affected(change: Change, *, orphans: bool = True) -> Affected:
    """The subjects whose judgement can differ between base and head.

    Without `orphans` those are left out that lose a parent and change in no other way: to find them costs every
    manifest of the registry.
    """
    found = _Collector(change.base, change.head, orphans=orphans)
    for file in change.files:
        if file.path in OUTER_FILES or layout.is_registry_path(file.path):
            found.before += [FileAt(file.before)] if file.before is not None else []
            found.after += [FileAt(file.after)] if file.after is not None else []
        found.add_for(file.path)
    return Affected(tuple(found.before), tuple(found.after), tuple(dict.fromkeys(found.both)))


def orphans_among(findings: Iterable[Finding]) -> Iterator[VersionAt]:
    """The versions of which findings say that a parent is missing: where one comes, they are judged again."""
    for found in findings:
        if found.rule == "unknown-parent" and (place := layout.identify(found.place.path)) is not None:
            yield VersionAt(place.model or "", place.version or "")


def touched(registry: Registry, paths: Iterable[str]) -> Iterator[Subject]:
    """The subjects of one state that files at `paths` can affect."""
    found = _Collector(registry)
    for path in paths:
        if path in OUTER_FILES or layout.is_registry_path(path):
            # A listing tells links and submodules; a look-up by path may not.
            listed = registry.files.children(path.rpartition("/")[0])
            found.after += [FileAt(entry) for entry in listed if entry.path == path and entry.kind != "tree"]
        found.add_for(path)
    yield from found.after
    yield from dict.fromkeys(found.both)


class _Collector:
    """Gathers the subjects that changed paths affect in one state or two."""

    def __init__(self, *states: Registry, orphans: bool = True) -> None:
        self.states = states
        self.orphans = orphans and len(states) > 1
        self.before: list[FileAt] = []
        self.after: list[FileAt] = []
        self.both: list[Subject] = []
        self._seen_tops: set[str] = set()

    def add_for(self, path: str) -> None:
        """Add what a change of the file at `path` affects, apart from the file itself."""
        parts = path.split("/")
        if parts[0] in TOPS:
            self._add_folders(parts)
        if parts[0].casefold() in TOPS and (parts[0] not in TOPS or len(parts) == 1):
            self._add_odd_top(parts[0])
        elif parts[0] == layout.REGISTRY and len(parts) > 2:
            self._add_in_registry(path, parts)
        elif parts[0] == layout.ENVIRONMENTS:
            self._add_in_environments(path, parts)
        elif path == layout.SIGNERS:
            self._add_all_environments()

    def _add_folders(self, parts: list[str]) -> None:
        """The folders in which the change adds or removes a name."""
        for place in range(1, len(parts)):
            path = "/".join(parts[: place + 1])
            if (
                len({registry.files.entry(path) is None for registry in self.states}) > 1
                or len(self.states) == 1
            ):
                self.both.append(FolderAt("/".join(parts[:place])))

    def _add_all_environments(self) -> None:
        """Policies name each other, and a signer may be named by any of them."""
        found = set[str]().union(*(environment_folders(registry) for registry in self.states))
        self.both += [EnvironmentAt(environment) for environment in sorted(found)]

    def _add_statuses(self, policy: str) -> None:
        """Statuses name environments: one that comes or goes concerns all of them."""
        there = {has_policy(registry, policy) for registry in self.states}
        if len(self.states) > 1 and len(there) == 1:
            return
        for registry in self.states:
            for model in model_folders(registry):
                listed = registry.files.children(f"{layout.model_folder(model)}/status")
                self.both += [
                    VersionAt(model, entry.name.removesuffix(".yaml"))
                    for entry in listed
                    if entry.kind == "blob" and entry.name.endswith(".yaml")
                ]

    def _add_odd_top(self, name: str) -> None:
        if name in self._seen_tops:
            return
        self._seen_tops.add(name)
        for registry in self.states:
            odd = [FileAt(entry) for entry in registry.files.children("") if entry.name == name]
            odd = [subject for subject in odd if _is_odd_top(subject.entry)]
            if registry is self.states[-1]:
                self.after += odd
            else:
                self.before += odd

    def _add_in_registry(self, path: str, parts: list[str]) -> None:
        self.both.append(ModelAt(parts[1]))
        if parts[2] not in SUBFOLDERS and len(parts) > 3:
            self.both.append(ModelAt(f"{parts[1]}/{parts[2]}"))
        if (of_version := layout.version_of_path(path)) is not None:
            self.both.append(VersionAt(*of_version))
        identity = layout.identify(path)
        if identity is None or identity.model is None:
            return
        if identity.version is not None:
            self.both.append(VersionAt(identity.model, identity.version))
        if identity.kind is FileKind.MANIFEST:
            environments = set[str]().union(*(environment_folders(registry) for registry in self.states))
            self.both += [PointerAt(environment, identity.model) for environment in sorted(environments)]
            self._add_relatives(identity.model, identity.version or "")
        if identity.kind is FileKind.MODEL and self._is_renumbered(identity.model):
            versions = set[str]().union(*(versions_of(registry, identity.model) for registry in self.states))
            self.both += [VersionAt(identity.model, version) for version in sorted(versions)]

    def _is_renumbered(self, model: str) -> bool:
        return len(self.states) == 1 or len({scheme_of(registry, model) for registry in self.states}) > 1

    def _add_relatives(self, model: str, version: str) -> None:
        """The versions that come into a circle or leave one with this manifest, and its children where it goes.

        The circles cost the ancestors of the version. Children are looked for in all manifests, but only where
        a manifest is removed, which nobody may do; one that comes can only mend what its children lacked.
        """
        ref = f"{model}@{version}"
        related = {other for registry in self.states for other in registry.lineage.loop(ref)}
        path = layout.manifest_path(model, version)
        if self.orphans and has_file(self.states[0], path) and not has_file(self.states[-1], path):
            related.update(self.states[-1].lineage.children(ref))
        for other in sorted(related):
            name, _, number = other.partition("@")
            self.both.append(VersionAt(name, number))

    def _add_in_environments(self, path: str, parts: list[str]) -> None:
        if len(parts) > 2:
            self.both.append(EnvironmentAt(parts[1]))
        elif len(parts) == 2 and parts[1].endswith(".yaml"):
            self.both.append(EnvironmentAt(parts[1].removesuffix(".yaml")))
            self._add_all_environments()
            self._add_statuses(path)
        identity = layout.identify(path)
        if identity is not None and identity.kind is FileKind.POINTER:
            self.both.append(PointerAt(identity.environment or "", identity.model or ""))
