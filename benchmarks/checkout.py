"""What a CI job downloads to judge a pull request: everything at depth 1, or history without blobs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from benchmarks.make import Workshop, thousands
from benchmarks.measure import TIMED, Side, Table, process, program, side_by_side
from benchmarks.settings import Settings


def tables(workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """One table."""
    shape = settings.checkout
    server = workshop.copy(workshop.registry(shape), "checkout-server.git")
    workshop.git(server, "config", "uploadpack.allowFilter", "true")
    workshop.git(server, "config", "uploadpack.allowAnySHA1InWant", "true")
    place = workshop.scratch("checkout")
    url = f"file://{server}"
    target = place / "clone"

    def clone(*options: str) -> Callable[[], object]:
        return process(
            ["git", "clone", "--quiet", *options, url, str(target)], cwd=place, env=workshop.environ
        )

    def fresh() -> None:
        shutil.rmtree(target, ignore_errors=True)

    sparse = clone("--filter=blob:none", "--sparse")
    check = process(
        [program("mooring"), "--registry", str(target), "check", "--base", "HEAD~1", "--head", "HEAD"],
        cwd=place,
        env=workshop.environ,
    )

    def judged() -> None:
        sparse()
        check()

    timings = side_by_side(
        [
            Side("depth", clone("--depth=1"), fresh),
            Side("full", clone(), fresh),
            Side("sparse", sparse, fresh),
            Side("bare", clone("--filter=blob:none", "--no-checkout"), fresh),
            Side("judged", judged, fresh),
        ],
        rounds=min(settings.rounds, 5),
    )
    depth = timings["depth"]
    table = Table(f"A CI job's checkout, over file://: {thousands(shape.total * 2)} files", TIMED)
    table.timing("git clone --depth=1", depth, None)
    table.timing("git clone (everything)", timings["full"], depth)
    table.timing("git clone --filter=blob:none --sparse", timings["sparse"], depth, "≤ 1/20")
    table.timing("git clone --filter=blob:none --no-checkout", timings["bare"], depth)
    table.timing("the sparse clone and `mooring check` of its newest commit", timings["judged"], depth)
    table.notes.append(
        "A clone at depth 1 has no history, and a promotion is judged by it: the filtered clones have all of it."
    )
    shutil.rmtree(place, ignore_errors=True)
    yield table
