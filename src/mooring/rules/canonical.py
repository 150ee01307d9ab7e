"""Rules about how documents are written: the same layout for what says the same."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from mooring.documents import codec
from mooring.documents.canonical import canonical, layout_of
from mooring.documents.yaml_problem import TextProblem
from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.finding import Level, Place, Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.registry import Entry, Registry
from mooring.rules.pointer_moves import new_pointers
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import FileAt

# Never rewritten once they are on main: they are judged when they come, and left alone after that.
_SETTLED = frozenset({FileKind.MANIFEST, FileKind.POINTER})


@state_rule(FileAt, severity=Level.WARNING)
def non_canonical_document(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A document is not in the one layout that `mooring fmt` gives it.

    The layout fixes the order of keys, quotes, indentation, brackets and line ends; comments stay where they
    are. Models, statuses, waivers, policies and settings are judged; versions and pointers that are on main
    already are not, for nobody may rewrite them.

    Why it matters: with one layout a difference shows what was changed and nothing else, so a reviewer of a
    policy reads two lines and not forty. A program that edits one value writes back the same file.

    How to mend it: run `mooring fmt`; `mooring fmt --diff` shows first what it would do.
    """
    identity = layout.identify(file.path)
    if identity is None or identity.kind in _SETTLED or not file.is_regular:
        return
    yield from _judge(registry, file.entry)


@change_rule(severity=Level.WARNING)
def non_canonical_manifest(change: Change) -> Iterator[Fault]:
    """A new version comes with a manifest that is not in the canonical layout.

    Why it matters: this is the last moment to mend it. Once it is on main its bytes are pinned by every
    pointer to it, and they stay as they are for good.

    How to mend it: run `mooring fmt` with the path of the manifest before it is merged. `mooring register`
    writes it right.
    """
    for file in change.of_kind(FileKind.MANIFEST):
        if file.before is None and file.after is not None and file.after.is_regular:
            yield from _judge(change.head, file.after)


@change_rule(waivable=False)
def non_canonical_pointer(change: Change) -> Iterator[Fault]:
    """A pointer is not written as Mooring writes it: another order of keys, other quotes, a comment.

    What lay there before is left alone: a rollback to a pointer that was written by hand is not refused.

    Why it matters: a pointer is known by its bytes. That a state comes back, that a promotion was rolled
    back, and that two promotions exclude each other is told by them, and the lines of its identity stand
    together so that a stale revert meets a conflict. A pointer that can be written in two ways is two states
    that say the same.

    How to mend it: let Mooring write it: `mooring promote`, `mooring withdraw` or `mooring rollback`. On a
    branch of your own `mooring fmt` with its path lays it out; take comments and defaults out by hand.
    """
    for new in new_pointers(change):
        entry = change.head.files.entry(new.move.path)
        if entry is None or not entry.is_regular:
            continue
        data, wanted = change.head.files.read(entry), codec.encode(new.after)
        if data != wanted:
            yield Fault(
                Place(new.move.path),
                "it is not written as Mooring writes a pointer",
                f"Let Mooring write it: {new.move.command} --reason '...'; or: mooring fmt {new.move.path}",
                value=entry.oid,
                line=_first_difference(data, wanted),
                column=1,
            )


def _judge(registry: Registry, entry: Entry) -> Iterator[Fault]:
    kind = layout_of(entry.path)
    if kind is None or isinstance(registry.load(entry.path, kind), Unreadable | None):
        return  # what cannot be read is another rule's finding
    data = registry.files.read(entry)
    try:
        wanted = canonical(kind, data)
    except TextProblem:
        return
    if data != wanted:
        yield Fault(
            Place(entry.path),
            "it is not in the canonical layout",
            f"Lay it out: mooring fmt {entry.path}",
            line=_first_difference(data, wanted),
            column=1,
        )


def _first_difference(data: bytes, wanted: bytes) -> int:
    """The number of the first line that differs."""
    pairs = zip_longest(data.split(b"\n"), wanted.split(b"\n"))
    return next((number for number, (is_, shall) in enumerate(pairs, 1) if is_ != shall), 1)
