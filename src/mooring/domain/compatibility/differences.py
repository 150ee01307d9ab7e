"""The list of differences people read. It explains; the verdict is the solver's (see comparing)."""

from __future__ import annotations

from mooring.domain.compatibility.noting import ARROW, Effect, Notes, Pair, set_effect, spread
from mooring.domain.compatibility.shape import (
    ANNOTATIONS,
    DEFINITIONS,
    IDENTITY,
    Document,
    Json,
    Place,
    asserts,
    mapping,
    sequence,
)
from mooring.domain.compatibility.verdict import Difference, Side
from mooring.domain.compatibility.wording import (
    allowed,
    describe,
    element_words,
    further_words,
    is_plain_union,
    key,
    need,
    refers,
    required,
    text,
    type_words,
    types,
    value_words,
    values_words,
)

_NONE = "(none)"
# keyword: whether a larger number admits more; None where neither can be said from the numbers alone.
_BOUNDS: dict[str, bool | None] = {
    "minimum": False,
    "exclusiveMinimum": False,
    "maximum": True,
    "exclusiveMaximum": True,
    "multipleOf": None,
    "minLength": False,
    "maxLength": True,
    "minItems": False,
    "maxItems": True,
    "minContains": False,
    "maxContains": True,
    "minProperties": False,
    "maxProperties": True,
}
_NUMBERS = frozenset({"integer", "number"})


def differences(side: Side, before: Document, after: Document) -> list[Difference]:
    """Every difference of two schemas of one side, in the order of the new schema, each place once."""
    walk = _Walk(side, before, after)
    walk.schemas((), (), "")
    return walk.notes.found


