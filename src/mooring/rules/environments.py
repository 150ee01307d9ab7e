"""Rules about policies: that what they name exists, and that something can pass them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from mooring.documents.signers import parse_signers, signer_problems
from mooring.domain import layout, names
from mooring.domain.environment import GateSpec, Policy
from mooring.domain.finding import KeyPath, Level, Place
from mooring.domain.freeze import Freeze
from mooring.domain.model import VersionStatus
from mooring.domain.registry import Registry
from mooring.domain.text import seconds_of
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import EnvironmentAt, FileAt, VersionAt, has_policy

_LINE: Final = 'alex@example.com namespaces="git,mooring-model-version" ssh-ed25519 AAAA...'


def _policy(registry: Registry, environment: str) -> Policy | None:
    if names.environment_name_problem(environment) is not None:
        return None  # its files are misplaced documents already
    found = registry.load(layout.policy_path(environment), Policy)
    return found if isinstance(found, Policy) else None


def _exists(registry: Registry, environment: str) -> bool:
    return has_policy(registry, layout.policy_path(environment))


@state_rule(EnvironmentAt)
def unknown_environment(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """A policy names an environment that has no policy.

    Found are `promotes_from` and the `in` of a soak.

    Why it matters: no version was ever live in an environment that does not exist, so that no promotion can
    pass. The mistake shows when a promotion is urgent.

    How to mend it: write the name of an environment that `mooring status` lists, or add
    `environments/<name>.yaml` first.
    """
    policy = _policy(registry, subject.environment)
    if policy is None:
        return
    named: list[tuple[KeyPath, str]] = [
        (("promotes_from", index), name) for index, name in enumerate(policy.promotes_from)
    ]
    named += [
        (("gates", index, "soak", "in"), spec.soak.in_)
        for index, spec in enumerate(policy.gates)
        if spec.soak is not None
    ]
    for keys, name in named:
        if not _exists(registry, name):
            yield Fault(
                Place(layout.policy_path(subject.environment), keys),
                f"there is no environment {name!r}",
                f"Add {layout.policy_path(name)} first, or name one of: {', '.join(_known(registry))}.",
                value=name,
            )


@state_rule(VersionAt)
def aimless_status(registry: Registry, subject: VersionAt) -> Iterator[Fault]:
    """A status names an environment that has no policy.

    Why it matters: a status that lists environments holds in these alone. With a slip of the pen a quarantine
    bans the version nowhere, and everybody believes that it is banned.

    How to mend it: write the name of an environment that `mooring status` lists; without `environments` the
    status holds everywhere.
    """
    path = layout.status_path(subject.model, subject.version)
    status = registry.load(path, VersionStatus)
    for index, name in enumerate(status.environments if isinstance(status, VersionStatus) else ()):
        if not _exists(registry, name):
            yield Fault(
                Place(path, ("environments", index)),
                f"there is no environment {name!r}, so that the status holds nowhere by this name",
                f"Name one of: {', '.join(_known(registry))}; or none, and it holds everywhere.",
                value=name,
            )


def _known(registry: Registry) -> tuple[str, ...]:
    return registry.environment_names() or ("none yet",)


@state_rule(EnvironmentAt)
def promotion_cycle(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """An environment promotes from itself, directly or through others.

    Why it matters: `promotes_from` is the way that a version takes. On a circle a version that left it once
    comes back without having been where versions are tried, and one that never was there cannot begin.

    How to mend it: let every environment promote from those before it only; the first promotes from nothing.
    """
    policy = _policy(registry, subject.environment)
    for index, feeder in enumerate(policy.promotes_from if policy is not None else ()):
        if (way := _way_back(registry, feeder, subject.environment)) is not None:
            yield Fault(
                Place(layout.policy_path(subject.environment), ("promotes_from", index)),
                "a circle: " + " promotes from ".join([subject.environment, *way]),
                f"Remove {feeder} from promotes_from, here or on the way.",
                value=feeder,
            )


def _way_back(registry: Registry, start: str, goal: str) -> list[str] | None:
    """The environments from `start` to `goal` along `promotes_from`; None where no way leads there."""
    waiting, seen = [[start]], {start}
    while waiting:
        way = waiting.pop(0)
        if way[-1] == goal:
            return way
        policy = _policy(registry, way[-1])
        for feeder in policy.promotes_from if policy is not None else ():
            if feeder not in seen:
                seen.add(feeder)
                waiting.append([*way, feeder])
    return None


@state_rule(EnvironmentAt)
def impassable_policy(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """A policy asks for something that no promotion can have.

    Found are more approvals than there are people who may give them, signatures where nobody's key is known, a soak
    in the very environment that the version is promoted to, and bounds of one metric that exclude each other.

    Why it matters: everything that is promoted here waits for ever, and the only way past is a change of the
    policy in a hurry.

    How to mend it: name more principals or ask for fewer approvals; write the keys into
    `.mooring/allowed_signers`; let the soak be in the environment before; widen the bounds.
    """
    policy = _policy(registry, subject.environment)
    if policy is None:
        return
    path = layout.policy_path(subject.environment)
    people = {principal.strip().casefold() for principal in policy.approvals.principals}
    required = policy.approvals.required
    if people and required > len(people):
        yield Fault(
            Place(path, ("approvals", "required")),
            f"{required} approvals are required, and {len(people)} "
            f"{'person' if len(people) == 1 else 'people'} may give one",
            f"Name more principals, or ask for at most {len(people)}.",
            value=f"{required} of {len(people)}",
        )
    for index, spec in enumerate(policy.gates):
        if spec.soak is not None and spec.soak.in_ == subject.environment:
            yield Fault(
                Place(path, ("gates", index, "soak", "in")),
                f"a version must have been live in {subject.environment} before it is promoted to it",
                "Name the environment before this one.",
                value=spec.soak.in_,
            )
    yield from _unsignable(registry, path, policy)
    yield from _excluded(path, policy.gates)


def _unsignable(registry: Registry, path: str, policy: Policy) -> Iterator[Fault]:
    """What must be signed although nobody's signature can be verified."""
    asked: list[KeyPath] = [("signed",)] if policy.signed else []
    for index, spec in enumerate(policy.gates):
        wanted = {"signature": spec.signature, "scan": spec.scan, "check": spec.check}
        asked += [("gates", index, key) for key, value in wanted.items() if value is not None]
    if asked and not _signers(registry):
        for keys in asked:
            yield Fault(
                Place(path, keys),
                f"a signature is asked for, and {layout.SIGNERS} knows nobody's key",
                f"Add to {layout.SIGNERS} first: {_LINE}",
                value=str(keys[-1]),
            )


