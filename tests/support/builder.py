"""Registries for tests, said in the domain's words.

    from tests.support.builder import Builder

    registry = (
        Builder()
        .environment("staging")
        .environment("production", promotes_from=["staging"])
        .model("iris")
        .version("1.0.0", accepts={"type": "object"}, metrics={"accuracy": 0.97})
        .promote("1.0.0", to="staging")
    )
    registry.files      # {"environments/staging.yaml": b"...", ...}: every path with its bytes
    registry.objects    # {"files/md5/ab/cdef...": b"..."}: what a DVC remote would hold for it

Every step changes the builder and returns it; `copy()` gives one that goes its own way, `files` a dictionary of its
own for each state. Digests are right, promotion ids are counted up, `replaces` is what is live: what a test does not
say is what `mooring` itself would write. `write`, `edit` and `remove` then break what a test wants broken. A registry
built the same way is the same to the byte. Hand the dictionary to `mooring.documents.memory.MemoryFiles`, write it to
a work tree, or commit it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Self

from mooring.documents import codec, dvcfile
from mooring.documents.dvcfile import ListedFile
from mooring.domain import digests, formats, layout
from mooring.domain.document import JsonObject
from mooring.domain.environment import Approvals, Freeze, GateSpec, Policy, RollbackMode, Settings
from mooring.domain.model import (
    Artifact,
    ArtifactFile,
    DvcOutput,
    Framework,
    Interface,
    Lineage,
    Model,
    ModelVersion,
    Requirements,
    State,
    Training,
    VersionStatus,
)
from mooring.domain.pointer import Override, Pointer, Rollout
from mooring.domain.versions import Versioning

ALEX = "Alex Turner <alex.turner@example.com>"
SAM = "Sam Rivera <sam.rivera@example.com>"
CREATED = "2026-01-02T03:04:05.000Z"


def promotion_id(number: int) -> str:
    """The ULID-shaped id number `number` of a test's registry, counting from 1."""
    return f"01JB{number:022d}"


