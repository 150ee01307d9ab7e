"""`mooring.Registry`: open a registry from Python, ask what is live, load it, and change it by proposals."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mooring import wiring
from mooring.api.refwatch import RefWatch, Signature
from mooring.domain.events import Event
from mooring.domain.model import Model, ModelVersion
from mooring.domain.pointer import Pointer, Rollout
from mooring.domain.references import Reference, SelectorKind, parse_reference
from mooring.domain.registry import Resolution

if TYPE_CHECKING:
    from mooring.api.follower import Follower
    from mooring.api.loaders import LoadedModel
    from mooring.api.plans import Plan, RollbackPlanned
    from mooring.stores.artifacts import ArtifactCache
    from mooring.stores.hub import Hub
    from mooring.usecases.load import Fetched
    from mooring.usecases.register import Registered


class Registry:
    """A registry that was opened from a folder or an address.

    Reads answer from main as it is known in the repository (or from `ref`), and notice within microseconds when that
    moves; `refresh` asks the remote. Every method raises `mooring.MooringError` and nothing else of its own.
    """

    def __init__(self, hub: Hub, *, ref: str | None = None, cache: Path | None = None) -> None:
        self._hub = hub
        self._ref = ref
        self._cache_folder = cache
        self._watch = RefWatch(hub.repository.common_dir, hub.main_ref)
        self._seen: Signature | None = None
        self._commit: str | None = None
        self._answers: dict[tuple[str, str | None], Resolution] = {}

    @classmethod
    def open(
        cls,
        where: str | Path | None = None,
        *,
        ref: str | None = None,
        offline: bool = False,
        cache: Path | None = None,
    ) -> Self:
        """Open the registry at a folder or an address (`MOORING_REGISTRY`, else the current folder, when None).

        `ref` pins reads to a branch, tag or commit. An address is mirrored and brought up to date unless `offline`.
        `cache` is the folder of verified files (`MOORING_CACHE`, else the user's cache folder, when None).
        """
        return cls(wiring.open_hub(where, offline=offline), ref=ref, cache=cache)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the Git process that reads for this registry; it may be used again afterwards."""
        self._hub.repository.close()
        self._hub.cache.close()

    @property
    def hub(self) -> Hub:
        """The repository behind it, for the use cases of this package."""
        return self._hub

    @property
    def commit(self) -> str:
        """The commit that answers come from now."""
        signature = self._watch.signature() if self._ref is None or not _is_commit(self._ref) else self._seen
        if self._commit is None or signature is None or signature != self._seen:
            self._seen = signature
            found = self._hub.tip() if self._ref is None else self._hub.commit_of(self._ref)
            if found != self._commit:
                self._commit = found
                self._answers.clear()
        return self._commit

    def refresh(self) -> bool:
        """Fetch from the remote; True when main moved. Raises UnavailableError when the remote does not answer."""
        before = self.commit
        self._hub.fetch()
        return self.commit != before

    def models(self) -> tuple[str, ...]:
        """The names of all models."""
        return self._hub.registry(self.commit).model_names()

    def model(self, name: str) -> Model:
        """The document of a model."""
        return self._hub.registry(self.commit).model(name)

    def versions(self, name: str) -> tuple[str, ...]:
        """The versions of a model in rising order."""
        registry = self._hub.registry(self.commit)
        registry.model(name)
        return tuple(version.text for version in registry.versions(name))

    def version(self, reference: str) -> ModelVersion:
        """The manifest of the version that `reference` (`model@1.2.0`, `model@production`) means."""
        from mooring.usecases.load import manifest_of

        return manifest_of(self._hub.registry(self.commit), self.resolve(reference))

    def pointer(self, environment: str, model: str) -> Pointer | None:
        """The pointer of a model in an environment, or None."""
        return self._hub.registry(self.commit).pointer(environment, model)

    def resolve(self, reference: str, *, key: str | None = None) -> Resolution:
        """The one version that `reference` means now.

        During a canary or an A/B test, `key` (a user's id, say) chooses the version that this key gets: the same one in
        every process (DESIGN 4.7). Without a key the pointer's own version answers.
        """
        commit = self.commit
        known = self._answers.get((reference, key))
        if known is not None and known.commit == commit:
            return known
        found = self.resolve_at(commit, parse_reference(reference), key=key)
        self._answers[reference, key] = found
        return found

    def resolve_at(self, commit: str, reference: Reference, *, key: str | None = None) -> Resolution:
        """As `resolve`, at a given commit."""
        found = self._hub.registry(commit).resolve(reference, now=time.time())
        if key is not None and found.pointer is not None:
            return self._chosen(found, found.pointer, key)
        return found

    def _chosen(self, found: Resolution, pointer: Pointer, key: str) -> Resolution:
        from mooring.domain.traffic import choose

        version = choose(pointer, key)
        if version is None or version == found.version:
            return found
        release = self._hub.registry(found.commit).release(found.model, version)
        return replace(found, version=version, manifest=release.digest)

    def fetch(self, reference: str, *, key: str | None = None, out: Path | None = None) -> Fetched:
        """Bring the verified files of a version into the cache, and into the new folder `out` if one is given."""
        from mooring.usecases.load import fetch

        fetched = fetch(self._hub, self.resolve(reference, key=key), cache=self.artifacts())
        if out is not None:
            from mooring.stores.materialise import materialise

            materialise(fetched.manifest.artifact, fetched.files, Path(out))
        return fetched

    def load(self, reference: str, *, key: str | None = None, trust: Collection[str] = ()) -> LoadedModel:
        """Load a version, ready to predict, with its scaler and other files.

        Formats that can run code (joblib) load only when their name is in `trust` and the environment consents; types
        that skops does not know must be in `trust` too. Bytes are verified right before they are opened.
        """
        from mooring.api.loaders import load_model
        from mooring.usecases.load import check_consent

        fetched = self.fetch(reference, key=key)
        check_consent(self._hub, fetched)
        return load_model(fetched.files, fetched.manifest, trust=trust)

    def artifacts(self) -> ArtifactCache:
        """The cache of verified files."""
        from mooring.stores.artifacts import ArtifactCache

        folder = self._cache_folder if self._cache_folder is not None else wiring.cache_directory()
        return ArtifactCache(folder / "artifacts")

    def history(self, model: str, *, environment: str) -> tuple[Event, ...]:
        """What happened to one pointer, oldest first."""
        return self._hub.history(self.commit).of(environment, model).events

    def register(
        self,
        model: str,
        files: str | Path | Mapping[str, str | Path],
        *,
        version: str | None = None,
        bump: str | None = None,
        fields: Mapping[str, object] | None = None,
        allow_unsafe_format: bool = False,
        owners: Sequence[str] = (),
        merge: bool = False,
        dry_run: bool = False,
    ) -> Registered:
        """Register a version from a file, a folder or a mapping of paths in the artifact to files.

        Either `version` or `bump` (major, minor, patch, auto). `fields` are manifest fields as plain data: metrics,
        hyperparameters, interface, training and so on. Raises RefusedError before anything is uploaded.
        """
        from mooring.usecases.draft import Draft
        from mooring.usecases.register import RegisterRequest, register, sources_of

        draft = Draft(model, fields or {}, allow_unsafe_format=allow_unsafe_format, owners=owners)
        request = RegisterRequest(draft, sources_of(files), version, bump)
        return register(
            self._hub, request, now_ms=_now_ms(), merge=merge, dry_run=dry_run, cache=self.artifacts()
        )

    def promote(
        self,
        reference: str,
        *,
        to: str,
        reason: str,
        override: str | None = None,
        rollout: Rollout | None = None,
    ) -> Plan:
        """Plan a promotion. Nothing is written until `Plan.propose()`."""
        from mooring.api.plans import Plan

        return Plan.make(self._hub, parse_reference(reference), to, reason, override, rollout)

    def rollback(
        self,
        model: str,
        *,
        environment: str,
        reason: str,
        to_version: str | None = None,
        promotion: str | None = None,
        to_nothing: bool = False,
    ) -> RollbackPlanned:
        """Plan a rollback. Nothing is written until `RollbackPlanned.apply()`."""
        from mooring.api.plans import RollbackPlanned
        from mooring.usecases.rollback import RollbackRequest

        request = RollbackRequest(model, environment, reason, to_version, promotion, to_nothing)
        return RollbackPlanned.make(self._hub, self.artifacts(), request)

    def follow(
        self, reference: str, *, interval: float = 5.0, trust: Collection[str] = (), key: str | None = None
    ) -> Follower:
        """A follower of `MODEL@ENVIRONMENT` for a serving process; see `mooring.Follower`."""
        from mooring.api.follower import Follower
        from mooring.errors import UsageError

        if parse_reference(reference).kind is not SelectorKind.ENVIRONMENT:
            raise UsageError(
                f"{reference} never moves", "Follow MODEL@ENVIRONMENT, such as churn@production."
            )
        return Follower(self, reference, interval=interval, trust=trust, key=key)


def _is_commit(ref: str) -> bool:
    return len(ref) in (40, 64) and all(character in "0123456789abcdef" for character in ref)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
