"""What a rule is: one function whose name is its id, whose docstring is its page and whose module is its family."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from mooring.domain.change import Change
from mooring.domain.finding import Finding, Level, Place
from mooring.domain.registry import Registry
from mooring.domain.secrets import without_secrets
from mooring.rules.subjects import EnvironmentAt, FileAt, FolderAt, ModelAt, PointerAt, Subject, VersionAt

S = TypeVar("S", FileAt, ModelAt, VersionAt, PointerAt, EnvironmentAt, FolderAt)


class Scope(StrEnum):
    """What a rule looks at: one state of the registry, or what lies between two."""

    REGISTRY = "registry"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Fault:
    """What a rule says; the engine adds which rule says it, and how much it weighs.

    `value` is what stands at the place: a fault in base and one in head are the same only when place and
    value agree.
    """

    place: Place
    message: str
    hint: str | None = None
    value: str = ""
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What a rule's docstring says: in one sentence, in more words, why it matters, how to mend it."""

    title: str
    finds: str
    why: str
    mend: str


@dataclass(frozen=True, slots=True)
class _Described:
    id: str
    family: str
    severity: Level
    waivable: bool
    page: Page

    def finding(self, fault: Fault, *, commit: str | None = None) -> Finding:
        """The fault as this rule's finding; what looks like a secret in the document is not repeated."""
        return Finding(
            rule=self.id,
            place=fault.place,
            message=without_secrets(fault.message),
            hint=without_secrets(fault.hint) if fault.hint is not None else None,
            level=self.severity,
            value=without_secrets(fault.value),
            line=fault.line,
            column=fault.column,
            commit=commit,
        )


@dataclass(frozen=True, slots=True)
class StateRule(_Described, Generic[S]):
    """A rule about one state: asked about each `subject` by itself, so that a change asks only about those it
    can affect.

    What it reads must be among what `subjects.affected` says a subject of its kind depends on, and it places
    its faults in files that no other subject of its kind is about.
    """

    subject: type[S]
    check: Callable[[Registry, S], Iterator[Fault]]
    spares_rollbacks: bool = False

    @property
    def scope(self) -> Scope:
        """`registry`."""
        return Scope.REGISTRY

    def findings(self, registry: Registry, subject: Subject) -> Iterator[Finding]:
        """What the rule finds about one subject; nothing about those of another kind."""
        if isinstance(subject, self.subject):
            for fault in self.check(registry, subject):
                yield self.finding(fault)


@dataclass(frozen=True, slots=True)
class ChangeRule(_Described):
    """A rule about the way from one state to another."""

    check: Callable[[Change], Iterator[Fault]]
    standing: bool = False

    @property
    def scope(self) -> Scope:
        """`change`."""
        return Scope.CHANGE


Rule: TypeAlias = (
    StateRule[FileAt]
    | StateRule[ModelAt]
    | StateRule[VersionAt]
    | StateRule[PointerAt]
    | StateRule[EnvironmentAt]
    | StateRule[FolderAt]
    | ChangeRule
)


def state_rule(
    about: type[S],
    *,
    severity: Level = Level.ERROR,
    waivable: bool = True,
    spares_rollbacks: bool = False,
) -> Callable[[Callable[[Registry, S], Iterator[Fault]]], StateRule[S]]:
    """Make a function of a registry and one subject of the kind `about` a rule.

    `waivable` is False where no waiver may overrule it: what makes history, digests, rollbacks or the judging
    itself unreliable, and what lets a document run code, leak a secret or open an address. `spares_rollbacks` is True
    where it only warns of a pointer that a rollback brings back: that one was live before, and the hour is late.
    """

    def make(check: Callable[[Registry, S], Iterator[Fault]]) -> StateRule[S]:
        named = _named(check.__name__, check.__module__)
        return StateRule(*named, severity, waivable, _page(check), about, check, spares_rollbacks)

    return make


def change_rule(
    *, severity: Level = Level.ERROR, waivable: bool = True, standing: bool = False
) -> Callable[[Callable[[Change], Iterator[Fault]]], ChangeRule]:
    """Make a function of a change a rule; `waivable` as for `state_rule`.

    `standing` is True where time alone can make something wrong: the rule is then also asked about a whole state,
    as a change that changes no file.
    """

    def make(check: Callable[[Change], Iterator[Fault]]) -> ChangeRule:
        named = _named(check.__name__, check.__module__)
        return ChangeRule(*named, severity, waivable, _page(check), check, standing)

    return make


def _named(function: str, module: str) -> tuple[str, str]:
    return function.replace("_", "-"), module.rpartition(".")[2]


_WHY = "Why it matters:"
_MEND = "How to mend it:"


def _page(check: Callable[..., Iterator[Fault]]) -> Page:
    text = inspect.cleandoc(check.__doc__ or "")
    found = re.fullmatch(rf"(.+?)\n\n(?:(.+?)\n\n)?{_WHY}\s+(.+?)\n\n{_MEND}\s+(.+)", text, re.DOTALL)
    if found is None:
        raise TypeError(
            f"the docstring of {check.__name__} is no page: title, text, '{_WHY}' and '{_MEND}' are expected"
        )
    title, finds, why, mend = found.groups()
    return Page(title, finds or "", why, mend)
