"""`fetch` against sha256 + cp, and what `register` does with bytes against `dvc add` + `dvc push`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.make import Workshop
from benchmarks.measure import Side, Table, duration, program, ratio_text, side_by_side, spread
from benchmarks.settings import Settings

_COLUMNS = ("what", "median", "least..most", "x reference", "most memory", "target")
_CHILD = str(Path(__file__).with_name("child.py"))


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table for each size."""
    for size in settings.bytes_of_artifact:
        yield _one(workshop, size, settings)


def _one(workshop: Workshop, size: int, settings: Settings) -> Table:
    place = workshop.scratch("bytes")
    file = place / "model.safetensors"
    _fill(file, size)
    memory: dict[str, int] = {}

    def child(name: str, *argvs: Sequence[str], cwd: Path = place) -> Callable[[], object]:
        def run() -> None:
            for argv in argvs:
                memory[name] = max(memory.get(name, 0), _run(argv, cwd, workshop))

        return run

    def fresh(*folders: str) -> Callable[[], object]:
        def run() -> None:
            for folder in folders:
                shutil.rmtree(place / folder, ignore_errors=True)
            (place / "copy").unlink(missing_ok=True)

        return run

    def fresh_dvc() -> None:
        fresh("dvc", "dvc-remote")()
        (place / "dvc").mkdir()
        os.link(file, place / "dvc" / file.name)
        for argv in (["git", "init", "--quiet"], [program("dvc"), "init", "--quiet"]):
            _run(argv, place / "dvc", workshop)
        _run(
            [program("dvc"), "remote", "add", "-d", "bench", str(place / "dvc-remote")],
            place / "dvc",
            workshop,
        )

    document, remote = str(place / "artifact.json"), str(place / "remote")
    digest, copy = ["sha256sum", str(file)], ["cp", str(file), str(place / "copy")]
    store = [sys.executable, _CHILD, "store", str(file), remote, str(place / "kept"), document]
    fetch = [sys.executable, _CHILD, "fetch", document, remote, str(place / "cache")]
    add, push = [program("dvc"), "add", "--quiet", file.name], [program("dvc"), "push", "--quiet"]
    sides = [
        Side("sha256 + cp", child("sha256 + cp", digest, copy), fresh()),
        Side("durable", child("durable", digest, copy, ["sync", str(place / "copy")]), fresh()),
        Side("store", child("store", store), fresh("kept", "remote")),
        Side("fetch", child("fetch", fetch), fresh("cache")),
        Side("dvc", child("dvc", add, push, cwd=place / "dvc"), fresh_dvc),
    ]
    timings = side_by_side(sides, rounds=min(settings.rounds, 3))
    table = Table(f"Bytes: an artifact of {size >> 20} MiB on a local disk, as processes", _COLUMNS)
    rows = [
        ("sha256sum + cp", "sha256 + cp", "sha256 + cp", ""),
        ("sha256sum + cp + sync", "durable", "sha256 + cp", ""),
        ("fetch into the cache, verified and synced", "fetch", "sha256 + cp", "≤ 1.5"),
        ("the same, against the durable copy", "fetch", "durable", "≤ 1.5"),
        ("dvc add + dvc push", "dvc", "dvc", ""),
        ("the same bytes, as `register` stores them and looks them up again", "store", "dvc", "≤ 1.2"),
    ]
    for words, name, reference, target in rows:
        timing = timings[name]
        ratio = ratio_text(timing.over(timings[reference]))
        table.add(words, duration(timing.median), spread(timing), ratio, f"{memory[name] >> 10} MiB", target)
    shutil.rmtree(place, ignore_errors=True)
    return table


def _fill(file: Path, size: int) -> None:
    with file.open("wb") as out:
        for _ in range(size >> 20):
            out.write(os.urandom(1 << 20))


def _run(argv: Sequence[str], cwd: Path, workshop: Workshop) -> int:
    """Run a program and return the most memory it held, in KiB; a failure stops the benchmark."""
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (root, workshop.environ.get("PYTHONPATH"))))
    environ = {**workshop.environ, "PYTHONPATH": path}
    process = subprocess.Popen(list(argv), cwd=cwd, env=environ, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} ended with {process.returncode} in {cwd}")
    return usage.ru_maxrss
