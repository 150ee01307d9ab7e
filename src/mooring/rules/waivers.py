"""Rules about waivers, and what a waiver does: an error that it covers is told, and refuses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Waiver, Waivers
from mooring.domain.finding import Finding, Level, Place, Waived
from mooring.domain.registry import Registry
from mooring.rules.rule import Fault, Rule, change_rule, state_rule
from mooring.rules.subjects import TOPS, FileAt

LONGEST_DAYS: Final = 180
"""FedRAMP gives what weighs least 180 days to be mended, and counts anything older as overdue."""

_DAY: Final = 86_400
_BELOW: Final = "/**"
_ADDRESS: Final = re.compile(r"<([^<>]+)>\s*$")


@state_rule(FileAt, waivable=False)
def unknown_waived_rule(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A waiver names a rule that does not exist.

    Why it matters: it tolerates nothing. Whoever wrote it believes that a finding is settled, and learns of the
    misspelling when a release is refused.

    How to mend it: write the rule's name as findings show it in brackets; `mooring check --list-rules` lists
    all of them.
    """
    for number, waiver in _entries(registry, file):
        if _rule(waiver) is None:
            yield Fault(
                _place(number, "rule"),
                f"there is no rule {waiver.rule!r}",
                "See their names: mooring check --list-rules",
                value=f"{waiver.rule} {waiver.path}",
            )


