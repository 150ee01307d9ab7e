"""Rules about pointers: what they name, and that each changes alone, once, and from the state it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import digests, layout
from mooring.domain.change import Change
from mooring.domain.events import EventKind
from mooring.domain.finding import Place, Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Registry
from mooring.rules.pointer_moves import moves, named_versions, new_pointers
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import PointerAt


@state_rule(PointerAt, waivable=False)
def dangling_pointer(registry: Registry, subject: PointerAt) -> Iterator[Fault]:
    """A pointer names a version that is not in the registry.

    The versions of an A/B test's weights count too.

    Why it matters: nothing can be resolved or loaded there. Serving processes keep what they have, and the
    next one that starts serves nothing.

    How to mend it: register and merge the version before it is promoted, or promote one that is there.
    """
    pointer = _pointer(registry, subject)
    if pointer is None:
        return
    for keys, version in named_versions(pointer):
        if registry.files.entry(layout.manifest_path(subject.model, version)) is None:
            yield Fault(
                Place(layout.pointer_path(subject.environment, subject.model), keys),
                f"{subject.environment} points to {subject.model}@{version}, which is not in the registry",
                f"Promote a version that 'mooring show {subject.model}' lists: "
                f"mooring promote {subject.model}@VERSION --to {subject.environment} --reason '...'",
                value=version,
            )


@state_rule(PointerAt, waivable=False)
def wrong_digest(registry: Registry, subject: PointerAt) -> Iterator[Fault]:
    """A pointer pins another digest than its version's manifest has.

    Why it matters: pointer, manifest and files are one chain of digests. Where it breaks, either the manifest
    was changed after the review or the pointer was written by hand, and nobody can say which bytes were
    approved; every load is refused.

    How to mend it: promote the version again; `mooring promote` writes the digest. If the manifest was
    changed, restore it.
    """
    pointer = _pointer(registry, subject)
    if pointer is None or pointer.version is None or pointer.manifest is None:
        return
    actual = registry.manifest_digest(subject.model, pointer.version)
    if actual is not None and actual != pointer.manifest:
        yield Fault(
            Place(layout.pointer_path(subject.environment, subject.model), ("manifest",)),
            f"the manifest of {subject.model}@{pointer.version} is {digests.short(actual)}, "
            f"not {digests.short(pointer.manifest)}",
            f"Let the command write it: mooring promote {subject.model}@{pointer.version} "
            f"--to {subject.environment} --reason '...'",
            value=f"{pointer.manifest} {actual}",
        )


def _pointer(registry: Registry, subject: PointerAt) -> Pointer | None:
    found = registry.load(layout.pointer_path(subject.environment, subject.model), Pointer)
    return found if isinstance(found, Pointer) else None


@change_rule(waivable=False)
def bundled_pointer_change(change: Change) -> Iterator[Fault]:
    """A change moves a pointer together with something else.

    Found are changes of a pointer and any other file: another pointer, the policy that judges it, the version
    it names.

    Why it matters: a change of one pointer can be undone by one `git revert` that undoes nothing else. And a
    promotion that brings its own policy would be judged by rules that nobody approved.

    How to mend it: make two proposals. Versions and policies first; `mooring promote` makes a change of one
    pointer.
    """
    pointers = change.of_kind(FileKind.POINTER)
    if not pointers or len(change.files) == 1:
        return
    first = pointers[0]
    others = [file.path for file in change.files if file.path != first.path]
    named = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    identity = first.identity
    where = f"{identity.model}@VERSION --to {identity.environment}" if identity else "..."
    yield Fault(
        Place(first.path),
        f"this pointer changes together with {named}",
        f"Merge the rest first, then: mooring promote {where} --reason '...'",
        value=" ".join(others),
    )


@change_rule(waivable=False)
def deleted_pointer(change: Change) -> Iterator[Fault]:
    """A pointer's file is removed.

    Only undoing the first promotion removes the file, because there was none before.

    Why it matters: a removed file says neither why nor on whose request, and it could not be rolled back like
    any other state. A withdrawal is a pointer with a reason.

    How to mend it: `mooring withdraw MODEL --from ENVIRONMENT --reason '...'`.
    """
    for move in moves(change):
        if move.blob is None and move.restores is not EventKind.ROLLED_BACK:
            yield Fault(
                Place(move.path),
                f"the pointer of {move.model} in {move.environment} is removed",
                f"Withdraw it with a reason: mooring withdraw {move.model} --from {move.environment} --reason '...'",
            )


@change_rule(waivable=False)
def no_op_promotion(change: Change) -> Iterator[Fault]:
    """A promotion makes live what is live already, in the same way.

    Version, manifest and rollout equal the pointer's in base; only the id, the reason or the requester
    differ.

    Why it matters: it would start every rollout anew, reset soak times and put an entry into the history that
    changed nothing: the next rollback would undo that entry and leave the bad version where it is.

    How to mend it: close the proposal. What is live says `mooring status`.
    """
    for new in new_pointers(change):
        before, after = new.move.before, new.after
        if isinstance(before, Pointer) and _serves(before) == _serves(after):
            what = f"{new.move.model}@{after.version}" if after.version else "nothing"
            yield Fault(
                Place(new.move.path, ("version",)),
                f"{new.move.environment} serves {what} already",
                f"Close the proposal; see: mooring status {new.move.model}",
                value=str(after.version),
            )


def _serves(pointer: Pointer) -> tuple[object, ...]:
    return pointer.version, pointer.manifest, pointer.rollout


@change_rule(waivable=False)
def wrong_replaces(change: Change) -> Iterator[Fault]:
    """A promotion replaces another version than the one that is live.

    `replaces` must equal the version of the pointer in base; it is null where there is none, or where it was
    withdrawn.

    Why it matters: the promotion was planned, compared and approved against that version. If another one is
    live by now, the reviewers saw the wrong difference.

    How to mend it: propose it again; `mooring promote` reads what is live and updates the proposal.
    """
    for new in new_pointers(change):
        before = new.move.before
        if isinstance(before, Unreadable):
            continue  # nobody knows what was live, and this change mends it
        live = before.version if before is not None else None
        if new.after.replaces != live:
            yield Fault(
                Place(new.move.path, ("replaces",)),
                f"{new.move.environment} serves {live or 'nothing'}, and the promotion replaces "
                f"{new.after.replaces or 'nothing'}",
                f"Propose it again from what is live now: {_again(new.move.model, new.move.environment, new.after)}",
                value=str(new.after.replaces),
            )


@change_rule(waivable=False)
def reused_promotion_id(change: Change) -> Iterator[Fault]:
    """A promotion has the id of another one.

    Why it matters: the id stands for one change of one pointer. Rollbacks, approvals, deployment records and
    the shares of a traffic split are bound to it; with the same id twice an old approval would count for a
    new change.

    How to mend it: propose it again; `mooring promote` makes a new id.
    """
    seen: dict[str, str] = {}
    for new in new_pointers(change):
        promotion = new.after.promotion
        owner = change.past.promotion_owner(promotion)
        used = f"{owner[0]} in commit {owner[1][:12]}" if owner is not None else seen.get(promotion)
        if used is not None:
            yield Fault(
                Place(new.move.path, ("promotion",)),
                f"the promotion id {promotion} was used by {used}",
                f"Let the command make a new one: {_again(new.move.model, new.move.environment, new.after)}",
                value=promotion,
            )
        seen.setdefault(promotion, new.move.path)


def _again(model: str, environment: str, after: Pointer) -> str:
    if after.version is None:
        return f"mooring withdraw {model} --from {environment} --reason '...'"
    return f"mooring promote {model}@{after.version} --to {environment} --reason '...'"