def _excluded(path: str, gates: tuple[GateSpec, ...]) -> Iterator[Fault]:
    """Bounds of one metric, for the same models, of which no value keeps both."""
    for index, upper in enumerate(gates):
        for lower in gates:
            if upper.metric is None or upper.metric != lower.metric or upper.max is None or lower.min is None:
                continue
            apart = upper.models and lower.models and not {*upper.models} & {*lower.models}
            if lower.min > upper.max and not apart:
                yield Fault(
                    Place(path, ("gates", index, "max")),
                    f"{upper.metric} must be at least {lower.min:g} and at most {upper.max:g}",
                    "Correct one of the bounds.",
                    value=f"{upper.metric} {lower.min:g} {upper.max:g}",
                )
                break


@state_rule(EnvironmentAt, severity=Level.WARNING)
def unknown_principal(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """A policy counts on the word of somebody who is not in `.mooring/allowed_signers`.

    Found are those who may approve and those whose checks, signatures and scans a gate counts (`by`), where there
    is such a file at all: without it the forge says who approved.

    Why it matters: the signature of somebody who is not in the list proves nothing and is not counted. It may
    be a slip of the pen, or somebody who left.

    How to mend it: add the person's key to `.mooring/allowed_signers`, or correct the name here.
    """
    policy = _policy(registry, subject.environment)
    entry = registry.files.entry(layout.SIGNERS)
    if policy is None or entry is None or not entry.is_regular:
        return
    known = _signers(registry)
    named: list[tuple[KeyPath, str]] = [
        (("approvals", "principals", index), name) for index, name in enumerate(policy.approvals.principals)
    ]
    named += [
        (("gates", index, "by", place), name)
        for index, spec in enumerate(policy.gates)
        for place, name in enumerate(spec.by)
    ]
    for keys, principal in named:
        if principal.strip().casefold() not in known:
            yield Fault(
                Place(layout.policy_path(subject.environment), keys),
                f"{principal} is not in {layout.SIGNERS}, so that no word of theirs counts",
                f"Add a line for {principal} to {layout.SIGNERS}, or correct the name.",
                value=principal,
            )


def _signers(registry: Registry) -> frozenset[str]:
    """Everybody whose signature can be verified, without capitals."""
    entry = registry.files.entry(layout.SIGNERS)
    if entry is None or not entry.is_regular:
        return frozenset()
    signers = parse_signers(registry.files.read(entry))
    return frozenset(name.casefold() for signer in signers for name in signer.principals)


@state_rule(EnvironmentAt)
def brief_retention(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """An environment keeps versions for a shorter time than its own rollout takes.

    Why it matters: `retention` says for how long a version that left may come back by a rollback. If it is
    shorter than all holds of the rollout together, the bytes of the stable version may be gone before the new
    one has proved itself.

    How to mend it: write the time in which you may want to roll back, such as `retention: 400d`; without it
    nothing that was live is removed for 400 days.
    """
    policy = _policy(registry, subject.environment)
    if policy is None or policy.retention is None:
        return
    steps = policy.rollout.steps if policy.rollout is not None else ()
    takes = sum(seconds_of(step.hold) for step in steps if step.hold is not None)
    kept = seconds_of(policy.retention)
    if kept == 0 or kept < takes:
        why = (
            "is nothing" if kept == 0 else f"is shorter than the rollout, which takes {takes / 3600:g} hours"
        )
        yield Fault(
            Place(layout.policy_path(subject.environment), ("retention",)),
            f"a retention of {policy.retention} {why}",
            "Write the time in which a rollback may be wanted, such as retention: 400d.",
            value=f"{policy.retention} {takes:g}",
        )


@state_rule(EnvironmentAt, severity=Level.WARNING)
def endless_freeze(registry: Registry, subject: EnvironmentAt) -> Iterator[Fault]:
    """A freeze leaves no time in which anything could be promoted.

    Found are freezes that last longer than a year, and those that recur before they have ended.

    Why it matters: a freeze is for a time. One with a slip of the pen in its year, or with a `for` as long as the way
    to the next one, closes the environment, and nobody finds out before something is urgent.

    How to mend it: correct `to` or `for`; for an environment that is given up, withdraw what it serves.
    """
    policy = _policy(registry, subject.environment)
    for index, freeze in enumerate(policy.freeze if policy is not None else ()):
        if _is_endless(freeze):
            key = "to" if freeze.rrule is None else "for"
            yield Fault(
                Place(layout.policy_path(subject.environment), ("freeze", index, key)),
                f"the freeze {freeze.name!r} lasts longer than a year without a break",
                f"Correct {key}, so that promotions are possible in between.",
                value=f"{freeze.from_} {freeze.to} {freeze.rrule} {freeze.for_}",
            )


_YEAR: Final = 366 * 86_400
# Rules take no clock: a freeze that recurs without a first time is looked at from here.
_SOME_DAY: Final = 1_767_225_600


def _is_endless(freeze: Freeze) -> bool:
    start = datetime.fromisoformat(freeze.from_).timestamp() if freeze.from_ is not None else _SOME_DAY
    closed: tuple[float, float] | None = None
    for begin, end in freeze.windows(start, start + 2 * _YEAR):
        if closed is not None and begin > closed[1]:
            return False
        closed = (begin, end) if closed is None else (closed[0], max(closed[1], end))
        if closed[1] - closed[0] > _YEAR:
            return True
    return False


@state_rule(FileAt)
def unreadable_signer(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A line of `.mooring/allowed_signers` names nobody.

    A line is principals, separated by commas, options, the type of the key, the key: `grace@example.com
    namespaces="git" ssh-ed25519 AAAA...`.

    Why it matters: whoever was meant by the line cannot approve: their approvals are not counted, and the
    message that they get speaks of an unknown key.

    How to mend it: copy the line from the person's `.pub` file, with the e-mail address before it.
    """
    if file.path != layout.SIGNERS or not file.is_regular:
        return
    for problem in signer_problems(registry.files.read(file.entry)):
        yield Fault(
            Place(file.path),
            problem.reason,
            f"Write: {_LINE}",
            value=problem.text,
            line=problem.line,
            column=1,
        )
