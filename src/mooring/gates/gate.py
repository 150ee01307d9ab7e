"""What a gate answers, and everything it may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.events import PointerHistory
from mooring.domain.model import MetricSpec
from mooring.domain.pointer import Pointer
from mooring.domain.proof import ScanFacts, SignatureFacts
from mooring.domain.requires import RequiredModel
from mooring.domain.verdict import GateState, Verdict


class Undoing(StrEnum):
    """Whether a change of a pointer is a rollback, and how far it reaches back."""

    NO = "no"
    PREVIOUS = "previous"
    """The state directly before the current promotion returns: the one rollback that may need nobody's consent."""
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Approver:
    """A principal whose approval of exactly this change was verified.

    `names` are all principals that share its key: one person is counted once, and the requester never is, whatever
    name a key goes by. `key` is its fingerprint, None where a server vouched for the principal instead.
    """

    principal: str
    names: frozenset[str]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CheckStatement:
    """What somebody, verified, said of a check of exactly this change; `names` and `key` are those of an `Approver`."""

    check: str
    passed: bool
    principal: str
    names: frozenset[str]
    key: str | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Evidence:
    """One change of one pointer and all that its gates may look at.

    `before` is the pointer that the change replaces and `after` the one it brings (None: no file). `metrics` are those
    of the version that comes, `live_metrics` of the one that is live, None where none is. `unfit` says why the version
    that comes (back) may not be served at all: it is quarantined, archived or gone. `soaks` has the history of the same
    model's pointer in each environment that a soak names. `requester` is what the proposal says of itself, and
    `request_is_proven` whether that person's own signature says the same. `signature` and `scan` tell what is known of
    the version that comes, None where nobody looked. `baselines` has the metrics of what a gate compares with, by the
    words of its `against`. `requires` is what the version that comes needs to be live beside it, and `live` which
    versions of those models answer in the environment; `parents` has, for each version it was made from, the history
    of that model's pointer there. None stands in both for a manifest that nobody can read.
    """

    environment: str
    model: str
    before: Pointer | None
    after: Pointer | None
    requester: str
    undoing: Undoing = Undoing.NO
    unfit: str | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    live_metrics: Mapping[str, float] | None = None
    specs: Mapping[str, MetricSpec] = field(default_factory=dict)
    approvers: tuple[Approver, ...] = ()
    request_is_proven: bool = False
    soaks: Mapping[str, PointerHistory] = field(default_factory=dict)
    signature: SignatureFacts | None = None
    scan: ScanFacts | None = None
    baselines: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    checks: tuple[CheckStatement, ...] = ()
    requires: tuple[RequiredModel, ...] | None = ()
    live: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parents: Mapping[str, PointerHistory] | None = field(default_factory=dict)

    @property
    def branch(self) -> str:
        """The branch that proposes the change, by which commands name it."""
        if self.undoing is not Undoing.NO or self.after is None:
            return layout.rollback_branch(self.environment, self.model)
        return layout.proposal_branch(self.environment, self.model, self.after.version)

    @property
    def brings_a_version(self) -> bool:
        """Whether a version goes live that a gate can judge; a rollback and a withdrawal bring none."""
        return self.undoing is Undoing.NO and self.after is not None and not self.after.is_withdrawal


def assess_all(policy: Policy, evidence: Evidence, now: int) -> tuple[Verdict, ...]:
    """Every gate of `policy`, as a reader wants them: the version itself, metrics and soaks, freeze, approvals.

    `policy` is that of the base: a change is never judged by what it brings itself. `now` is in seconds since 1970.
    """
    from mooring.gates import approvals, checks, dependencies, freeze, metrics, parents, scan, signature, soak

    found: list[Verdict] = []
    if evidence.unfit is not None:
        found.append(Verdict("version", GateState.FAIL, evidence.unfit))
    for spec in policy.gates:
        if not spec.holds_for(evidence.model):
            continue
        if spec.soak is not None:
            found.append(soak.assess(spec.soak, evidence, now))
        found += metrics.assess(spec, evidence)
        found += checks.assess(spec, evidence)
        found += parents.assess(spec, evidence)
        found += signature.assess(spec, evidence)
        found += scan.assess(spec, evidence)
    found += dependencies.assess(evidence)
    found += freeze.assess(policy.freeze, evidence, now)
    found += approvals.assess(policy, evidence)
    return tuple(found)
