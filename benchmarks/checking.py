"""`check --all`, the first time and again, against listing the tree."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from benchmarks.make import Workshop, thousands
from benchmarks.measure import TIMED, Side, Table, process, program, side_by_side
from benchmarks.settings import Settings


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table for all sizes."""
    table = Table("check --all, as a process", TIMED)
    for shape in settings.checked:
        registry = workshop.copy(workshop.registry(shape), "checking.git")

        def forget(cache: object = registry / "mooring") -> None:
            shutil.rmtree(str(cache), ignore_errors=True)

        check = process([program("mooring"), "check", "--all"], cwd=registry, env=workshop.environ)
        listing = process(["git", "ls-tree", "-r", "main"], cwd=registry, env=workshop.environ)
        fsck = process(["git", "fsck", "--full", "--no-progress"], cwd=registry, env=workshop.environ)
        timings = side_by_side(
            [
                Side("git", listing),
                Side("again", check),
                Side("first", check, forget, rounds=2, warm=False),
                Side("fsck", fsck, rounds=2, warm=False),
            ],
            rounds=settings.rounds,
        )
        size = f"{thousands(shape.total)} versions"
        table.timing(f"{size}: `git ls-tree -r main`", timings["git"], None)
        table.timing(f"{size}: `mooring check --all`, again", timings["again"], timings["git"], "≤ 3")
        table.timing(f"{size}: `mooring check --all`, the first time", timings["first"], timings["git"])
        table.timing(f"{size}: `git fsck --full`, for scale", timings["fsck"], timings["git"])
    return table_of(table)


def table_of(table: Table) -> Iterator[Table]:
    """The table, once it is whole."""
    yield table
