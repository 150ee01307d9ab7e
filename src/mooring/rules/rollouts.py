"""Rules about how traffic reaches a new version: rollouts that say what they mean, in pointers and in policies."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.aborts import GRAMMAR, parse_condition
from mooring.domain.change import Change
from mooring.domain.environment import Policy
from mooring.domain.finding import KeyPath, Place
from mooring.domain.layout import FileKind
from mooring.domain.pointer import Pointer, Rollout, Strategy
from mooring.domain.registry import Registry
from mooring.domain.text import seconds_of
from mooring.errors import UsageError
from mooring.rules.pointer_moves import new_pointers
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import FileAt


@state_rule(FileAt, spares_rollbacks=True)
def unreadable_abort_condition(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A condition of `abort_on` cannot be read.

    A condition is a metric, a comparison and a threshold: `latency_p95 > 200ms`, `error_rate > 0.5%`, or
    relative to what is live, `error_rate > stable + 5%`.

    Why it matters: a condition that nothing can evaluate never ends a rollout. The canary goes on to 100 %
    while everybody believes that it is watched.

    How to mend it: write METRIC, one of `>`, `>=`, `<`, `<=`, and a number with its unit, or `stable + 5%`.
    """
    rollout = _rollout(registry, file)
    for index, text in enumerate(rollout.abort_on if rollout is not None else ()):
        try:
            parse_condition(text)
        except UsageError as error:
            yield Fault(_at(file, "abort_on", index), error.message, f"Write {GRAMMAR}.", value=text)


@state_rule(FileAt, spares_rollbacks=True)
def unheld_step(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A step of a rollout gives the new version a part of the traffic, and says not for how long.

    Every step below 100 % needs a `hold` that is longer than nothing. After the last one all traffic goes to
    the new version.

    Why it matters: a step without a hold is either passed at once, so that nothing is seen of it, or never,
    so that the rollout stands still; which of both depends on the engine.

    How to mend it: write how long the step is watched: `{weight: 10, hold: 1h}`.
    """
    rollout = _rollout(registry, file)
    for index, step in enumerate(rollout.steps if rollout is not None else ()):
        if step.weight < 100 and not (step.hold is not None and seconds_of(step.hold)):
            yield Fault(
                _at(file, "steps", index),
                f"the step at {step.weight} % has no hold, so that nobody can say when it ends",
                f"Write for how long it is watched: {{weight: {step.weight}, hold: 1h}}",
                value=f"{step.weight} {step.hold}",
            )


@state_rule(FileAt, spares_rollbacks=True)
def contradictory_rollout(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A rollout lacks what its strategy needs, or has what its strategy cannot use.

    A canary has steps. A blue-green rollout and an A/B test have none, and a shadow at most one: how much of
    the traffic is copied, and for how long. The rollout that a policy gives by default is no A/B test, because its
    weights name versions. A `window` belongs to `abort_on`.

    Why it matters: what a strategy cannot use is silently ignored where the traffic is moved. A canary without
    steps is no canary: all traffic moves at once.

    How to mend it: give a canary its steps (`steps: [{weight: 10, hold: 1h}, {weight: 100}]`), or choose the
    strategy that was meant.
    """
    rollout = _rollout(registry, file)
    if rollout is None:
        return
    for key, problem, hint in _contradictions(rollout, is_default=_is_policy(file)):
        yield Fault(_at(file, key), problem, hint, value=f"{rollout.strategy} {len(rollout.steps)}")


def _contradictions(rollout: Rollout, *, is_default: bool) -> Iterator[tuple[str, str, str]]:
    """Key, problem and hint of everything that does not go together."""
    strategy, steps = rollout.strategy, len(rollout.steps)
    if strategy is Strategy.CANARY and not steps:
        yield (
            "strategy",
            "a canary without steps moves all traffic at once",
            "Add steps: [{weight: 10, hold: 1h}, {weight: 100}], or remove the rollout.",
        )
    if strategy in (Strategy.BLUE_GREEN, Strategy.AB_TEST) and steps:
        yield "steps", f"{strategy} has no steps", "Remove the steps, or write strategy: canary."
    if strategy is Strategy.SHADOW and steps > 1:
        yield (
            "steps",
            f"a shadow has one step, the part of the traffic that is copied, and this one has {steps}",
            "Keep one step, or write strategy: canary.",
        )
    if is_default and strategy is Strategy.AB_TEST:
        yield (
            "strategy",
            "the weights of an A/B test name versions, and a default is for every version",
            "Let the promotion give the weights; remove the rollout here.",
        )
    if rollout.window is not None and not rollout.abort_on:
        yield (
            "window",
            "nothing is measured over this window: there is no abort_on",
            "Add abort_on, or remove it.",
        )


def _rollout(registry: Registry, file: FileAt) -> Rollout | None:
    """The rollout of a pointer or the default one of a policy."""
    if not file.path.startswith(f"{layout.ENVIRONMENTS}/"):
        return None  # every file is asked about, and nearly all are of versions
    identity = layout.identify(file.path)
    if identity is None:
        return None
    if identity.kind is FileKind.POINTER:
        pointer = registry.load(file.path, Pointer)
        return pointer.rollout if isinstance(pointer, Pointer) else None
    if identity.kind is FileKind.POLICY:
        policy = registry.load(file.path, Policy)
        return policy.rollout if isinstance(policy, Policy) else None
    return None


def _is_policy(file: FileAt) -> bool:
    identity = layout.identify(file.path)
    return identity is not None and identity.kind is FileKind.POLICY


def _at(file: FileAt, *keys: str | int) -> Place:
    found: KeyPath = ("rollout", *keys)
    return Place(file.path, found)


@change_rule()
def skipped_rollout(change: Change) -> Iterator[Fault]:
    """A promotion moves all traffic at once where the policy has a rollout.

    Found are new pointers without a `rollout` while the policy of the base has one and a version is live that
    could take the traffic back.

    Why it matters: `mooring promote` writes the environment's rollout into the pointer. Where it is missing it
    was taken out by hand, or the policy got it after the proposal was made, and nobody watches a first few
    per cent.

    How to mend it: propose it again. Where all at once is meant, say so in the pointer: `rollout: {strategy:
    blue-green}`.
    """
    for new in new_pointers(change):
        before, after, environment = new.move.before, new.after, new.move.environment
        policy = change.base.load(layout.policy_path(environment), Policy)
        if not isinstance(policy, Policy) or policy.rollout is None or after.rollout is not None:
            continue
        if after.version is None or not isinstance(before, Pointer) or before.version is None:
            continue
        yield Fault(
            Place(new.move.path),
            f"{environment} rolls out by {policy.rollout.strategy}, and this promotion says nothing of it",
            f"Propose it again: mooring promote {new.move.model}@{after.version} --to {environment} --reason '...'",
            value=after.version,
        )
