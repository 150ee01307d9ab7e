"""How differences are noted down, and what each asks for as far as it can be seen alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from mooring.domain.compatibility.shape import Json, Place
from mooring.domain.compatibility.verdict import Bump, Difference, Side

ARROW = "→"


class Effect(Enum):
    """What a difference does to the set of valid values, as far as it can be seen alone."""

    NONE = auto()
    WIDER = auto()
    NARROWER = auto()
    OTHER = auto()


_REQUIRED = {
    Side.INPUT: {Effect.WIDER: Bump.MINOR, Effect.NARROWER: Bump.MAJOR},
    Side.OUTPUT: {Effect.WIDER: Bump.MAJOR, Effect.NARROWER: Bump.MINOR},
}


@dataclass(frozen=True)
class Pair:
    """Two schemas that describe the same value, and where they stand."""

    old_place: Place
    new_place: Place
    old: dict[str, Json]
    new: dict[str, Json]
    name: str


class Notes:
    """The differences of one side, in the order they are found."""

    def __init__(self, side: Side) -> None:
        self.found: list[Difference] = []
        self._side = side

    def add(self, place: Place, name: str, what: str, before: str, after: str, effect: Effect) -> None:
        """Note what changed in the value called `name`, at one key path."""
        self.found.append(
            Difference(
                side=self._side,
                place=place,
                before=before,
                after=after,
                text=f"{name or f'the whole {self._side}'}: {what}",
                required=Bump.PATCH
                if effect is Effect.NONE
                else _REQUIRED[self._side].get(effect, Bump.MAJOR),
            )
        )

    def step(
        self, pair: Pair, keyword: str, old: str, new: str, effect: Effect, label: str | None = None
    ) -> None:
        """Note that one keyword went from one reading to another; the label is the keyword unless given."""
        gone = keyword in pair.old and keyword not in pair.new
        place = (*(pair.old_place if gone else pair.new_place), keyword)
        label = keyword if label is None else label
        self.add(place, pair.name, f"{label} {old} {ARROW} {new}".strip(), old, new, effect)


def spread(kinds: tuple[str, ...]) -> set[str] | None:
    """The types as a set in which every number may be an integer; None is every type."""
    if not kinds:
        return None
    return {*kinds, "integer"} if "number" in kinds else set(kinds)


def set_effect(old: set[str] | None, new: set[str] | None) -> Effect:
    """What going from one set of types to another does."""
    if old is None or (new is not None and new < old):
        return Effect.NARROWER
    return Effect.WIDER if new is None or old < new else Effect.OTHER
