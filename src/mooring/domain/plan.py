"""What a change would do, one step for each pointer that moves and each version that is registered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from mooring.domain.compatibility import Bump, Comparison
from mooring.domain.events import PointerHistory
from mooring.domain.finding import Finding, Level
from mooring.domain.metric_deltas import MetricDelta
from mooring.domain.pointer import Pointer
from mooring.domain.verdict import GateState, Verdict, state_of


class Action(StrEnum):
    """What one step does."""

    REGISTER = "register"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    WITHDRAW = "withdraw"
    REMOVE = "remove"
    """A pointer's file is removed where that is no rollback; a rule refuses it."""
    RESTORE = "restore"
    """A state that a rollback took away comes back; a rule refuses it."""
    UNREADABLE = "unreadable"
    """The pointer that comes cannot be read."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """An unbroken time in which a state was live; in seconds since 1970."""

    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that two manifests say differently; None is absence."""

    section: str
    name: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class Bytes:
    """The artifact of a version; `there` is present, missing or unknown: what the remote says of its bytes."""

    version: str
    digest: str
    size: int
    files: int
    there: str = "unknown"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What another environment serves now (None: nothing); `since` is unknown in a shallow clone."""

    environment: str
    version: str | None
    since: int | None
    is_rolled_back: bool = False


class Relation(StrEnum):
    """How a version depends on another."""

    PARENT = "made from"
    REQUIRES = "requires"


@dataclass(frozen=True, slots=True)
class Dependent:
    """A version (`model@version`) that needs one that comes or goes, and the environments that serve it.

    `needs` is the parent, or the range that it requires; `suits` says of the latter whether what comes lies in it.
    """

    ref: str
    relation: Relation
    needs: str
    live: tuple[str, ...]
    suits: bool | None = None


@dataclass(frozen=True, slots=True)
class Dependents:
    """Who depends on the versions of a step: live ones first; `left_out` is how many more there are."""

    shown: tuple[Dependent, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class WayBack:
    """The command that undoes a step, what it restores, and whether the bytes of that are in the remote."""

    command: str
    restores: str
    there: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that a change does, and everything a reviewer asks about it.

    `version` is what comes and `previous` what it is compared with: what is live now, of a registration the version
    that its number is judged against. Sections that do not apply are empty or None. `notes` say what could not be
    found out; `problem` says why nobody can judge the step.
    """

    action: Action
    model: str
    path: str
    version: str | None
    previous: str | None
    environment: str | None = None
    pointer: Pointer | None = None
    replaced: Pointer | None = None
    stretch: Stretch | None = None
    gates: tuple[Verdict, ...] = ()
    metrics: tuple[MetricDelta, ...] = ()
    changes: tuple[Changed, ...] = ()
    interface: Comparison | None = None
    given: Bump | None = None
    breaking: bool = False
    artifact: Bytes | None = None
    replaced_artifact: Bytes | None = None
    skipped: tuple[str, ...] = ()
    skipped_more: int = 0
    elsewhere: tuple[Elsewhere, ...] = ()
    parents: tuple[str, ...] = ()
    dependents: Dependents = Dependents()
    way_back: WayBack | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def state(self) -> GateState:
        """What the gates say; a move that nobody can judge fails."""
        return GateState.FAIL if self.problem is not None else state_of(self.gates)

    @property
    def required(self) -> Bump | None:
        """The bump that the step asks for; None where nothing was compared."""
        if self.interface is None:
            return None
        return Bump.MAJOR if self.breaking else self.interface.required


@dataclass(frozen=True, slots=True)
class Plan:
    """What lies between two commits, judged by the first: `also` are changes that are no step, one line each.

    `branch` is the proposal that was asked for, if one was. `trouble` says why it could never be merged.
    """

    base: str
    head: str
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    also: tuple[str, ...] = ()
    branch: str | None = None
    trouble: str | None = None

    @property
    def state(self) -> GateState:
        """Whether it may be merged now: one error or failed gate fails it, one pending gate makes it wait."""
        refused = self.trouble is not None or any(one.level is Level.ERROR for one in self.findings)
        states = {step.state for step in self.steps}
        if refused or GateState.FAIL in states:
            return GateState.FAIL
        return GateState.PENDING if GateState.PENDING in states else GateState.PASS


def last_stretch(history: PointerHistory, blob: str) -> Stretch | None:
    """The last time in which the state `blob` was live and over; None where it never was."""
    found: Stretch | None = None
    since: int | None = None
    for event in history.events:
        if event.blob == blob:
            since = event.moment.time if since is None else since
        elif since is not None:
            found, since = Stretch(since, event.moment.time), None
    return found


def way_back_of(action: Action, environment: str, model: str, replaced: Pointer | None) -> str | None:
    """The command that undoes a move; None for one that has no way back because it is refused."""
    if action in (Action.PROMOTE, Action.WITHDRAW):
        nothing = " --to-nothing" if replaced is None else ""
        return f"mooring rollback {model} --in {environment}{nothing} --reason '...'"
    if action is Action.ROLLBACK and replaced is not None:
        if replaced.version is None:
            return f"mooring withdraw {model} --from {environment} --reason '...'"
        what = f"{model}@{replaced.version}"
        return f"mooring promote {what} --to {environment} --override 'what changed' --reason '...'"
    return None
