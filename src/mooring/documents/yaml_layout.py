"""The one layout of a strict YAML text: as `yaml_write.dump` writes its value, with its comments.

Laws: the value stays the same but for the order of keys that `Order` gives; every comment is still there; what is
laid out already stays as it is to the byte; without comments it is what `dump` writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from mooring.documents.yaml import JsonValue, YamlProblem
from mooring.documents.yaml_comments import BLANK, Entry, comments_in, read_comments
from mooring.documents.yaml_reader import Parsed, read
from mooring.documents.yaml_text import decode
from mooring.documents.yaml_write import WIDTH, block_lines, entry, key_text, same

_STEP: Final = 2
_BEFORE_COMMENT: Final = "  "


@dataclass(frozen=True, slots=True)
class Order:
    """In which order the keys of a mapping are written, and what that is for what lies inside.

    Keys that it does not name come after those that it does, as they are written.
    """

    keys: Mapping[str, Order | None] = field(default_factory=lambda: MappingProxyType({}))
    items: Order | None = None
    """Of each item, where it is a list."""
    values: Order | None = None
    """Of the value of each key that is not in `keys`."""


def arrange(data: bytes, order: Order | None = None) -> bytes:
    """The text in the one layout. Raises YamlProblem for what is not strict YAML, or what cannot be laid out."""
    text = decode(data)
    parsed = read(text, any_top=False)
    arranged = _arranged(text, parsed, order)
    if arranged != data:
        _check(arranged, text, parsed, order)
    return arranged


def ordered(value: JsonValue, order: Order | None) -> JsonValue:
    """A value with its keys in order."""
    if order is None:
        return value
    if isinstance(value, list):
        return [ordered(item, order.items) for item in value]
    if isinstance(value, dict):
        return {key: ordered(value[key], _inner(order, key)) for key in _in_order(list(value), order)}
    return value


def _arranged(text: str, parsed: Parsed, order: Order | None) -> bytes:
    value = ordered(parsed.value, order)
    if "#" not in text:
        lines = block_lines(value, indent=0) if value else ["{}"]
    else:
        root = read_comments(text, parsed)
        lines = _document(root, order)
    return ("\n".join(lines) + "\n").encode("utf-8")


def _check(arranged: bytes, text: str, parsed: Parsed, order: Order | None) -> None:
    """No byte is written before the new text was read again: it holds the same, comments too."""
    new = decode(arranged)
    again = read(new, any_top=False)
    if not same(again.value, ordered(parsed.value, order)):
        raise YamlProblem("it cannot be laid out without changing what it says", line=1, column=1)
    if Counter(comments_in(new, again)) != Counter(comments_in(text, parsed)):
        raise YamlProblem("it cannot be laid out without losing a comment", line=1, column=1)


def _document(root: Entry, order: Order | None) -> list[str]:
    top = [*root.head, *root.side]
    first = root.children[0] if root.children else None
    if first is not None:
        top += first.head
        first.head = []
    above: list[str] = []
    if first is not None and BLANK in (top := _collapsed(top, after_blank=True)):
        # The comments above the last blank line are about the whole document, whichever key comes first.
        cut = len(top) - 1 - top[::-1].index(BLANK)
        above, first.head = [*top[:cut], BLANK], top[cut + 1 :]
    elif first is not None:
        first.head = top
    else:
        above = _collapsed(top, after_blank=True)
    body = _children(root, order, 0)[0] if root.children else ["{}"]
    if not body[0]:  # the blank line above what comes first now
        body = body[1:]
    return [*above, *body, *_collapsed(root.foot)]


def _children(parent: Entry, order: Order | None, indent: int) -> tuple[list[str], bool]:
    """The lines of the children of an entry, and whether comments are among them.

    An item begins on the line of its dash: what stands above its first child goes above the item.
    """
    rank = {key: number for number, key in enumerate(order.keys if order else ())}
    children = sorted(parent.children, key=lambda child: rank.get(child.key or "", len(rank)))
    margin = " " * indent
    lines: list[str] = []
    has_comments = False
    for number, child in enumerate(children):
        inner = order and (order.items if child.key is None else _inner(order, child.key))
        written, is_commented = _entry(child, inner, indent)
        has_comments |= is_commented
        if number == 0 and parent.is_item:
            parent.head += child.head
        else:
            has_comments |= bool(child.head)
            lines += [margin + line if line else BLANK for line in _collapsed(child.head)]
        lines += written
    return lines, has_comments


def _entry(child: Entry, order: Order | None, indent: int) -> tuple[list[str], bool]:
    """The lines of one entry, and whether comments are among them; those above it are then in its `head`."""
    margin = " " * indent
    mark = f"{margin}-" if child.key is None else f"{margin}{key_text(child.key)}:"
    if not child.children:
        child.head += child.foot
        child.foot = []
    own = len(child.head)
    body, is_commented = _children(child, order, indent + _STEP) if child.has_comments else ([], False)
    if is_commented or child.foot:
        tail, below = "", body
    else:
        # Those of an item's first child moved above the item: what is left may fit into one line.
        value = ordered(child.value, order)
        tail, below = entry(value, indent=indent + _STEP, room=WIDTH - len(mark) - 2)
    side = _side(child, own, is_block=not tail)
    below = below + [" " * (indent + _STEP) + line if line else BLANK for line in _collapsed(child.foot)]
    is_commented = is_commented or bool(side or child.foot)
    if not tail and child.key is None:  # a collection begins on the line of its dash
        tail, below = below[0].lstrip(" "), below[1:]
    head = f"{mark} {tail}" if tail else mark
    return [f"{head}{_BEFORE_COMMENT}{side}" if side else head, *below], is_commented


def _side(child: Entry, own: int, *, is_block: bool) -> str | None:
    """The one comment that stands behind an entry; the others go above it or below its children.

    `own` is how many of the lines above it were there before its first child gave it more.
    """
    if is_block and child.key is None:
        child.head[own:own] = child.side
        return None
    if is_block:
        child.foot += child.side[1:]
        return child.side[0] if child.side else None
    child.head[own:own] = child.side[:-1]
    return child.side[-1] if child.side else None


def _inner(order: Order, key: str) -> Order | None:
    return order.keys.get(key, order.values)


def _in_order(keys: list[str], order: Order) -> list[str]:
    rank = {key: number for number, key in enumerate(order.keys)}
    return sorted(keys, key=lambda key: rank.get(key, len(rank)))


def _collapsed(lines: list[str], *, after_blank: bool = False) -> list[str]:
    """Lines without two blank ones together, nor one at the top after a blank one."""
    kept: list[str] = []
    for line in lines:
        if line or (kept[-1] if kept else not after_blank):
            kept.append(line)
    return kept
