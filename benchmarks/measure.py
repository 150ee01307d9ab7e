"""Time several ways of doing one thing side by side, and print what came out as a table.

Machines differ and are never idle, so nothing here is a promise in seconds: every row is measured in the same run as
its reference, in turns (A B A B ...), and read as a ratio of medians.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Side:
    """One way of doing it: `run` is timed, `prepare` (called before each run) is not.

    `rounds` is how often it runs at most; a reference that takes half a minute is not asked ten times.
    """

    name: str
    run: Callable[[], object]
    prepare: Callable[[], object] | None = None
    rounds: int | None = None
    warm: bool = True
    """Whether one run that is not counted comes first."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The seconds that the runs of one side took."""

    name: str
    seconds: tuple[float, ...]
    cpu: tuple[float, ...] = ()
    """Processor seconds of this process and of the programs it ran to their end; empty where that is not known."""

    @property
    def median(self) -> float:
        """The median in seconds."""
        return statistics.median(self.seconds)

    def over(self, other: Timing) -> float:
        """How many times the other's median this one is."""
        return self.median / other.median

    def cpu_over(self, other: Timing) -> float | None:
        """As `over`, in processor time, which other users of the machine disturb less; None where it is not known."""
        if not self.cpu or not other.cpu or not (reference := statistics.median(other.cpu)):
            return None
        return statistics.median(self.cpu) / reference


def side_by_side(sides: Sequence[Side], *, rounds: int) -> dict[str, Timing]:
    """Run all sides in turns, `rounds` times each unless a side says less; timings by name."""
    for side in sides:
        if side.warm:
            _once(side)
    taken: dict[str, list[tuple[float, float]]] = {side.name: [] for side in sides}
    for number in range(rounds):
        for side in sides:
            if side.rounds is None or number < side.rounds:
                taken[side.name].append(_once(side))
    return {
        name: Timing(name, tuple(wall for wall, _ in runs), tuple(cpu for _, cpu in runs))
        for name, runs in taken.items()
    }


def _once(side: Side) -> tuple[float, float]:
    if side.prepare is not None:
        side.prepare()
    start, used = time.perf_counter(), _processor_seconds()
    side.run()
    return time.perf_counter() - start, _processor_seconds() - used


def _processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def repeated(run: Callable[[], object], *, least_seconds: float = 0.2) -> Callable[[], float]:
    """A function too fast to time alone, as one that runs it many times and returns the seconds of one run."""
    times = 1
    while _loop(run, times) < least_seconds:
        times *= 2
    return lambda: _loop(run, times) / times


def _loop(run: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        run()
    return time.perf_counter() - start


def program(name: str) -> str:
    """A program of the virtual environment that runs this."""
    return str(Path(sys.executable).parent / name)


def process(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], ok: Sequence[int] = (0,)
) -> Callable[[], object]:
    """A run of a program with its output thrown away; a status outside `ok` stops the benchmark with its words."""

    def run() -> None:
        done = subprocess.run(
            list(argv), cwd=cwd, env=dict(env), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode not in ok:
            words = done.stderr.decode("utf-8", "replace")
            raise SystemExit(f"{' '.join(argv)} ended with {done.returncode} in {cwd}:\n{words}")

    return run


def output(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: bytes = b"") -> str:
    """What a program writes, without the last newline; a failure stops the benchmark with the program's words."""
    done = subprocess.run(list(argv), cwd=cwd, env=dict(env), input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(argv)} failed in {cwd}:\n{done.stderr.decode('utf-8', 'replace')}")
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def clean_environment(home: Path) -> dict[str, str]:
    """An environment in which Git knows who commits and nothing else of the user counts."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitconfig").write_text(
        "[user]\n\tname = Alex Turner\n\temail = alex.turner@example.com\n[init]\n\tdefaultBranch = main\n"
        "[advice]\n\tdetachedHead = false\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
    )
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        "DVC_NO_ANALYTICS": "1",
        # Byte code is written once by the warm run, wherever the package lies.
        "PYTHONPYCACHEPREFIX": str(home / ".cache" / "pycache"),
    }


@dataclass
class Table:
    """Rows of one comparison; the first column says what, the ratios are against the row's reference."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """Append a row."""
        self.rows.append(cells)

    def timing(self, what: str, timing: Timing, reference: Timing | None, target: str = "") -> None:
        """Append a row of `what | median | least..most | ratio to the reference | the same in CPU time | target`."""
        ratio = "1" if reference is None else ratio_text(timing.over(reference))
        cpu = 1.0 if reference is None else timing.cpu_over(reference)
        cells = (duration(timing.median), spread(timing), ratio, "" if cpu is None else ratio_text(cpu))
        self.add(what, *cells, target)

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [f"### {self.title}", "", "| " + " | ".join(self.columns) + " |"]
        lines.append("|" + "|".join("---" if at == 0 else "---:" for at in range(len(self.columns))) + "|")
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        if self.notes:
            lines += ["", *(f"- {note}" for note in self.notes)]
        return "\n".join([*lines, ""])


TIMED = ("what", "median", "least..most", "x reference", "the same in CPU time", "target")


def duration(seconds: float) -> str:
    """Seconds in the unit a reader would choose, with three digits."""
    for factor, unit in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if seconds * factor >= 1 or unit == "µs":
            return (
                f"{seconds * factor:.3g} {unit}"
                if seconds * factor < 1000
                else f"{seconds * factor:.0f} {unit}"
            )
    raise AssertionError


def spread(timing: Timing) -> str:
    """Least and most, and how many runs there were."""
    low, high = min(timing.seconds), max(timing.seconds)
    return f"{duration(low)}..{duration(high)} ({len(timing.seconds)})"


def ratio_text(ratio: float) -> str:
    """A ratio with as many digits as mean something."""
    if ratio >= 100:
        return f"{ratio:.0f}"
    return (
        f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / max(ratio, 1e-9):.0f}"
    )
