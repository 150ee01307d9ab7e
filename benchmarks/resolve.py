"""`mooring resolve MODEL@ENV` as a process: from what Git has open anyway, on the long way, and where the time goes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

from benchmarks.make import Workshop
from benchmarks.measure import TIMED, Side, Table, Timing, duration, output, process, program, side_by_side
from benchmarks.settings import Settings

# Runs its arguments as a program and prints what that says on standard error.
_STDERR = """
import subprocess, sys
sys.stdout.buffer.write(subprocess.run(sys.argv[1:], capture_output=True).stderr)
"""


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """The process against an empty Python, and the imports behind it."""
    shape = settings.resolved
    registry = workshop.copy(workshop.registry(shape), "resolve.git")
    environ = workshop.environ
    reference = f"{shape.model(shape.models // 2)}@production"
    cache = registry / "mooring"

    def forget() -> None:
        shutil.rmtree(cache, ignore_errors=True)

    def side(name: str, *argv: str, cold: bool = False, rounds: int | None = None) -> Side:
        return Side(name, process(argv, cwd=registry, env=environ), forget if cold else None, rounds)

    ours = program("mooring")
    sides = [
        side("python", sys.executable, "-c", "pass"),
        side("quick", ours, "resolve", reference),
        # --ref is answered the long way: click, YAML and pydantic are imported.
        side("long", ours, "resolve", reference, "--ref", "main"),
        side("cold", ours, "resolve", reference, "--ref", "main", cold=True),
        side(
            "git", "git", "cat-file", "-p", f"main:environments/production/{reference.partition('@')[0]}.yaml"
        ),
    ]
    tagged = workshop.tags(shape)
    if settings.with_gto:
        argv = [program("gto"), "show", f"{reference.partition('@')[0]}#production", "--ref"]
        sides.append(
            Side("gto", process(argv, cwd=tagged, env=environ), rounds=settings.gto_rounds, warm=False)
        )
    timings = side_by_side(sides, rounds=settings.rounds)
    yield _table(timings, shape.label)
    yield _imports(workshop, reference, str(registry))


def _table(timings: dict[str, Timing], label: str) -> Table:
    table = Table(f"mooring resolve, as a process ({label})", TIMED)
    python = timings["python"]
    table.timing("python -c pass, same environment", python, None)
    table.timing("git cat-file -p main:environments/production/MODEL.yaml", timings["git"], python)
    table.timing("mooring resolve MODEL@production", timings["quick"], python, "≤ 6")
    table.timing("the long way (--ref main), documents cached", timings["long"], python, "≤ 15")
    table.timing("the long way, nothing cached", timings["cold"], python, "≤ 15")
    if "gto" in timings:
        table.timing("gto show MODEL#production --ref", timings["gto"], python)
    return table


def _imports(workshop: Workshop, reference: str, registry: str) -> Table:
    table = Table("What is imported", ("command", "modules", "time in imports", "slowest of them"))
    for name, arguments in (
        ("resolve", ["resolve", reference]),
        ("resolve --ref main", ["resolve", reference, "--ref", "main"]),
        ("show MODEL", ["show", reference.partition("@")[0]]),
        ("--help", ["--help"]),
    ):
        words = [sys.executable, "-X", "importtime", "-m", "mooring", "--registry", registry, *arguments]
        for _ in range(2):
            said = output([sys.executable, "-c", _STDERR, *words], cwd=workshop.folder, env=workshop.environ)
        rows = [
            line.split("|")
            for line in said.splitlines()
            if line.startswith("import time:") and "[us]" not in line
        ]
        own = sorted(((int(row[0].split(":")[1]), row[2].strip()) for row in rows), reverse=True)
        slowest = ", ".join(f"{module} {duration(micros / 1e6)}" for micros, module in own[:4])
        table.add(f"`{name}`", str(len(rows)), duration(sum(micros for micros, _ in own) / 1e6), slowest)
    return table