@state_rule(FileAt, waivable=False)
def unwaivable_rule(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A waiver names a rule that cannot be waived, or one that refuses nothing.

    Not waivable is what makes history, digests, rollbacks or the judging itself unreliable, and what lets a
    document run code, leak a secret or open an address. Such a waiver has no effect. A rule whose findings are
    warnings needs none.

    Why it matters: there is no good reason for these faults, only a way around them, and each has a mend of its
    own: a new version, a new promotion, the consent in a policy.

    How to mend it: remove the waiver, and mend what it was for: `mooring explain RULE` says how.
    """
    for number, waiver in _entries(registry, file):
        rule = _rule(waiver)
        if rule is None or (rule.waivable and rule.severity is Level.ERROR):
            continue
        why = "cannot be waived" if rule.severity is Level.ERROR else "only warns, and needs no waiver"
        yield Fault(
            _place(number, "rule"),
            f"{waiver.rule} {why}",
            f"Remove the waiver; see: mooring explain {waiver.rule}",
            value=f"{waiver.rule} {waiver.path}",
        )


@state_rule(FileAt, waivable=False)
def overbroad_waiver(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A waiver's path is neither one file nor what lies below one model or one environment.

    A path is written out, or it ends in `/**` and means all files below the folder before it: at least
    `registry/<model>/**` or `environments/<environment>/**`. Any other pattern matches nothing.

    Why it matters: a waiver for everything turns the rule off for versions that nobody has seen yet, and its
    reason speaks of one of them.

    How to mend it: name the file that the finding names, or the folder of the model.
    """
    for number, waiver in _entries(registry, file):
        if not _is_strict(waiver.path):
            yield Fault(
                _place(number, "path"),
                f"{waiver.path!r} is neither a file nor all files below a model or an environment",
                "Write the path that the finding names, or a folder such as registry/iris/**.",
                value=waiver.path,
            )


@change_rule(waivable=False)
def overlong_waiver(change: Change) -> Iterator[Fault]:
    """A new waiver ends more than 180 days after the base's commit.

    What a waiver said before is not judged again; renewing one is a new waiver.

    Why it matters: a waiver with an end in ten years has none. The end is the day on which somebody looks at it
    again, and 180 days is what FedRAMP grants the mildest weakness.

    How to mend it: let it end earlier. When it ends and is still needed, renew it, in a change that somebody
    approves.
    """
    for number, waiver in _added(change):
        days = (_seconds(waiver.expires) - change.now) // _DAY
        if days > LONGEST_DAYS:
            yield Fault(
                _place(number, "expires"),
                f"it ends in {days} days, and a waiver holds for at most {LONGEST_DAYS}",
                f"Let it end by {_day(change.now + LONGEST_DAYS * _DAY)}.",
                value=waiver.expires,
            )


@change_rule(severity=Level.WARNING, standing=True)
def expired_waiver(change: Change) -> Iterator[Fault]:
    """A waiver has ended.

    By the date of the base's commit. Found when the file is changed, and by `mooring check --all`.

    Why it matters: what it tolerated is an error again wherever it is new. An entry that does nothing hides those
    that still do.

    How to mend it: mend what it was for and remove it; or renew it, with a reason that holds today.
    """
    if change.files and layout.WAIVERS not in change.changed():
        return
    for number, waiver in enumerate(_read(change.head)):
        if _seconds(waiver.expires) <= change.now:
            yield Fault(
                _place(number, "expires"),
                f"the waiver of {waiver.rule} for {waiver.path} ended on {_day(_seconds(waiver.expires))}",
                f"Remove it from {layout.WAIVERS}, or renew it in a change of its own.",
                value=f"{waiver.rule} {waiver.path} {waiver.expires}",
            )


@change_rule(waivable=False)
def self_approved_waiver(change: Change) -> Iterator[Fault]:
    """Whoever commits a waiver is the one who is said to have approved it.

    The commit's author is compared with `approved_by`, by mail address where both have one. A change that is no
    commit yet has no author, and an author's name proves nothing: who may change the file is a matter of
    CODEOWNERS and of `unguarded-policy-change`.

    Why it matters: a waiver is a second person's word. One's own is no check.

    How to mend it: let somebody else approve it, and name them.
    """
    if change.author is None:
        return
    for number, waiver in _added(change):
        if _names(change.author) & _names(waiver.approved_by):
            yield Fault(
                _place(number, "approved_by"),
                f"{waiver.approved_by} approves what {change.author} asks for",
                "Let somebody else approve it, and write who did.",
                value=waiver.approved_by,
            )


@dataclass(frozen=True, slots=True)
class InForce:
    """The waivers that a change is judged by: those of `before`, as they stand at `now` (seconds since 1970).

    `proposed` are the waivers that the change itself brings; they hold for those that come after it.
    """

    before: tuple[Waiver, ...]
    proposed: tuple[Waiver, ...]
    now: int

    @classmethod
    def of(cls, base: Registry, now: int, *, head: Registry | None = None) -> InForce:
        """The waivers of `base`; an unreadable file waives nothing, and is a finding of its own."""
        return cls(_read(base), _read(head) if head is not None else (), now)

    def settle(self, findings: Iterable[Finding], rules: dict[str, Rule]) -> Iterator[Finding]:
        """The findings, those errors that are covered as waived; where one nearly is, the message says so."""
        for finding in findings:
            waivable = finding.level is Level.ERROR and rules[finding.rule].waivable
            yield self._settled(finding) if waivable and (self.before or self.proposed) else finding

    def _settled(self, finding: Finding) -> Finding:
        covering = [waiver for waiver in self.before if _covers(waiver, finding)]
        if covering:
            longest = max(covering, key=lambda waiver: _seconds(waiver.expires))
            if _seconds(longest.expires) > self.now:
                told = Waived(longest.reason, longest.approved_by, longest.expires)
                return replace(finding, level=Level.WAIVED, waiver=told)
            ended = _day(_seconds(longest.expires))
            return replace(finding, message=f"{finding.message} (its waiver ended on {ended})")
        if any(_covers(waiver, finding) for waiver in self.proposed):
            words = f"its waiver must be merged first: {layout.WAIVERS} of the base counts"
            return replace(finding, message=f"{finding.message} ({words})")
        return finding


def _covers(waiver: Waiver, finding: Finding) -> bool:
    if waiver.rule != finding.rule or not _is_strict(waiver.path):
        return False
    if waiver.path.endswith(_BELOW):
        return finding.place.path.startswith(waiver.path.removesuffix("**"))
    return finding.place.path == waiver.path


def _is_strict(pattern: str) -> bool:
    """Whether a waiver's path is one file, or all below one folder of a model or an environment."""
    folder = pattern.removesuffix(_BELOW)
    parts = folder.split("/")
    if any(letter in folder for letter in "*?[") or not all(parts):
        return False
    return folder == pattern or (len(parts) > 1 and parts[0] in TOPS)


def _read(registry: Registry) -> tuple[Waiver, ...]:
    found = registry.load(layout.WAIVERS, Waivers)
    return found.waivers if isinstance(found, Waivers) else ()


def _entries(registry: Registry, file: FileAt) -> Iterator[tuple[int, Waiver]]:
    if file.path == layout.WAIVERS:
        yield from enumerate(_read(registry))


def _added(change: Change) -> Iterator[tuple[int, Waiver]]:
    """The waivers of head that base has not, word for word."""
    if layout.WAIVERS in change.changed():
        known = _read(change.base)
        yield from ((number, one) for number, one in enumerate(_read(change.head)) if one not in known)


def _rule(waiver: Waiver) -> Rule | None:
    from mooring.rules import catalogue  # which is made of the families, and this is one

    return catalogue.by_id().get(waiver.rule)


def _place(number: int, key: str) -> Place:
    return Place(layout.WAIVERS, ("waivers", number, key))


def _seconds(timestamp: str) -> int:
    return int(datetime.fromisoformat(timestamp).timestamp())


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _names(person: str) -> set[str]:
    """What a person goes by: all of the text, and the mail address in it."""
    address = _ADDRESS.search(person)
    return {person.strip().casefold()} | ({address[1].strip().casefold()} if address else set())
