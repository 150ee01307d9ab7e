"""What a hundred times as many versions cost those who ask about one model or propose one change."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.make import Shape, Workshop, five_files, release, thousands
from benchmarks.measure import (
    Side,
    Table,
    Timing,
    duration,
    process,
    program,
    ratio_text,
    side_by_side,
    spread,
)
from benchmarks.settings import Settings
from mooring import wiring
from mooring.domain.references import parse_reference
from mooring.usecases.promote import promote

_WORDS = {
    "resolve": "`resolve MODEL@production`",
    "resolve long": "`resolve MODEL@production --ref main`",
    "show": "`show MODEL`",
    "history": "`history MODEL`",
    "pointer": "`check --base main --head PR`, one promotion",
    "registration": "`check --base main --head PR`, one registration",
    "five": "`check --base main --head PR`, five files of two models",
}


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """The same commands in a small and a large registry, in turns; cached, and with nothing cached."""
    small, large = settings.scale
    places = {shape: _prepared(workshop, shape) for shape in (small, large)}
    for cold in (False, True):
        sides = [
            side
            for name in _WORDS
            for shape in (small, large)
            for side in [_side(workshop, places[shape], shape, name, cold=cold)]
        ]
        timings = side_by_side(sides, rounds=settings.rounds)
        yield _table(timings, small, large, cold=cold)


def _prepared(workshop: Workshop, shape: Shape) -> Path:
    registry = workshop.copy(workshop.registry(shape), f"scale-{shape.models}x{shape.versions}.git")
    hub = wiring.open_hub(registry, environ=workshop.environ)
    reference = parse_reference(f"{shape.model(1)}@{shape.next}")
    promote(hub, reference, "production", reason="Better", now_ms=time.time_ns() // 1_000_000)
    commit = hub.repository.commit_with(
        hub.tip(), release(shape, 2, shape.versions), message="Register a version"
    )
    hub.repository.update_ref("refs/heads/register/next", commit, None)
    commit = hub.repository.commit_with(hub.tip(), five_files(shape), message="Change five files")
    hub.repository.update_ref("refs/heads/five", commit, None)
    hub.repository.close()
    hub.cache.close()
    return registry


def _side(workshop: Workshop, registry: Path, shape: Shape, name: str, *, cold: bool) -> Side:
    model = shape.model(shape.models // 2)
    proposal = f"promote/production/{shape.model(1)}/{shape.next}"
    arguments = {
        "resolve": ["resolve", f"{model}@production"],
        "resolve long": ["resolve", f"{model}@production", "--ref", "main"],
        "show": ["show", model],
        "history": ["history", model],
        "pointer": ["check", "--base", "main", "--head", proposal],
        "registration": ["check", "--base", "main", "--head", "register/next"],
        "five": ["check", "--base", "main", "--head", "five"],
    }[name]

    def forget() -> None:
        shutil.rmtree(registry / "mooring", ignore_errors=True)

    run = process([program("mooring"), *arguments], cwd=registry, env=workshop.environ)
    return Side(f"{name} {shape.total}", run, forget if cold else None, rounds=3 if cold else None)


def _table(timings: dict[str, Timing], small: Shape, large: Shape, *, cold: bool) -> Table:
    sizes = [thousands(shape.total) for shape in (small, large)]
    how = "nothing cached" if cold else "cached"
    columns = ("command", f"{sizes[0]} versions", f"{sizes[1]} versions", "least..most", "ratio", "target")
    table = Table(f"{sizes[1]} versions against {sizes[0]}: {how}", columns)
    for name, words in _WORDS.items():
        one, many = timings[f"{name} {small.total}"], timings[f"{name} {large.total}"]
        target = "≤ 2" if name in ("show", "pointer", "registration", "five") else ""
        table.add(
            words,
            duration(one.median),
            duration(many.median),
            spread(many),
            ratio_text(many.over(one)),
            target,
        )
    table.notes.append(f"{small.label} versions against {large.label}; all as processes, imports included.")
    return table
