"""Rules about what was before: the way through the environments, rollbacks that must hold, and main's own line."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.environment import Policy
from mooring.domain.events import EventKind, PointerHistory
from mooring.domain.finding import Place
from mooring.domain.holds import hold_hint, hold_problem
from mooring.domain.pointer import Pointer
from mooring.rules.pointer_moves import moves, new_pointers
from mooring.rules.rule import Fault, change_rule


@change_rule(waivable=False)
def rolled_back_version(change: Change) -> Iterator[Fault]:
    """A version that left an environment by a rollback comes back without an override.

    The new pointer must hold `override: {promotion: <the one that was undone>, reason: ...}`.

    Why it matters: somebody took this version away because it did harm. Automation that sees only "the newest
    version is not live" would bring it back within minutes, and so would a colleague who does not know.

    How to mend it: promote a newer version; or, if this one is fit now, say why: `mooring promote ...
    --override '...'`. It then needs one approval that is not the requester's.
    """
    for move in moves(change):
        # An older pointer of the same version brings it back as well as a new one does.
        if not isinstance(move.after, Pointer) or move.restores not in (None, EventKind.ROLLED_BACK):
            continue
        version, override = move.after.version, move.after.override
        undone = move.history.undone_versions.get(version) if version is not None else None
        if undone is None:
            continue
        model, environment = move.model, move.environment
        hint = f"mooring promote {model}@{version} --to {environment} --override 'what changed since' --reason '...'"
        if override is None:
            yield Fault(
                Place(move.path, ("version",)),
                f"{model}@{version} left {environment} by a rollback of promotion {undone}",
                f"Promote a newer version, or say why this one may come back: {hint}",
                value=f"{version}",
            )
        elif override.promotion != undone:
            yield Fault(
                Place(move.path, ("override", "promotion")),
                f"the override names promotion {override.promotion}, and the rollback of {model}@{version} "
                f"undid {undone}",
                f"Let the command write it: {hint}",
                value=override.promotion,
            )


@change_rule(waivable=False)
def reverted_rollback(change: Change) -> Iterator[Fault]:
    """A rollback is reverted: the very state it took away comes back.

    Told by blobs alone, never by commit messages: the pointer's new bytes are those that a rollback left.

    Why it matters: `git revert` of the rollback's commit, a stale branch or a merge button brings the bad
    version back without a promotion, a reason or a gate.

    How to mend it: promote it like any other version, and say what changed: `mooring promote ... --override
    '...'`.
    """
    for move in moves(change):
        if move.restores is EventKind.REVERTED_ROLLBACK:
            gone = move.history.pointers.get(move.blob or "")
            what = f"{move.model}@{gone.version}" if gone is not None and gone.version else "this state"
            version = gone.version if gone is not None and gone.version else "VERSION"
            yield Fault(
                Place(move.path),
                f"{what} left {move.environment} by a rollback, and this change brings that very pointer back",
                f"Promote it anew: mooring promote {move.model}@{version} --to {move.environment} "
                "--override 'what changed since' --reason '...'",
                value=move.blob or "",
            )


@change_rule(waivable=False)
def automated_advance(change: Change) -> Iterator[Fault]:
    """Automation moves a pointer that was rolled back.

    Automation is who stands under `automation` in `mooring.yaml` of the base: as the requester of the pointer, or as
    the author of its commit. It may go on to a version that is greater than every one that was rolled back, and
    it may withdraw. A promotion that a person asks for ends the hold.

    Why it matters: somebody took a version away because it did harm, and is looking for the cause. A job that
    promotes "the newest that passes" brings the next candidate of the same training before anybody knows.

    How to mend it: let a person promote it; or register a version that is greater than the bad one.
    """
    for new in new_pointers(change):
        version, move = new.after.version, new.move
        if version is None:
            continue
        who = (new.after.requested_by, change.author)
        if problem := hold_problem(change.base, move.history, version, *who):
            yield Fault(
                Place(move.path, ("requested_by",)),
                problem,
                hold_hint(move.environment, move.model, version),
                value=version,
            )


@change_rule()
def out_of_order_promotion(change: Change) -> Iterator[Fault]:
    """A version skips the environment that it must come from.

    The policy of the base says `promotes_from`. The same manifest must have been live in one of these
    environments, and must not have left it by a rollback since. Rollbacks are exempt.

    Why it matters: staging is where a version fails without harm. What was never there, or failed there, was
    not tried.

    How to mend it: promote it to that environment first, wait until it has proved itself, then propose it
    here.
    """
    for new in new_pointers(change):
        version, manifest = new.after.version, new.after.manifest
        policy = change.base.load(layout.policy_path(new.move.environment), Policy)
        if version is None or manifest is None or not isinstance(policy, Policy) or not policy.promotes_from:
            continue
        model, path = new.move.model, new.move.path
        histories = [change.past.of(feeder, model) for feeder in policy.promotes_from]
        if any(manifest in proven_manifests(history) for history in histories):
            continue
        feeders = " or ".join(policy.promotes_from)
        was_there = any(version in history.versions_live() for history in histories)
        why = "left it by a rollback, or was another manifest there" if was_there else "was never live there"
        yield Fault(
            Place(path, ("version",)),
            f"{new.move.environment} promotes from {feeders}, and {model}@{version} {why}",
            f"First: mooring promote {model}@{version} --to {policy.promotes_from[0]} --reason '...'",
            value=f"{version} {manifest}",
        )


def proven_manifests(history: PointerHistory) -> frozenset[str]:
    """The manifests that were live in an environment and did not leave it by a rollback since."""
    proven: set[str] = set()
    for event in history.events:
        came = history.pointers.get(event.blob) if event.blob is not None else None
        left = history.pointers.get(event.before_blob) if event.before_blob is not None else None
        if event.kind is EventKind.ROLLED_BACK and left is not None and left.manifest is not None:
            proven.discard(left.manifest)
        if came is not None and came.manifest is not None:
            proven.add(came.manifest)
    return frozenset(proven)


@change_rule(waivable=False)
def rewritten_first_parent(change: Change) -> Iterator[Fault]:
    """The old tip of main is not on the first-parent chain of the new one.

    Found are force pushes, and merges made the wrong way round: `git pull` followed by `git push` makes main
    the second parent of one's own branch.

    Why it matters: main's first-parent line is the deployment history. A merge the wrong way round passes a
    test for descendants and yet takes promotions off the line: they vanish from `history`, and rollbacks
    would undo the wrong one.

    How to mend it: `git fetch && git rebase origin/main` instead of `git pull`, then propose the change.
    """
    if change.rewritten is not None:
        yield Fault(
            Place(f"refs/heads/{change.base.settings.branch}"),
            change.rewritten,
            f"Begin on the line that is there: git fetch && git rebase origin/{change.base.settings.branch}",
            value=change.commit or "",
        )
