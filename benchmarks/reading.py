"""`show`, `list` and `history` against GTO and Git, from 10 to 10 000 versions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from benchmarks.make import Shape, Workshop, thousands
from benchmarks.measure import TIMED, Side, Table, Timing, process, program, side_by_side
from benchmarks.settings import Settings
from mooring.domain import layout

_COMMANDS = ("show", "list", "history")


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table for each shape of registry."""
    for shape in settings.reading:
        yield _one(workshop, shape, settings)


def _one(workshop: Workshop, shape: Shape, settings: Settings) -> Table:
    registry = workshop.copy(workshop.registry(shape), "reading.git")
    environ, model = workshop.environ, shape.model(shape.models // 2)

    def forget() -> None:
        shutil.rmtree(registry / "mooring", ignore_errors=True)

    def ours(name: str, *arguments: str, cold: bool = False) -> Side:
        run = process([program("mooring"), *arguments], cwd=registry, env=environ)
        return Side(name, run, forget if cold else None)

    wanted = {"show": ["show", model], "list": ["list"], "history": ["history", model]}
    sides = [ours(name, *arguments) for name, arguments in wanted.items()]
    sides += [ours(f"{name}, cold", *arguments, cold=True) for name, arguments in wanted.items()]
    paths = [layout.model_folder(model)]
    paths += [layout.pointer_path(environment, model) for environment in ("staging", "production")]
    sides += [_git_log(registry, environ, "git log, one path", paths[2:])]
    sides += [_git_log(registry, environ, "git log, its paths", paths)]
    with_gto = settings.with_gto and shape.total <= settings.gto_largest
    if with_gto:
        tagged = workshop.tags(shape)
        calls = {
            "gto show MODEL": ["show", model],
            "gto show": ["show"],
            "gto history MODEL": ["history", model],
        }
        sides += [
            Side(
                name,
                process([program("gto"), *call], cwd=tagged, env=environ),
                None,
                settings.gto_rounds,
                warm=False,
            )
            for name, call in calls.items()
        ]
    timings = side_by_side(sides, rounds=settings.rounds)
    return _table(shape, timings, with_gto=with_gto)


def _git_log(registry: Path, environ: dict[str, str] | object, name: str, paths: list[str]) -> Side:
    argv = ["git", "log", "--first-parent", "--diff-merges=first-parent", "--raw", "main", "--", *paths]
    return Side(name, process(argv, cwd=registry, env=environ))  # type: ignore[arg-type]


def _table(shape: Shape, timings: dict[str, Timing], *, with_gto: bool) -> Table:
    table = Table(f"Reading: {shape.label} ({thousands(shape.total)} versions), as processes", TIMED)
    gto = {"show": "gto show MODEL", "list": "gto show", "history": "gto history MODEL"}
    for command in _COMMANDS:
        reference = timings[gto[command]] if with_gto else None
        if reference is not None:
            table.timing(f"`{gto[command]}`", reference, None)
        for name, words in ((command, "cached"), (f"{command}, cold", "nothing cached")):
            target = "≤ 1/200" if command == "show" and shape.total >= 10_000 and with_gto else ""
            table.timing(
                f"`mooring {command}{'' if command == 'list' else ' MODEL'}`, {words}",
                timings[name],
                reference,
                target,
            )
    log = timings["git log, its paths"]
    table.timing("`git log --first-parent -- PATHS` of the same model", log, None)
    table.timing("`mooring history MODEL`, nothing cached", timings["history, cold"], log, "≤ 3")
    table.timing("`mooring history MODEL`, cached", timings["history"], log, "≤ 1")
    table.timing(
        "`git log --first-parent -- POINTER` (one path, with changed-path filters)",
        timings["git log, one path"],
        log,
    )
    return table
