"""`check --all`: the first time, again, and after a small change, against listing the tree."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from benchmarks.make import Shape, Workshop, five_files, thousands
from benchmarks.measure import TIMED, Side, Table, process, program, side_by_side
from benchmarks.settings import Settings
from mooring import wiring


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table for all sizes."""
    table = Table("check --all, as a process", TIMED)
    for shape in settings.checked:
        registry = workshop.copy(workshop.registry(shape), "checking.git")
        moving = workshop.copy(workshop.registry(shape), "checking-moving.git")

        def forget(cache: Path = registry / "mooring") -> None:
            shutil.rmtree(cache, ignore_errors=True)

        def check(where: Path) -> Callable[[], object]:
            return process([program("mooring"), "check", "--all"], cwd=where, env=workshop.environ)

        listing = process(["git", "ls-tree", "-r", "main"], cwd=registry, env=workshop.environ)
        fsck = process(["git", "fsck", "--full", "--no-progress"], cwd=registry, env=workshop.environ)
        few = 2 if shape.total < 100_000 else 1
        timings = side_by_side(
            [
                Side("first", check(registry), forget, rounds=few, warm=False),
                Side("git", listing),
                Side("again", check(registry)),
                Side("moved", check(moving), _mover(workshop, moving, shape)),
                Side("fsck", fsck, rounds=few, warm=False),
            ],
            rounds=settings.rounds,
        )
        size = f"{thousands(shape.total)} versions"
        table.timing(f"{size}: `git ls-tree -r main`", timings["git"], None)
        table.timing(f"{size}: `mooring check --all`, again", timings["again"], timings["git"], "≤ 3")
        table.timing(f"{size}: the same after a commit of five files", timings["moved"], timings["git"])
        table.timing(f"{size}: `mooring check --all`, the first time", timings["first"], timings["git"])
        table.timing(f"{size}: `git fsck --full`, for scale", timings["fsck"], timings["git"])
    yield table


def _mover(workshop: Workshop, registry: Path, shape: Shape) -> Callable[[], None]:
    """Moves main on by a commit of five files that no run has seen."""
    numbers = count()

    def move() -> None:
        hub = wiring.open_hub(registry, environ=workshop.environ)
        try:
            tip = hub.tip()
            commit = hub.repository.commit_with(tip, five_files(shape, next(numbers)), message="Five files")
            hub.repository.update_ref("refs/heads/main", commit, tip)
        finally:
            hub.repository.close()
            hub.cache.close()

    return move
