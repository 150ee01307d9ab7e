"""Everything at one commit, read lazily: listing reads trees, opening a model reads its documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from mooring.domain import layout, names, versions
from mooring.domain.digests import digest_of
from mooring.domain.document import Document
from mooring.domain.environment import Policy, Settings
from mooring.domain.files import LINK, Entry, Files
from mooring.domain.finding import Problem, Unreadable
from mooring.domain.lineage import Lineage
from mooring.domain.model import Model, ModelVersion, State, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.domain.references import Reference, SelectorKind
from mooring.domain.versions import Version, Versioning
from mooring.errors import IntegrityError, NotFoundError, RefusedError

__all__ = ["Entry", "Files", "Registry", "Release", "Resolution"]

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Release:
    """A version with the digest of its manifest's very bytes."""

    manifest: ModelVersion
    digest: str
    path: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answer to "which version is this?".

    `pointer` is set when an environment was asked for; `commit` is the commit that gave the answer; `warnings` say what
    a caller should know, such as a quarantine.
    """

    reference: Reference
    model: str
    version: str
    manifest: str
    commit: str | None
    environment: str | None = None
    pointer: Pointer | None = None
    blocked: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """`model@version`."""
        return f"{self.model}@{self.version}"


def _a_link(path: str) -> Unreadable:
    """Never followed: a reviewer reads the file that is named, not the one that it leads to."""
    return Unreadable(path, (Problem("misplaced-document", (), "it is a link, and a registry holds files"),))


def _refused(found: Unreadable) -> RefusedError:
    more = "Run 'mooring check --all' to see every problem of the registry."
    hint = found.problems[0].hint
    return RefusedError(str(found), f"{hint[:1].upper()}{hint[1:]}. {more}" if hint else more)


@dataclass(frozen=True)
class Registry:
    """The registry as it is in one state of the repository."""

    files: Files
    _cache: dict[str, object] = field(default_factory=dict, repr=False, compare=False)
    _versions: dict[str, tuple[Version, ...]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def commit(self) -> str | None:
        """The commit this registry was read from, or None for the index or a work tree."""
        return self.files.commit

    def load(self, path: str, kind: type[D]) -> D | Unreadable | None:
        """The document at `path`, Unreadable where the file is no such document, None where there is no file."""
        if path not in self._cache:
            entry = self.files.entry(path)
            found: object = None
            if entry is not None and entry.mode == LINK:
                found = _a_link(path)
            elif entry is not None and entry.kind == "blob":
                # Read to its end: only then is what was parsed remembered.
                ((_, found),) = self.files.documents([entry], kind)
            self._cache[path] = found
        return self._cache[path]  # type: ignore[return-value]  # one path has one kind

    def load_many(self, paths: Sequence[str], kind: type[D]) -> dict[str, D | Unreadable]:
        """The documents at those of `paths` where there is a file, read in bulk; `load` then has them too."""
        self.files.look_up([path for path in paths if path not in self._cache])
        fresh = {path: self.files.entry(path) for path in paths if path not in self._cache}
        there = [entry for entry in fresh.values() if entry is not None]
        blobs = [entry for entry in there if entry.kind == "blob" and entry.mode != LINK]
        self._cache.update(dict.fromkeys(fresh))
        self._cache.update({entry.path: _a_link(entry.path) for entry in there if entry.mode == LINK})
        self._cache.update({entry.path: found for entry, found in self.files.documents(blobs, kind)})
        loaded = ((path, self.load(path, kind)) for path in paths)
        return {path: found for path, found in loaded if found is not None}

    def require(self, path: str, kind: type[D], what: str, hint: str | None = None) -> D:
        """The document at `path`; raises NotFoundError without a file and RefusedError when it is unreadable."""
        found = self.load(path, kind)
        if found is None:
            raise NotFoundError(f"there is no {what}", hint)
        if isinstance(found, Unreadable):
            raise _refused(found)
        return found

    @cached_property
    def settings(self) -> Settings:
        """`mooring.yaml`, or the defaults where there is none or it is unreadable (which is a finding of its own)."""
        found = self.load(layout.SETTINGS, Settings)
        return found if isinstance(found, Settings) else Settings()

    @cached_property
    def lineage(self) -> Lineage:
        """Which version was made from which."""
        return Lineage(self)

    def model_names(self) -> tuple[str, ...]:
        """The names of all models, in the order of the alphabet."""
        outer = [child.path for child in self.files.children(layout.REGISTRY) if child.kind == "tree"]
        models = self._with_document(outer)
        inner = [
            child.path
            for namespace in outer
            if namespace not in models
            for child in self.files.children(namespace)
            if child.kind == "tree"
        ]
        found = models | self._with_document(inner)
        return tuple(sorted(path.removeprefix(f"{layout.REGISTRY}/") for path in found))

    def _with_document(self, folders: Sequence[str]) -> set[str]:
        """Those of `folders` that hold a `model.yaml`, looked up in one go."""
        documents = {folder: f"{folder}/model.yaml" for folder in folders}
        self.files.look_up(list(documents.values()))
        return {folder for folder, path in documents.items() if self.files.entry(path) is not None}

    def model(self, name: str) -> Model:
        """The model `name`; raises NotFoundError (naming what is close) or RefusedError when it is unreadable."""
        names.check_model_name(name)
        path, what = layout.model_path(name), f"model {name!r}"
        if self.load(path, Model) is None:
            # Only now: what is close is found by comparing the name with that of every model.
            raise NotFoundError(f"there is no {what}", self._close_to(name))
        return self.require(path, Model, what)

    def _close_to(self, name: str) -> str:
        from difflib import get_close_matches

        known = self.model_names()
        close = get_close_matches(name, known, n=3)
        if close:
            return f"Did you mean {' or '.join(close)}?"
        return (
            "Run 'mooring list' to see the models."
            if known
            else "The registry has no models yet: 'mooring register'."
        )

    def versioning(self, model: str) -> Versioning:
        """The scheme of a model's versions; SemVer where `model.yaml` is missing or unreadable."""
        found = self.load(layout.model_path(model), Model)
        return found.versioning if isinstance(found, Model) else Versioning.SEMVER

    def versions(self, model: str) -> tuple[Version, ...]:
        """The versions of a model in rising order; folders whose name is no version are left to the rules."""
        if model not in self._versions:
            scheme = self.versioning(model)
            parsed = (
                versions.try_parse(child.name, scheme)
                for child in self.files.children(layout.versions_folder(model))
                if child.kind == "tree"
            )
            self._versions[model] = tuple(sorted(version for version in parsed if version is not None))
        return self._versions[model]

    def release(self, model: str, version: str) -> Release:
        """One version with its digest; raises NotFoundError (naming the versions there are) or RefusedError."""
        path = layout.manifest_path(model, version)
        entry = self.files.entry(path)
        if entry is None:
            self.model(model)
            there = ", ".join(str(one) for one in self.versions(model)[-5:]) or "none yet"
            raise NotFoundError(f"{model} has no version {version}", f"The newest versions are: {there}.")
        manifest = self.require(path, ModelVersion, f"{model}@{version}")
        return Release(manifest, digest_of(self.files.read(entry)), path)

    def manifest_digest(self, model: str, version: str) -> str | None:
        """The digest of a manifest's bytes, readable or not; None where there is no manifest."""
        entry = self.files.entry(layout.manifest_path(model, version))
        return None if entry is None or entry.kind != "blob" else digest_of(self.files.read(entry))

    def status(self, model: str, version: str) -> VersionStatus | None:
        """The status of a version; None while it has none (or an unreadable one, which is a finding of its own)."""
        found = self.load(layout.status_path(model, version), VersionStatus)
        return found if isinstance(found, VersionStatus) else None

    def statuses(self, model: str) -> dict[str, VersionStatus]:
        """All statuses of a model by version, read in bulk."""
        entries = [
            child
            for child in self.files.children(f"{layout.model_folder(model)}/status")
            if child.kind == "blob"
        ]
        read = self.files.documents(entries, VersionStatus)
        return {found.version: found for _, found in read if isinstance(found, VersionStatus)}

    def environment_names(self) -> tuple[str, ...]:
        """The environments, those that feed others first (by `promotes_from`), else by the alphabet."""
        found = [
            child.name.removesuffix(".yaml")
            for child in self.files.children(layout.ENVIRONMENTS)
            if child.kind == "blob" and child.name.endswith(".yaml")
        ]
        return _fed_first({name: self._feeders(name) for name in sorted(found)})

    def _feeders(self, environment: str) -> tuple[str, ...]:
        found = self.load(layout.policy_path(environment), Policy)
        return found.promotes_from if isinstance(found, Policy) else ()

    def policy(self, environment: str) -> Policy:
        """The policy of an environment; raises NotFoundError (naming the environments) or RefusedError."""
        names.check_environment_name(environment)
        known = [
            child.name.removesuffix(".yaml")
            for child in self.files.children(layout.ENVIRONMENTS)
            if child.kind == "blob" and child.name.endswith(".yaml")
        ]
        hint = f"The environments are: {', '.join(known) or 'none yet'}."
        return self.require(layout.policy_path(environment), Policy, f"environment {environment!r}", hint)

    def pointer(self, environment: str, model: str) -> Pointer | None:
        """The pointer of `model` in `environment`; None where there is none; RefusedError when it is unreadable."""
        found = self.load(layout.pointer_path(environment, model), Pointer)
        if isinstance(found, Unreadable):
            raise _refused(found)
        return found

    def pointers(self, model: str) -> dict[str, Pointer]:
        """The pointers of one model by environment; unreadable ones are left out (they are findings)."""
        found = {
            name: self.load(layout.pointer_path(name, model), Pointer) for name in self.environment_names()
        }
        return {name: pointer for name, pointer in found.items() if isinstance(pointer, Pointer)}

    def latest(self, model: str) -> Version:
        """The highest version that is no pre-release and has no status; raises NotFoundError when there is none."""
        self.model(model)
        taken = self.statuses(model)
        for version in reversed(self.versions(model)):
            if not version.is_prerelease and version.text not in taken:
                return version
        raise NotFoundError(
            f"{model} has no version that 'latest' may mean", "Pre-releases and retired versions never count."
        )

    def resolve(self, reference: Reference, *, now: float | None = None) -> Resolution:
        """The one version that `reference` means; at `now` (seconds since 1970) a status that has expired is silent.

        Raises NotFoundError when nothing is there or nothing is deployed (there is no fallback, ever), IntegrityError
        when a pointer's digest is not that of the manifest it names.
        """
        if reference.kind is SelectorKind.ENVIRONMENT:
            return self._resolve_pointer(reference, now)
        version = reference.selector
        if reference.kind is SelectorKind.LATEST:
            version = self.latest(reference.model).text
        digest = self.manifest_digest(reference.model, version)
        if digest is None:
            digest = self.release(reference.model, version).digest
        return self._judged(reference, version, digest, now=now)

    def _resolve_pointer(self, reference: Reference, now: float | None) -> Resolution:
        environment, model = reference.selector, reference.model
        pointer = self.pointer(environment, model)
        if pointer is None:
            self.model(model)
            self.policy(environment)
            raise NotFoundError(
                f"nothing of {model} is deployed in {environment}",
                f"Promote a version: mooring promote {model}@VERSION --to {environment} --reason '...'",
            )
        if pointer.version is None or pointer.manifest is None:
            raise NotFoundError(f"{model} was withdrawn from {environment}: {pointer.reason}")
        digest = self.manifest_digest(model, pointer.version)
        if digest is None:
            raise IntegrityError(
                f"{environment} points to {model}@{pointer.version}, which is not in the registry"
            )
        if digest != pointer.manifest:
            raise IntegrityError(
                f"{environment} pins {pointer.manifest} for {model}@{pointer.version}, but its manifest is {digest}",
                "Somebody changed the manifest or the pointer; run 'mooring check --all'.",
            )
        return self._judged(reference, pointer.version, digest, environment, pointer, now=now)

    def _judged(
        self,
        reference: Reference,
        version: str,
        digest: str,
        environment: str | None = None,
        pointer: Pointer | None = None,
        *,
        now: float | None,
    ) -> Resolution:
        status = self.status(reference.model, version)
        warnings: tuple[str, ...] = ()
        blocked = None
        if status is not None and status.applies_to(environment, now=now):
            words = f"{reference.model}@{version} is {status.state}: {status.reason}"
            warnings = (words,)
            if status.state is State.QUARANTINED and status.severity.value == "block":
                blocked = words
        return Resolution(
            reference, reference.model, version, digest, self.commit, environment, pointer, blocked, warnings
        )


def _fed_first(feeders: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Environments in an order in which each comes after those it promotes from; a cycle falls back to the alphabet."""
    placed: list[str] = []
    waiting = list(feeders)
    while waiting:
        ready = [
            name
            for name in waiting
            if not any(feeder in waiting for feeder in feeders[name] if feeder != name)
        ]
        placed += ready or waiting
        waiting = [name for name in waiting if name not in placed]
    return tuple(placed)
