"""What a file of a version may be, judged from its bytes alone: its format to the last byte, and what it names."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from mooring.domain import formats
from mooring.domain.formats import Bytes, Format
from mooring.domain.pickle_names import is_known
from mooring.domain.pickled import list_names
from mooring.domain.pickled_values import Name, NotUnderstoodError, Stream
from mooring.domain.proof import ScanFacts, ScanState


@dataclass(frozen=True, slots=True)
class FileScan:
    """What the scan of one file found; `names` are the globals that it would import, where its format has some."""

    path: str
    format: str
    state: ScanState
    reason: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What another scanner lists of a pickle, and whether it calls it dangerous; `problem` where it could not say."""

    names: frozenset[str] = frozenset()
    dangerous: tuple[str, ...] = ()
    problem: str | None = None


def scan_bytes(
    path: str,
    declared: str,
    file: Bytes,
    *,
    stream: Callable[[], Stream],
    second: Callable[[], Opinion],
) -> FileScan:
    """Judge one file that its manifest declares to be of the format `declared`.

    `stream` opens its bytes, unpacked, and `second` asks another scanner: both are asked of pickles only.
    """
    if (problem := formats.problem(declared, file)) is not None:
        return FileScan(path, declared, ScanState.REFUSED, problem)
    if declared not in formats.UNSAFE:
        return FileScan(
            path, declared, ScanState.CLEAN, f"it is {declared}, to its last byte, and cannot run code"
        )
    try:
        found = list_names(stream(), arrays=declared == Format.JOBLIB)
    except NotUnderstoodError as error:
        return FileScan(path, declared, ScanState.UNKNOWN, f"it cannot be judged: {error}")
    return _judge_names(path, declared, found, second())


def _judge_names(path: str, declared: str, found: Collection[Name], second: Opinion) -> FileScan:
    listed = tuple(name.full for name in found)
    strange = [name.full for name in found if not is_known(name.module, name.name)]
    if strange:
        reason = f"it names {_some(strange)}, not on the list of what a model may load"
        return FileScan(path, declared, ScanState.REFUSED, reason, listed)
    if second.dangerous:
        reason = f"picklescan calls {_some(second.dangerous)} dangerous"
        return FileScan(path, declared, ScanState.REFUSED, reason, listed)
    if second.problem is not None:
        return FileScan(path, declared, ScanState.UNKNOWN, second.problem, listed)
    unseen = sorted(second.names - set(listed))
    if unseen:
        reason = f"picklescan sees {_some(unseen)} in it, and Mooring does not"
        return FileScan(path, declared, ScanState.UNKNOWN, reason, listed)
    reason = f"it names {len(listed)} things, all on the list of what a model may load"
    return FileScan(path, declared, ScanState.CLEAN, reason, listed)


def _some(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def facts_of(files: Collection[FileScan]) -> ScanFacts:
    """What the scans of all files of a version come to: one that is refused refuses all, then one that is unknown."""
    for state in (ScanState.REFUSED, ScanState.UNKNOWN):
        reasons = tuple(f"{one.path}: {one.reason}" for one in files if one.state is state)
        if reasons:
            return ScanFacts(state, reasons)
    return ScanFacts(ScanState.CLEAN)
