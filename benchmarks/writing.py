"""`promote` and `rollback` as library calls against what bare Git takes for the same change, and against GTO."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.make import Shape, Workshop, thousands
from benchmarks.measure import TIMED, Side, Table, Timing, process, program, ratio_text, side_by_side
from benchmarks.settings import Settings
from mooring import wiring
from mooring.domain import layout
from mooring.domain.references import parse_reference
from mooring.stores.hub import Hub
from mooring.stores.remotes import Presence
from mooring.usecases.promote import promote
from mooring.usecases.rollback import RollbackOutcome, RollbackRequest, rollback

_COUNTER = itertools.count(1)


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """Promotion and rollback at two sizes of the tree, and the ratio of the two sizes."""
    small, large = settings.trees
    promotions = {shape: _promotion(workshop, shape, settings) for shape in (small, large)}
    yield _promotion_table(promotions, small, large)
    rollbacks = {shape: _rollback(workshop, shape, settings) for shape in (small, large)}
    yield _rollback_table(rollbacks, small, large)
    if settings.with_gto:
        yield _assign_table(workshop, settings)


def files_in(shape: Shape) -> str:
    """How many files the tree has, rounded: two for each version, and a few for each model."""
    return f"{thousands(shape.total * 2)} files"


def _pair(workshop: Workshop, shape: Shape, name: str, *, bare: bool) -> tuple[Path, Path]:
    """A server and a clone of it, both to be changed."""
    server = workshop.copy(workshop.registry(shape), f"{name}-server.git")
    client = workshop.folder / "scratch" / name
    workshop.scratch(name).rmdir()
    workshop.git(server, "clone", "--quiet", *(["--no-checkout"] if bare else []), str(server), str(client))
    workshop.git(client, "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress")
    return server, client


def _open(workshop: Workshop, where: Path) -> Hub:
    return wiring.open_hub(where, environ=workshop.environ)


def _promotion(workshop: Workshop, shape: Shape, settings: Settings) -> dict[str, Timing]:
    _, ours = _pair(workshop, shape, f"promote-mooring-{shape.models}x{shape.versions}", bare=True)
    alone = workshop.copy(workshop.registry(shape), f"promote-alone-{shape.models}x{shape.versions}.git")
    _, plain = _pair(workshop, shape, f"promote-git-{shape.models}x{shape.versions}", bare=True)
    models = iter(range(shape.models))

    def through(hub: Hub) -> Callable[[], object]:
        def run() -> None:
            reference = parse_reference(f"{shape.model(next(models))}@{shape.next}")
            promote(hub, reference, "production", reason="Better", now_ms=time.time_ns() // 1_000_000)

        return run

    def fast_import() -> None:
        number = next(_COUNTER)
        path = layout.pointer_path("production", shape.model(number % shape.models))
        branch = f"refs/heads/bench/{number}"
        words, data = b"Promote", b"version: '%d'\n" % number
        stream = b"commit %s\ncommitter Alex Turner <alex.turner@example.com> now\n" % branch.encode()
        stream += b"data %d\n%s\nfrom refs/remotes/origin/main\n" % (len(words), words)
        stream += b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data)
        workshop.git(plain, "fast-import", "--quiet", "--date-format=now", stdin=stream)
        workshop.git(plain, "push", "--quiet", "origin", branch)

    def fetch_too() -> None:
        workshop.git(plain, "fetch", "--quiet", "origin")
        fast_import()

    clone_hub, bare_hub = _open(workshop, ours), _open(workshop, alone)
    first = _seconds(through(clone_hub))
    timings = side_by_side(
        [
            Side("git", fast_import),
            Side("git with fetch", fetch_too),
            Side("mooring", through(clone_hub)),
            Side("mooring, bare", through(bare_hub)),
        ],
        rounds=settings.rounds,
    )
    clone_hub.repository.close()
    bare_hub.repository.close()
    return timings | {"first": Timing("first", (first,))}


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _promotion_table(found: dict[Shape, dict[str, Timing]], small: Shape, large: Shape) -> Table:
    table = Table("promote: library call, hub open, the proposal pushed to a bare repository", TIMED)
    for shape in (small, large):
        timings, size = found[shape], files_in(shape)
        git = timings["git"]
        table.timing(f"{size}: git fast-import of one commit + git push", git, None)
        table.timing(f"{size}: git fetch + fast-import + push", timings["git with fetch"], git)
        table.timing(f"{size}: promote in a clone (it fetches first)", timings["mooring"], git)
        table.timing(f"{size}: promote in the bare repository itself", timings["mooring, bare"], git, "≤ 2")
        table.timing(f"{size}: the first promote of a fresh clone (folds all history)", timings["first"], git)
    growth = found[large]["mooring"].over(found[small]["mooring"])
    table.notes.append(
        f"{files_in(large)} against {files_in(small)}: {ratio_text(growth)} times in a clone, "
        f"{ratio_text(found[large]['mooring, bare'].over(found[small]['mooring, bare']))} times in the bare repository "
        "(target ≤ 1.5 times)."
    )
    return table


def _rollback(workshop: Workshop, shape: Shape, settings: Settings) -> dict[str, Timing]:
    _, ours = _pair(workshop, shape, f"rollback-mooring-{shape.models}x{shape.versions}", bare=True)
    _, plain = _pair(workshop, shape, f"rollback-git-{shape.models}x{shape.versions}", bare=False)
    alone = workshop.copy(workshop.registry(shape), f"rollback-alone-{shape.models}x{shape.versions}.git")
    models = iter(range(shape.models))

    def through(hub: Hub) -> Callable[[], object]:
        def run() -> None:
            request = RollbackRequest(shape.model(next(models)), "production", "Latency doubled")
            done = rollback(hub, request, presence=lambda _registry, _manifest: Presence.PRESENT)
            if done.outcome is not RollbackOutcome.DONE:
                raise SystemExit(f"the rollback was not done: {done.outcome}")

        return run

    def revert() -> None:
        path = layout.pointer_path("production", shape.model(next(models)))
        commit = workshop.git(plain, "log", "-1", "--format=%H", "--first-parent", "--", path)
        workshop.git(plain, "revert", "--no-edit", commit)
        workshop.git(plain, "push", "--quiet", "origin", "main")

    clone_hub, bare_hub = _open(workshop, ours), _open(workshop, alone)
    first = _seconds(through(clone_hub))
    timings = side_by_side(
        [
            Side("git", revert),
            Side("mooring", through(clone_hub)),
            Side("mooring, bare", through(bare_hub)),
        ],
        rounds=settings.rounds,
    )
    clone_hub.repository.close()
    bare_hub.repository.close()
    return timings | {"first": Timing("first", (first,))}


def _rollback_table(found: dict[Shape, dict[str, Timing]], small: Shape, large: Shape) -> Table:
    table = Table("rollback: library call, hub open, main of a bare repository moved", TIMED)
    for shape in (small, large):
        timings, size = found[shape], files_in(shape)
        git = timings["git"]
        table.timing(f"{size}: git log + git revert + git push in a work tree", git, None)
        target = "≤ 1" if shape is small else "< 1"
        table.timing(f"{size}: rollback in a clone (it fetches first)", timings["mooring"], git, target)
        table.timing(f"{size}: rollback in the bare repository itself", timings["mooring, bare"], git, target)
        table.timing(
            f"{size}: the first rollback of a fresh clone (folds all history)", timings["first"], git
        )
    table.notes.append(
        "Mooring's time includes planning and every rule; whether the bytes are in the remote is not asked here."
    )
    return table


def _assign_table(workshop: Workshop, settings: Settings) -> Table:
    shape = settings.gto_assign
    tagged = workshop.copy(workshop.tags(shape), "gto-assign")
    _, ours = _pair(workshop, shape, "assign-mooring", bare=True)
    models, ours_models = iter(range(shape.models)), iter(range(shape.models))

    def assign() -> None:
        name = shape.model(next(models))
        arguments = ["assign", name, "--version", f"v{shape.next}", "--stage", "production"]
        process([program("gto"), *arguments], cwd=tagged, env=workshop.environ)()

    def promoted() -> None:
        name = f"{shape.model(next(ours_models))}@{shape.next}"
        arguments = ["promote", name, "--to", "production", "--reason", "Better"]
        process([program("mooring"), *arguments], cwd=ours, env=workshop.environ)()

    timings = side_by_side(
        [Side("gto", assign, rounds=2, warm=False), Side("mooring", promoted)], rounds=settings.rounds
    )
    table = Table(f"promote as a command against gto assign: {shape.label} versions", TIMED)
    table.timing("mooring promote, commit pushed to a bare repository", timings["mooring"], None)
    table.timing("gto assign, tag not pushed", timings["gto"], timings["mooring"])
    return table
