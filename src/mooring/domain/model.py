"""Models and their versions: `model.yaml`, `manifest.yaml` and `status/<version>.yaml`."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mooring.domain import digests
from mooring.domain.document import Document, FiniteNumber, JsonObject, Part
from mooring.domain.requires import RequiredModel
from mooring.domain.text import (
    ArtifactPath,
    CommitId,
    Digest,
    Duration,
    EnvironmentName,
    Identifier,
    Line,
    Md5,
    ModelName,
    ParentReference,
    PromotionId,
    Sha256,
    Text,
    Timestamp,
    VersionText,
)
from mooring.domain.versions import Versioning


class Direction(StrEnum):
    """Which way a metric is better."""

    HIGHER = "higher"
    LOWER = "lower"


class MetricSpec(Part):
    """What a metric of a model means: the better direction, its unit, whether every version must have it."""

    direction: Direction
    unit: Line | None = None
    tolerance: Annotated[FiniteNumber, Field(ge=0)] | None = None
    required: bool = False
    description: Line | None = None


class Model(Document):
    """`registry/<model>/model.yaml`: the named line that versions belong to."""

    kind: Literal["Model"] = "Model"
    name: ModelName
    description: Text | None = None
    owners: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    task: Line | None = None
    versioning: Versioning = Versioning.SEMVER
    metrics: dict[Identifier, MetricSpec] = Field(default_factory=dict)
    license: Line | None = None
    labels: dict[Identifier, Line] = Field(default_factory=dict)


class ArtifactFile(Part):
    """One file of an artifact; `size` in bytes."""

    path: ArtifactPath
    role: Identifier = "model"
    format: Identifier
    size: Annotated[int, Field(ge=0, le=2**53)]
    sha256: Sha256


class DvcOutput(Part):
    """Where DVC keeps the bytes: the MD5 that addresses them, their size in bytes and the number of files."""

    md5: Md5
    size: Annotated[int, Field(ge=0, le=2**53)]
    nfiles: Annotated[int, Field(ge=1, le=100_000)] | None = None


class Artifact(Part):
    """The bytes of a version: what they are (files, digest) and where DVC keeps them."""

    files: Annotated[tuple[ArtifactFile, ...], Field(min_length=1, max_length=100_000)]
    digest: Digest
    dvc: DvcOutput
    allow_unsafe_format: bool = False

    @model_validator(mode="after")
    def _paths_are_unique(self) -> Self:
        seen: set[str] = set()
        for file in self.files:
            if (folded := file.path.casefold()) in seen:
                raise ValueError(f"the file {file.path!r} is listed twice (capitals do not tell files apart)")
            seen.add(folded)
        return self


class Framework(Part):
    """The library a model was trained with."""

    name: Line
    version: Line | None = None


class DataReference(Part):
    """One data set a version was trained on."""

    name: Line
    uri: Line | None = None
    version: Line | None = None
    digest: Digest | None = None
    rows: Annotated[int, Field(ge=0, le=2**53)] | None = None
    features: Annotated[int, Field(ge=0, le=2**53)] | None = None
    collected_at: Line | None = None


class CodeReference(Part):
    """The training code."""

    repository: Line | None = None
    commit: CommitId
    path: Line | None = None
    dirty: bool = False


class FeatureReference(Part):
    """Which feature pipeline and feature store a version was trained with."""

    pipeline_commit: CommitId | None = None
    feature_store_version: Line | None = None


class Training(Part):
    """How a version came to be."""

    data: Annotated[tuple[DataReference, ...], Field(max_length=1_000)] = ()
    code: CodeReference | None = None
    features: FeatureReference | None = None
    preprocessing_version: Line | None = None
    started_at: Timestamp | None = None
    duration: Duration | None = None
    resources: dict[Identifier, Line] = Field(default_factory=dict)
    run: Line | None = None


class Requirements(Part):
    """What it takes to load a version."""

    python: Line | None = None
    packages: Annotated[tuple[Line, ...], Field(max_length=1_000)] = ()
    lock: Digest | None = None


class Interface(Part):
    """The JSON Schemas (draft 2020-12) of one prediction's input and output."""

    input: JsonObject | None = None
    output: JsonObject | None = None


class Lineage(Part):
    """What a version was made from."""

    parents: Annotated[tuple[ParentReference, ...], Field(max_length=1_000)] = ()


class ModelVersion(Document):
    """`manifest.yaml`: one immutable release of a model."""

    kind: Literal["ModelVersion"] = "ModelVersion"
    model: ModelName
    version: VersionText
    created_at: Timestamp
    author: Line
    description: Text | None = None
    changelog: Text | None = None
    breaking: bool = False
    framework: Framework | None = None
    algorithm: Line | None = None
    hyperparameters: JsonObject = Field(default_factory=dict)
    artifact: Artifact
    training: Training | None = None
    requirements: Requirements | None = None
    metrics: dict[Identifier, FiniteNumber] = Field(default_factory=dict)
    interface: Interface | None = None
    lineage: Lineage | None = None
    requires: Annotated[tuple[RequiredModel, ...], Field(max_length=100)] = ()
    limitations: Annotated[tuple[Text, ...], Field(max_length=100)] = ()
    labels: dict[Identifier, Line] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _digest_is_right(self) -> Self:
        wanted = digests.artifact_digest(self.artifact.files, self.hyperparameters)
        if self.artifact.digest != wanted:
            raise ValueError(
                f"artifact.digest must be {wanted}, the digest of the files and hyperparameters above"
            )
        return self

    @property
    def ref(self) -> str:
        """`model@version`."""
        return f"{self.model}@{self.version}"


class State(StrEnum):
    """What became of a version after its release."""

    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"
    ARCHIVED = "archived"


class Severity(StrEnum):
    """What a quarantine asks of those who load: to be warned, or to refuse."""

    WARN = "warn"
    BLOCK = "block"


class VersionStatus(Document):
    """`registry/<model>/status/<version>.yaml`: the only thing about a version that may change."""

    kind: Literal["VersionStatus"] = "VersionStatus"
    model: ModelName
    version: VersionText
    state: State
    reason: Line
    by: Line
    at: Timestamp
    environments: Annotated[tuple[EnvironmentName, ...], Field(max_length=100)] = ()
    severity: Severity = Severity.WARN
    evidence: Line | None = None
    promotion: PromotionId | None = None
    expires: Timestamp | None = None

    def applies_to(self, environment: str | None, *, now: float | None = None) -> bool:
        """Whether the status holds in `environment` (everywhere when it names none) at `now`, in seconds since 1970.

        Without `now` one that has expired holds too. What is archived stays archived: its bytes may be gone.
        """
        if now is not None and self.state is not State.ARCHIVED and self.has_expired(now):
            return False
        return not self.environments or environment is None or environment in self.environments

    def has_expired(self, now: float) -> bool:
        """Whether `expires` lies before `now`, in seconds since 1970."""
        return self.expires is not None and datetime.fromisoformat(self.expires).timestamp() <= now
