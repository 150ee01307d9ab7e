"""Pointers: which version of one model an environment serves, and how traffic reaches it."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mooring.domain.document import Document, Part
from mooring.domain.text import Digest, Duration, Line, PromotionId, VersionText

Weight = Annotated[int, Field(ge=0, le=100)]


class Strategy(StrEnum):
    """How traffic moves to a new version."""

    CANARY = "canary"
    BLUE_GREEN = "blue-green"
    AB_TEST = "ab-test"
    SHADOW = "shadow"


class Step(Part):
    """One step of a rollout: the weight of the new version in percent and how long to hold it."""

    weight: Weight
    hold: Duration | None = None


class Rollout(Part):
    """How traffic reaches the new version; absent means all at once."""

    strategy: Strategy
    steps: Annotated[tuple[Step, ...], Field(max_length=100)] = ()
    weights: dict[VersionText, Weight] = Field(default_factory=dict)
    abort_on: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    window: Duration | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.strategy is Strategy.AB_TEST:
            if sum(self.weights.values()) != 100:
                raise ValueError(
                    f"the weights of an A/B test sum to {sum(self.weights.values())}, not to 100"
                )
        elif self.weights:
            raise ValueError("only an ab-test has weights; other strategies have steps")
        weights = [step.weight for step in self.steps]
        if any(after <= before for before, after in pairwise(weights)):
            raise ValueError("the weights of the steps must rise from step to step")
        return self


class Override(Part):
    """Consent to bring back a version that an earlier rollback took away: the undone promotion and the reason."""

    promotion: PromotionId
    reason: Line


class Pointer(Document):
    """`environments/<env>/<model>.yaml`. A withdrawal has neither version nor manifest, but id, reason and requester.

    The identity lines stay adjacent and lead, so that a stale revert or a double promotion conflicts in Git
    instead of merging into a state that never existed (DESIGN 4.2).
    """

    kind: Literal["Pointer"] = "Pointer"
    version: VersionText | None
    manifest: Digest | None
    promotion: PromotionId
    replaces: VersionText | None
    reason: Line
    requested_by: Line
    override: Override | None = None
    rollout: Rollout | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.version is None) != (self.manifest is None):
            raise ValueError("version and manifest are both given, or both null (a withdrawal)")
        if self.version is None and self.rollout is not None:
            raise ValueError("a withdrawal has no rollout")
        split = self.rollout is not None and self.rollout.strategy is Strategy.AB_TEST
        if split and self.rollout is not None and self.version not in self.rollout.weights:
            raise ValueError("the version of the pointer must be among the weights of its A/B test")
        return self

    @property
    def served(self) -> tuple[str, ...]:
        """Every version that answers: the pointer's own first, then the others of its A/B test."""
        own = () if self.version is None else (self.version,)
        shares = self.rollout.weights if self.rollout is not None else {}
        return (*own, *(version for version in shares if version != self.version))

    @property
    def is_withdrawal(self) -> bool:
        """Whether nothing is to be served."""
        return self.version is None