class _Walk:
    def __init__(self, side: Side, before: Document, after: Document) -> None:
        self.notes = Notes(side)
        self._side = side
        self._before = before
        self._after = after
        self._seen: set[tuple[Place, Place]] = set()

    def schemas(self, old_place: Place, new_place: Place, name: str) -> None:
        """Compare the schema at one place in the old document with the one at a place in the new document."""
        old_place, new_place = self._before.follow(old_place), self._after.follow(new_place)
        if (old_place, new_place) in self._seen:
            return
        self._seen.add((old_place, new_place))
        old, new = self._before.subschemas[old_place], self._after.subschemas[new_place]
        if old == new and not refers(old):
            return
        if not isinstance(old, dict) or not isinstance(new, dict):
            self._whole(old, new, new_place, name)
            return
        pair = Pair(old_place, new_place, old, new, name)
        self._types(pair)
        self._values(pair)
        self._numbers(pair)
        self._words(pair)
        self._members(pair)
        self._further_members(pair)
        self._elements(pair)
        self._branches(pair)
        self._conditions(pair)
        self._annotations(pair)

    def _whole(self, old: Json, new: Json, place: Place, name: str) -> None:
        if old == new:
            return
        wider = new is True or old is False
        effect = Effect.WIDER if wider else Effect.NARROWER if new is False or old is True else Effect.OTHER
        shown = describe(old, self._before), describe(new, self._after)
        self.notes.add(place, name, f"{shown[0]} {ARROW} {shown[1]}", *shown, effect)

    def _types(self, pair: Pair) -> None:
        old, new = types(pair.old), types(pair.new)
        if old == new:
            return
        effect = set_effect(spread(old), spread(new))
        keyword = "type" if "type" in pair.new or "type" in pair.old else "anyOf"
        self.notes.step(pair, keyword, type_words(old), type_words(new), effect, label="")

    def _values(self, pair: Pair) -> None:
        old, new = allowed(pair.old), allowed(pair.new)
        if old is None and new is None:
            return
        old_texts = None if old is None else {text(value) for value in old}
        new_texts = None if new is None else {text(value) for value in new}
        if old_texts == new_texts:
            return
        keyword = (
            "const"
            if "const" in pair.new
            else "enum"
            if "enum" in pair.new or "enum" in pair.old
            else "const"
        )
        if old_texts is None or new_texts is None:
            effect = Effect.NARROWER if old_texts is None else Effect.WIDER
            self.notes.step(pair, keyword, values_words(old), values_words(new), effect, label="values")
            return
        gone = [value for value in old or [] if text(value) not in new_texts]
        come = [value for value in new or [] if text(value) not in old_texts]
        if gone:
            self.notes.add(
                (*pair.new_place, keyword),
                pair.name,
                f"values removed: {values_words(gone)}",
                values_words(gone),
                _NONE,
                Effect.NARROWER,
            )
        if come:
            self.notes.add(
                (*pair.new_place, keyword),
                pair.name,
                f"values added: {values_words(come)}",
                _NONE,
                values_words(come),
                Effect.WIDER,
            )

    def _numbers(self, pair: Pair) -> None:
        for keyword, larger_admits_more in _BOUNDS.items():
            old, new = pair.old.get(keyword), pair.new.get(keyword)
            if old == new:
                continue
            if old is None or new is None:
                effect = Effect.NARROWER if old is None else Effect.WIDER
            elif (
                larger_admits_more is None
                or not isinstance(old, int | float)
                or not isinstance(new, int | float)
            ):
                effect = Effect.OTHER
            else:
                effect = Effect.WIDER if (new > old) == larger_admits_more else Effect.NARROWER
            self.notes.step(pair, keyword, value_words(old), value_words(new), effect)

    def _words(self, pair: Pair) -> None:
        for keyword in ("pattern", "format", "uniqueItems", "contentEncoding", "contentMediaType"):
            old, new = pair.old.get(keyword), pair.new.get(keyword)
            if old == new or (keyword == "uniqueItems" and bool(old) == bool(new)):
                continue
            loose, tight = old in (None, False), new in (None, False)
            effect = Effect.NARROWER if loose else Effect.WIDER if tight else Effect.OTHER
            if keyword.startswith("content"):
                effect = Effect.NONE  # Annotations in 2020-12.
            self.notes.step(pair, keyword, value_words(old), value_words(new), effect)

    def _members(self, pair: Pair) -> None:
        old, new = mapping(pair.old.get("properties")), mapping(pair.new.get("properties"))
        needed_old, needed_new = required(pair.old), required(pair.new)
        for name in dict.fromkeys((*new, *needed_new, *old, *needed_old)):
            path = f"{pair.name}.{name}" if pair.name else name
            here: Place = ("properties", name)
            was, now = name in needed_old, name in needed_new
            if name not in old and name in new:
                shown = f"{describe(new[name], self._after)}, {need(needed_new, name)}"
                effect = Effect.NARROWER if now or self._side is Side.OUTPUT else Effect.WIDER
                if self._side is Side.OUTPUT and pair.old.get("additionalProperties") is False:
                    effect = Effect.WIDER
                self.notes.add((*pair.new_place, *here), path, f"added ({shown})", "(absent)", shown, effect)
            elif name in old and name not in new:
                shown = f"{describe(old[name], self._before)}, {need(needed_old, name)}"
                effect = Effect.WIDER if self._side is Side.OUTPUT else Effect.NARROWER
                self.notes.add(
                    (*pair.old_place, *here), path, f"removed ({shown})", shown, "(absent)", effect
                )
            else:
                if was != now:
                    effect = Effect.NARROWER if now else Effect.WIDER
                    place = (
                        (*pair.new_place, "required")
                        if "required" in pair.new
                        else (*pair.old_place, "required")
                    )
                    self.notes.add(
                        place,
                        path,
                        f"{need(needed_old, name)} {ARROW} {need(needed_new, name)}",
                        need(needed_old, name),
                        need(needed_new, name),
                        effect,
                    )
                if name in new:
                    self.schemas((*pair.old_place, *here), (*pair.new_place, *here), path)

    def _further_members(self, pair: Pair) -> None:
        path = f"{pair.name}.*" if pair.name else "*"
        for keyword in ("additionalProperties", "unevaluatedProperties"):
            old, new = pair.old.get(keyword), pair.new.get(keyword)
            if old == new and not refers(old):
                continue
            if isinstance(old, dict) and isinstance(new, dict):
                self.schemas((*pair.old_place, keyword), (*pair.new_place, keyword), path)
                continue
            effect = Effect.WIDER if old is False or new is True else Effect.NARROWER
            if old in (None, True) and new in (None, True) and self._side is Side.OUTPUT:
                effect = Effect.NONE
            elif new is None:
                effect = Effect.WIDER if self._side is Side.OUTPUT else Effect.NARROWER
            further = further_words(old, self._before), further_words(new, self._after)
            self.notes.step(pair, keyword, *further, effect, label="other members")
        self._patterned(pair, path)

    def _patterned(self, pair: Pair, path: str) -> None:
        old, new = mapping(pair.old.get("patternProperties")), mapping(pair.new.get("patternProperties"))
        for pattern in dict.fromkeys((*new, *old)):
            here: Place = ("patternProperties", pattern)
            label = f"{path.removesuffix('*')}/{pattern}/"
            if pattern in old and pattern in new:
                self.schemas((*pair.old_place, *here), (*pair.new_place, *here), label)
                continue
            added = pattern in new
            shown = describe(new[pattern], self._after) if added else describe(old[pattern], self._before)
            opens = added if self._side is Side.INPUT else not added
            place = (*(pair.new_place if added else pair.old_place), *here)
            texts = ("(absent)", shown) if added else (shown, "(absent)")
            word = "added" if added else "removed"
            self.notes.add(
                place, label, f"{word} ({shown})", *texts, Effect.WIDER if opens else Effect.NARROWER
            )

    def _elements(self, pair: Pair) -> None:
        old_first, new_first = sequence(pair.old.get("prefixItems")), sequence(pair.new.get("prefixItems"))
        for index in range(max(len(old_first), len(new_first))):
            here: Place = ("prefixItems", index)
            path = f"{pair.name}[{index}]"
            if index < len(old_first) and index < len(new_first):
                self.schemas((*pair.old_place, *here), (*pair.new_place, *here), path)
            elif index < len(new_first):
                shown = describe(new_first[index], self._after)
                self.notes.add(
                    (*pair.new_place, *here), path, f"added ({shown})", "(absent)", shown, Effect.OTHER
                )
            else:
                shown = describe(old_first[index], self._before)
                self.notes.add(
                    (*pair.old_place, *here), path, f"removed ({shown})", shown, "(absent)", Effect.OTHER
                )
        old, new = pair.old.get("items"), pair.new.get("items")
        if "items" in pair.old and "items" in pair.new:
            self.schemas((*pair.old_place, "items"), (*pair.new_place, "items"), f"{pair.name}[]")
        elif old != new:
            effect = Effect.NARROWER if old is None else Effect.WIDER
            elements = element_words(old, self._before), element_words(new, self._after)
            self.notes.step(pair, "items", *elements, effect, label="elements")

    def _branches(self, pair: Pair) -> None:
        for keyword in ("anyOf", "oneOf", "allOf"):
            old, new = sequence(pair.old.get(keyword)), sequence(pair.new.get(keyword))
            if is_plain_union(pair.old) and is_plain_union(pair.new):
                continue
            old_left, new_left = self._unmatched(old, self._before, new, self._after)
            for left, right in zip(old_left, new_left, strict=False):
                self.schemas((*pair.old_place, keyword, left), (*pair.new_place, keyword, right), pair.name)
            word = "condition" if keyword == "allOf" else "alternative"
            admits = keyword == "anyOf"
            for index in new_left[len(old_left) :]:
                shown = describe(new[index], self._after)
                effect = Effect.WIDER if admits else Effect.OTHER if keyword == "oneOf" else Effect.NARROWER
                self.notes.add(
                    (*pair.new_place, keyword, index),
                    pair.name,
                    f"{word} added ({shown})",
                    _NONE,
                    shown,
                    effect,
                )
            for index in old_left[len(new_left) :]:
                shown = describe(old[index], self._before)
                effect = Effect.NARROWER if admits else Effect.OTHER if keyword == "oneOf" else Effect.WIDER
                self.notes.add(
                    (*pair.old_place, keyword, index),
                    pair.name,
                    f"{word} removed ({shown})",
                    shown,
                    _NONE,
                    effect,
                )

    def _unmatched(
        self, old: list[Json], before: Document, new: list[Json], after: Document
    ) -> tuple[list[int], list[int]]:
        """The branches of either side that have no twin on the other, twins being schemas that read the same."""
        olds = {index: key(branch, before) for index, branch in enumerate(old)}
        news = {index: key(branch, after) for index, branch in enumerate(new)}
        for index, reading in list(olds.items()):
            twin = next((other for other, its in news.items() if its == reading), None)
            if twin is not None:
                del olds[index], news[twin]
        return list(olds), list(news)

    def _conditions(self, pair: Pair) -> None:
        for keyword in dict.fromkeys((*pair.new, *pair.old)):
            if keyword not in _CONDITIONS or not asserts(keyword):
                continue
            old, new = pair.old.get(keyword), pair.new.get(keyword)
            if old != new:
                effect = Effect.NARROWER if old is None else Effect.WIDER if new is None else Effect.OTHER
                if keyword in ("if", "then", "else", "$ref"):
                    effect = Effect.OTHER
                self.notes.step(pair, keyword, value_words(old), value_words(new), effect)

    def _annotations(self, pair: Pair) -> None:
        known = DEFINITIONS | IDENTITY
        for keyword in dict.fromkeys((*pair.new, *pair.old)):
            if keyword in known or (keyword not in ANNOTATIONS and asserts(keyword)):
                continue
            old, new = pair.old.get(keyword), pair.new.get(keyword)
            if old != new:
                self.notes.step(pair, keyword, value_words(old), value_words(new), Effect.NONE)


_CONDITIONS = frozenset(
    {"$ref", "not", "if", "then", "else", "contains", "propertyNames", "dependentSchemas", "dependentRequired",
     "unevaluatedItems"}
)  # fmt: skip
