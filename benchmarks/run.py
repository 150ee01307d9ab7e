"""Run the benchmarks: `./dev bench [TABLE ...]`; see benchmarks/README.md."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from benchmarks.make import Workshop  # noqa: E402 - a script must find its own package first
from benchmarks.measure import Table, clean_environment, output  # noqa: E402
from benchmarks.settings import Settings  # noqa: E402

TABLES = {
    "resolve": "`mooring resolve` as a process, and where its time goes",
    "in-process": "`Registry.resolve` in a serving process; against MLflow with --with-mlflow",
    "reading": "`show`, `list` and `history` against GTO and Git",
    "writing": "`promote` and `rollback` against fast-import, git revert and GTO",
    "scale": "100 000 versions against 1 000",
    "checking": "`check --all`, first and second, against git ls-tree",
    "bytes": "`fetch` and `register` against sha256 + cp and DVC",
    "checkout": "what a CI job downloads",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tables that are asked for and print them as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "table", nargs="*", help="; ".join(f"{name}: {words}" for name, words in TABLES.items())
    )
    parser.add_argument("--rounds", type=int, help="how often each side runs (9)")
    parser.add_argument(
        "--small", action="store_true", help="the smallest sizes, once: proves that everything runs"
    )
    parser.add_argument("--no-gto", action="store_true", help="leave GTO out; it takes half a minute a call")
    parser.add_argument(
        "--with-mlflow", action="store_true", help="install MLflow into a throw-away environment"
    )
    parser.add_argument(
        "--folder", type=Path, default=default_folder(), help="where registries are made and kept"
    )
    parser.add_argument("--out", type=Path, help="write the tables to this file too")
    given = parser.parse_args(argv)
    if unknown := sorted(set(given.table) - set(TABLES)):
        parser.error(f"there is no table {unknown[0]!r}; the tables are: {', '.join(TABLES)}")
    settings = replace(Settings(), with_gto=not given.no_gto, with_mlflow=given.with_mlflow)
    settings = settings.small() if given.small else settings
    settings = replace(settings, rounds=given.rounds) if given.rounds else settings
    folder = given.folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(folder, clean_environment(folder / "home"))
    # Reading the artifact cache and the user's name happens in this process too.
    os.environ.clear()
    os.environ.update(workshop.environ)
    said = [machine(workshop)]
    print(said[0], flush=True)
    for name in given.table or TABLES:
        for table in run_table(name, workshop, settings):
            said.append(table.markdown())
            print(said[-1], flush=True)
    if given.out is not None:
        given.out.write_text("\n".join(said), encoding="utf-8")
    return 0


def default_folder() -> Path:
    """A folder outside the repository: `MOORING_BENCH`, else below the system's temporary folder."""
    return Path(
        os.environ.get("MOORING_BENCH") or Path(tempfile.gettempdir()) / f"mooring-bench-{os.getuid()}"
    )


def run_table(name: str, workshop: Workshop, settings: Settings) -> Iterator[Table]:
    """The tables of one module."""
    module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
    yield from module.tables(workshop, settings)


def machine(workshop: Workshop) -> str:
    """What this ran on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    git = output(["git", "--version"], cwd=workshop.folder, env=workshop.environ).removeprefix("git version ")
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {model}, {os.cpu_count()} cores; "
        f"{platform.system()} {platform.release()}; Python {platform.python_version()}; Git {git}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
