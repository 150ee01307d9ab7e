"""The verdict on two interfaces: containment decided by witness or proof, differences by the walk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from mooring.domain.compatibility import checking, solver
from mooring.domain.compatibility.closing import UnclosableError, close
from mooring.domain.compatibility.differences import differences
from mooring.domain.compatibility.sampling import witness
from mooring.domain.compatibility.shape import Document, Json
from mooring.domain.compatibility.verdict import Bump, Comparison, Difference, Side

_SHOWN = 160


class InterfaceLike(Protocol):
    """The JSON Schemas of an input and an output, either of which may be missing."""

    @property
    def input(self) -> Mapping[str, object] | None:
        """The schema of what a caller sends."""

    @property
    def output(self) -> Mapping[str, object] | None:
        """The schema of what a caller gets back."""


@dataclass(frozen=True)
class _Judgement:
    """The verdict on one side."""

    required: Bump
    reason: str
    differences: tuple[Difference, ...] = ()
    certain: bool = True


class _UndecidableError(Exception):
    """No verdict can be reached; the text says why."""


def compare_interfaces(before: InterfaceLike | None, after: InterfaceLike | None) -> Comparison:
    """The smallest bump between two interfaces; see the package's `compare`."""
    judgements = [
        _side(
            side,
            None if before is None else getattr(before, side.value),
            None if after is None else getattr(after, side.value),
        )
        for side in Side
    ]
    required = max(judgement.required for judgement in judgements)
    deciding = [judgement for judgement in judgements if judgement.required is required]
    # A certain major needs no doubt beside it; a doubtful one must be said even if the other side is certain of less.
    certain = any(judgement.certain for judgement in deciding)
    reasons = [
        judgement.reason for judgement in deciding if judgement.certain is certain and judgement.reason
    ]
    return Comparison(
        required=required,
        differences=tuple(difference for judgement in judgements for difference in judgement.differences),
        reason=_sentence(reasons) or "No interface is declared, before or after.",
        certain=certain,
    )


def _sentence(reasons: list[str]) -> str:
    text = "; ".join(reasons)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _side(side: Side, before: Mapping[str, object] | None, after: Mapping[str, object] | None) -> _Judgement:
    if before is None and after is None:
        return _Judgement(Bump.PATCH, "")
    if before is None:
        return _declared(
            side, Bump.MINOR, f"the {side} is described for the first time", "(none)", "declared"
        )
    if after is None:
        return _declared(side, Bump.MAJOR, f"the description of the {side} is gone", "declared", "(none)")
    try:
        old, new = _document(f"the {side} before", before), _document(f"the {side} after", after)
    except _UndecidableError as error:
        return _doubt(side, str(error), [])
    listed = differences(side, old, new)
    if _identical(old, new):
        return _Judgement(Bump.PATCH, f"the {side} is unchanged", tuple(listed))
    try:
        return _judge(side, old, new, listed)
    except _UndecidableError as error:
        return _doubt(side, str(error), listed)


def _declared(side: Side, required: Bump, reason: str, before: str, after: str) -> _Judgement:
    text = f"the whole {side}: {before} → {after}"
    return _Judgement(
        required,
        reason,
        (Difference(side=side, place=(), before=before, after=after, text=text, required=required),),
    )


def _document(what: str, schema: Mapping[str, object]) -> Document:
    try:
        document = Document(checking.plain(schema))
    except checking.NotJsonError as error:
        raise _UndecidableError(f"{what} cannot be read: {error.problem}") from None
    if problems := checking.structure_problems(document.root):
        raise _UndecidableError(f"{what} cannot be read: {problems[0]}")
    return document


def _identical(old: Document, new: Document) -> bool:
    """Whether two schemas read the same once their annotations are gone."""
    return json.dumps(old.bare(), sort_keys=True) == json.dumps(new.bare(), sort_keys=True)


def _judge(side: Side, old: Document, new: Document, listed: list[Difference]) -> _Judgement:
    """Input: the new schema must admit all that the old one did. Output: the other way round."""
    before, after = (_closed(old), _closed(new)) if side is Side.INPUT else (old.root, new.root)
    hints = (old, new)
    size = len(old.subschemas) + len(new.subschemas)
    wide, narrow = (after, before) if side is Side.INPUT else (before, after)
    if found := witness(accepted=narrow, refused=wide, hints=hints):
        reason = (
            f"the input refuses what it accepted before{_example(found.payload)}"
            if side is Side.INPUT
            else f"the output may hold what it never held before{_example(found.payload)}"
        )
        return _judgement(side, Bump.MAJOR, reason, listed)
    ruling = solver.admits_all(wide, narrow, size=size)
    if ruling.answer is solver.Answer.NO:
        word = (
            "no longer accepts all it accepted before"
            if side is Side.INPUT
            else "may hold what it never held before"
        )
        return _judgement(side, Bump.MAJOR, f"the {side} {word}", listed)
    if ruling.answer is solver.Answer.UNKNOWN:
        raise _UndecidableError(ruling.why)
    if witness(accepted=wide, refused=narrow, hints=hints):
        return _judgement(side, Bump.MINOR, _compatible(side), listed)
    if solver.admits_all(narrow, wide, size=size).answer is solver.Answer.YES:
        return _judgement(side, Bump.PATCH, f"the {side} admits exactly the same values", listed)
    return _judgement(side, Bump.MINOR, _compatible(side), listed)


def _compatible(side: Side) -> str:
    if side is Side.INPUT:
        return "the input still accepts all it accepted before, and more"
    return "the output promises more than before, and nothing it did not promise"


def _closed(document: Document) -> Json:
    try:
        return close(document)
    except UnclosableError as error:
        raise _UndecidableError(f"its objects cannot be closed: {error}") from None


def _judgement(side: Side, required: Bump, reason: str, listed: list[Difference]) -> _Judgement:
    """The verdict with its differences, none of which asks for more, and one of which asks for as much."""
    capped = [replace(item, required=min(item.required, required)) for item in listed]
    if required is not Bump.PATCH and all(item.required < required for item in capped):
        text = f"the whole {side}: {reason}"
        capped.append(
            Difference(
                side=side, place=(), before="(as it was)", after="(as it is)", text=text, required=required
            )
        )
    return _Judgement(required, reason, tuple(capped))


def _doubt(side: Side, why: str, listed: list[Difference]) -> _Judgement:
    reason = f"whether the {side} stays compatible could not be decided ({why}), which counts as major"
    return replace(_judgement(side, Bump.MAJOR, reason, listed), certain=False)


def _example(payload: Json) -> str:
    """The payload as the end of a reason, unless it is too long to be read."""
    text = json.dumps(payload, ensure_ascii=False)
    return f", for example {text}" if len(text) <= _SHOWN else ""
