"""Policies of environments, the settings of a registry, and waivers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mooring.domain.document import Document, FiniteNumber, Part
from mooring.domain.freeze import Freeze
from mooring.domain.pointer import Rollout
from mooring.domain.requirements import Requirement
from mooring.domain.text import (
    Baseline,
    CheckName,
    Duration,
    EnvironmentName,
    Identifier,
    Line,
    ModelName,
    Timestamp,
)


class RollbackMode(StrEnum):
    """What a rollback does by default: merge at once, or open a proposal."""

    DIRECT = "direct"
    PROPOSE = "propose"


class Registration(StrEnum):
    """How a registration reaches main: at once, or by a proposal that merges itself on green."""

    DIRECT = "direct"
    PROPOSAL = "proposal"


class Approvals(Part):
    """How many people other than the requester must approve, and, if not anybody, who."""

    required: Annotated[int, Field(ge=0, le=20)] = 0
    principals: Annotated[tuple[Line, ...], Field(max_length=200)] = ()


class Soak(Part):
    """A version must have been live in another environment for a time."""

    in_: Annotated[EnvironmentName, Field(alias="in")]
    for_: Annotated[Duration, Field(alias="for")]


class GateSpec(Part):
    """One condition of a promotion.

    It is one of: a bound on a metric or its comparison with what is live or with a baseline; a soak; a check that
    somebody must have said, signed, to have passed; parents: live; a signature; a scan. `by` names the principals
    whose word counts: a check must name them, else anybody in `.mooring/allowed_signers` counts. The gate holds for
    the models in `models`, for all where there are none.
    """

    metric: Identifier | None = None
    min: FiniteNumber | None = None
    max: FiniteNumber | None = None
    against: Baseline | None = None
    tolerance: Annotated[FiniteNumber, Field(ge=0)] | None = None
    soak: Soak | None = None
    check: CheckName | None = None
    parents: Literal["live"] | None = None
    signature: Literal["required"] | None = None
    scan: Literal["required"] | None = None
    by: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    models: Annotated[tuple[ModelName, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _is_one_condition(self) -> Self:
        kinds = {
            "metric": self.metric,
            "soak": self.soak,
            "check": self.check,
            "parents": self.parents,
            "signature": self.signature,
            "scan": self.scan,
        }
        if sum(kind is not None for kind in kinds.values()) != 1:
            raise ValueError(f"a gate has exactly one of: {', '.join(kinds)}")
        bounds = [self.min, self.max, self.against, self.tolerance]
        if self.metric is None and any(bound is not None for bound in bounds):
            raise ValueError("only a metric has bounds")
        if self.by and self.check is None and self.signature is None and self.scan is None:
            raise ValueError("'by' belongs to a check, a signature or a scan")
        if self.check is not None and not self.by:
            # Else anybody with a key could say that it passed, whoever asks for the promotion included.
            raise ValueError("a check says in 'by' whose word counts")
        if self.metric is not None and self.min is None and self.max is None and self.against is None:
            raise ValueError("a metric needs min, max or against, such as against: live")
        if self.tolerance is not None and self.against is None:
            raise ValueError("a tolerance belongs to against")
        return self

    def holds_for(self, model: str) -> bool:
        """Whether the gate is one for `model`."""
        return not self.models or model in self.models


class Policy(Document):
    """`environments/<env>.yaml`: what it takes to change a pointer of this environment."""

    kind: Literal["Environment"] = "Environment"
    name: EnvironmentName
    description: Line | None = None
    promotes_from: Annotated[tuple[EnvironmentName, ...], Field(max_length=20)] = ()
    approvals: Approvals = Approvals()
    rollback: RollbackMode = RollbackMode.PROPOSE
    gates: Annotated[tuple[GateSpec, ...], Field(max_length=100)] = ()
    freeze: Annotated[tuple[Freeze, ...], Field(max_length=100)] = ()
    rollout: Rollout | None = None
    requires: Annotated[tuple[Requirement, ...], Field(max_length=20)] = ()
    card_sections: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    signed: bool = False
    signers: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    unsafe_formats: Annotated[tuple[Identifier, ...], Field(max_length=20)] = ()
    retention: Duration | None = None
    recorders: Annotated[tuple[Line, ...], Field(max_length=50)] = ()


class Settings(Document):
    """`mooring.yaml`: what holds for the whole registry."""

    kind: Literal["Registry"] = "Registry"
    name: Line | None = None
    branch: Line = "main"
    registration: Registration = Registration.PROPOSAL
    automation: Annotated[tuple[Line, ...], Field(max_length=100)] = ()
    people: dict[Line, Line] = Field(default_factory=dict)


class Waiver(Part):
    """One finding that is tolerated for a time."""

    rule: Identifier
    path: Line
    reason: Line
    approved_by: Line
    expires: Timestamp


class Waivers(Document):
    """`registry/waivers.yaml`."""

    kind: Literal["Waivers"] = "Waivers"
    waivers: Annotated[tuple[Waiver, ...], Field(max_length=1_000)] = ()
