"""`fetch` against sha256 + cp, and what `register` does with bytes against `dvc add` + `dvc push`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.make import Workshop
from benchmarks.measure import Side, Table, duration, output, program, ratio_text, side_by_side, spread
from benchmarks.settings import Settings

_COLUMNS = ("what", "median", "least..most", "x reference", "most memory", "target")
# A child counts the memory of the process that it was forked from as its own: it must be a small one.
_WEIGHED = """
import os, resource, sys
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)
"""
_DIGEST = "import hashlib, sys; print(hashlib.file_digest(open(sys.argv[1], 'rb'), 'sha256').hexdigest())"
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
    # Python's own SHA-256 is OpenSSL's; coreutils' takes twice as long where it does not use the processor's.
    digest = [sys.executable, "-S", "-c", _DIGEST, str(file)]
    copy = ["cp", str(file), str(place / "copy")]
    store = [sys.executable, _CHILD, "store", str(file), remote, str(place / "kept"), document]
    fetch = [sys.executable, _CHILD, "fetch", document, remote, str(place / "cache")]
    add, push = [program("dvc"), "add", "--quiet", file.name], [program("dvc"), "push", "--quiet"]
    sides = [
        Side("sha256 + cp", child("sha256 + cp", digest, copy), fresh()),
        Side("coreutils", child("coreutils", ["sha256sum", str(file)], copy), fresh()),
        Side("durable", child("durable", digest, copy, ["sync", str(place / "copy")]), fresh()),
        Side("store", child("store", store), fresh("kept", "remote")),
        Side("fetch", child("fetch", fetch), fresh("cache")),
        Side("dvc", child("dvc", add, push, cwd=place / "dvc"), fresh_dvc),
    ]
    timings = side_by_side(sides, rounds=min(settings.rounds, 3))
    table = Table(f"Bytes: an artifact of {size >> 20} MiB on a local disk, as processes", _COLUMNS)
    rows = [
        ("sha256 (OpenSSL) + cp", "sha256 + cp", "sha256 + cp", ""),
        ("sha256 (coreutils) + cp", "coreutils", "sha256 + cp", ""),
        ("sha256 (OpenSSL) + cp + sync", "durable", "sha256 + cp", ""),
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
    return int(output([sys.executable, "-S", "-c", _WEIGHED, *argv], cwd=cwd, env=environ))