class Builder:
    """A registry that grows step by step; `files` is its state now."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        self._files: dict[str, bytes] = dict(files or {})
        self._model = ""
        self._promotions = 0
        self.objects: dict[str, bytes] = {}

    @property
    def files(self) -> dict[str, bytes]:
        """Every path with its bytes, in a dictionary of its own."""
        return dict(sorted(self._files.items()))

    def copy(self) -> Builder:
        """A builder in the same state that goes its own way from here; it goes on counting promotions."""
        other = Builder(self._files)
        other._model, other._promotions, other.objects = self._model, self._promotions, dict(self.objects)
        return other

    def settings(self, settings: Settings | None = None) -> Self:
        """Write `mooring.yaml`."""
        return self.write(layout.SETTINGS, codec.encode(settings or Settings()))

    def environment(
        self,
        name: str,
        *,
        promotes_from: Sequence[str] = (),
        approvals: int = 0,
        rollback: RollbackMode = RollbackMode.DIRECT,
        gates: Sequence[GateSpec] = (),
        freeze: Sequence[Freeze] = (),
        rollout: Rollout | None = None,
        unsafe_formats: Sequence[str] = (),
    ) -> Self:
        """Write the policy of an environment."""
        policy = Policy(
            name=name,
            promotes_from=tuple(promotes_from),
            approvals=Approvals(required=approvals),
            rollback=rollback,
            gates=tuple(gates),
            freeze=tuple(freeze),
            rollout=rollout,
            unsafe_formats=tuple(unsafe_formats),
        )
        return self.write(layout.policy_path(name), codec.encode(policy))

    def model(self, name: str, *, versioning: Versioning = Versioning.SEMVER) -> Self:
        """Write a model; the steps after it are about this one until another is named."""
        self._model = name
        document = Model(name=name, owners=(ALEX,), task="classification", versioning=versioning)
        return self.write(layout.model_path(name), codec.encode(document))

    def about(self, model: str) -> Self:
        """Go on with a model that was written before."""
        self._model = model
        return self

    def version(
        self,
        version: str,
        *,
        accepts: JsonObject | None = None,
        returns: JsonObject | None = None,
        artifact: Mapping[str, bytes] | None = None,
        hyperparameters: JsonObject | None = None,
        metrics: Mapping[str, float] | None = None,
        parents: Sequence[str] = (),
        training: Training | None = None,
        requirements: Requirements | None = None,
        breaking: bool = False,
        changelog: str | None = None,
        allow_unsafe_format: bool = False,
    ) -> Self:
        """Register a version: manifest, `artifact.dvc`, and the bytes in `objects`.

        `accepts` and `returns` are the JSON Schemas of its input and output; `artifact` gives its files by path.
        """
        content = artifact or {"model.json": json.dumps({"model": self._model, "version": version}).encode()}
        output_of_dvc = self._store(content)
        files = tuple(
            ArtifactFile(
                path=path,
                format=formats.guess(path) or path.rpartition(".")[2],
                size=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
            )
            for path, data in sorted(content.items())
        )
        tuned = hyperparameters or {}
        manifest = ModelVersion(
            model=self._model,
            version=version,
            created_at=CREATED,
            author=ALEX,
            breaking=breaking,
            changelog=changelog,
            framework=Framework(name="scikit-learn", version="1.5.2"),
            hyperparameters=tuned,
            artifact=Artifact(
                files=files,
                digest=digests.artifact_digest(files, tuned),
                dvc=output_of_dvc,
                allow_unsafe_format=allow_unsafe_format,
            ),
            training=training,
            requirements=requirements,
            metrics=dict(metrics or {}),
            interface=Interface(input=accepts, output=returns) if accepts or returns else None,
            lineage=Lineage(parents=tuple(parents)) if parents else None,
        )
        self.write(layout.manifest_path(self._model, version), codec.encode(manifest))
        return self.write(layout.artifact_path(self._model, version), dvcfile.write(output_of_dvc))

    def _store(self, content: Mapping[str, bytes]) -> DvcOutput:
        listed = []
        for path, data in content.items():
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            self.objects[f"files/md5/{md5[:2]}/{md5[2:]}"] = data
            listed.append(ListedFile(path, md5))
        listing = dvcfile.write_listing(listed)
        address = dvcfile.listing_md5(listing)
        self.objects[f"files/md5/{address[:2]}/{address[2:]}"] = listing
        return DvcOutput(md5=address, size=sum(map(len, content.values())), nfiles=len(content))

    def status(
        self,
        version: str,
        state: State,
        *,
        reason: str = "Not needed any more",
        environments: Sequence[str] = (),
    ) -> Self:
        """Deprecate, quarantine or archive a version."""
        document = VersionStatus(
            model=self._model,
            version=version,
            state=state,
            reason=reason,
            by=ALEX,
            at=CREATED,
            environments=tuple(environments),
        )
        return self.write(layout.status_path(self._model, version), codec.encode(document))

    def promote(
        self,
        version: str,
        *,
        to: str,
        promotion: str | None = None,
        reason: str = "Better on the holdout set",
        requested_by: str = ALEX,
        override: Override | None = None,
        rollout: Rollout | None = None,
    ) -> Self:
        """Make a version live in an environment."""
        manifest = self._files.get(layout.manifest_path(self._model, version))
        pointer = Pointer(
            version=version,
            manifest=digests.digest_of(manifest or b""),
            promotion=promotion or self._next_promotion(),
            replaces=self.live(to),
            reason=reason,
            requested_by=requested_by,
            override=override,
            rollout=rollout,
        )
        return self._point(to, pointer)

    def withdraw(
        self, *, environment: str, reason: str = "It serves nobody", promotion: str | None = None
    ) -> Self:
        """Let an environment serve nothing of the model."""
        pointer = Pointer(
            version=None,
            manifest=None,
            promotion=promotion or self._next_promotion(),
            replaces=self.live(environment),
            reason=reason,
            requested_by=ALEX,
        )
        return self._point(environment, pointer)

    def _point(self, environment: str, pointer: Pointer) -> Self:
        return self.write(layout.pointer_path(environment, self._model), codec.encode(pointer))

    def _next_promotion(self) -> str:
        self._promotions += 1
        return promotion_id(self._promotions)

    def pointer(self, environment: str) -> Pointer | None:
        """What an environment points to now; None where there is no pointer or nobody can read it."""
        path = layout.pointer_path(environment, self._model)
        data = self._files.get(path)
        found = codec.decode(Pointer, data, path) if data is not None else None
        return found if isinstance(found, Pointer) else None

    def live(self, environment: str) -> str | None:
        """The version that is live in an environment now."""
        pointer = self.pointer(environment)
        return None if pointer is None else pointer.version

    def restore(self, path: str, earlier: Mapping[str, bytes]) -> Self:
        """Give one path the bytes it had in an earlier state, as a rollback does; no file where there was none."""
        return self.write(path, earlier[path]) if path in earlier else self.remove(path)

    def write(self, path: str, data: bytes | str) -> Self:
        """Write any file."""
        self._files[path] = data.encode("utf-8") if isinstance(data, str) else data
        return self

    def edit(self, path: str, old: str, new: str) -> Self:
        """Replace the only place where `old` stands in a file."""
        text = self._files[path].decode("utf-8")
        if text.count(old) != 1:
            raise AssertionError(f"{old!r} stands {text.count(old)} times in {path}:\n{text}")
        return self.write(path, text.replace(old, new))

    def remove(self, path: str) -> Self:
        """Remove a file, or everything below a folder."""
        gone = [name for name in self._files if name == path or name.startswith(f"{path}/")]
        if not gone:
            raise AssertionError(f"there is nothing at {path}")
        for name in gone:
            del self._files[name]
        return self

    def move(self, old: str, new: str) -> Self:
        """Move a file, or everything below a folder."""
        moved = {
            name: data for name, data in self._files.items() if name == old or name.startswith(f"{old}/")
        }
        self.remove(old)
        for name, data in moved.items():
            self._files[new + name[len(old) :]] = data
        return self
