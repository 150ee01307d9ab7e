"""A limit of time over several steps, and the only way to keep one over calls that cannot be told to stop."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from mooring.errors import UnavailableError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deadline:
    """So many seconds from its making, on a clock that nobody can set."""

    seconds: float
    _end: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_end", time.monotonic() + self.seconds)

    @property
    def left(self) -> float:
        """The seconds that are left; never negative."""
        return max(0.0, self._end - time.monotonic())

    def check(self, what: str) -> None:
        """Raise UnavailableError, naming `what`, when the time is over."""
        if self.left <= 0:
            raise self.over(what)

    def over(self, what: str) -> UnavailableError:
        """The error that says that `what` did not finish in time."""
        return UnavailableError(
            f"{what} did not answer within {self.seconds:g} s", "It may be down, hung or slow; try again."
        )


class _Failure:
    """An exception on its way from one thread to another."""

    def __init__(self, error: BaseException) -> None:
        self.error = error


def call_within(deadline: Deadline, what: str, function: Callable[[], T]) -> T:
    """The result of `function`, or UnavailableError when it is not there in time.

    The call goes on in a daemon thread that nobody waits for: a read from a hung server cannot be interrupted.
    """
    return next(iterate_within(deadline, what, lambda: iter((function(),))))


def iterate_within(
    deadline: Deadline, what: str, function: Callable[[], Iterator[T]], *, stall: float | None = None
) -> Iterator[T]:
    """The items of the iterator that `function` makes, read ahead by a thread; at most `stall` seconds between two."""
    items: queue.Queue[T | _Failure | None] = queue.Queue(maxsize=4)
    abandoned = threading.Event()

    def put(item: T | _Failure | None) -> bool:
        while not abandoned.is_set():
            try:
                items.put(item, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            for item in function():
                if not put(item):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed over to the thread that waits
            put(_Failure(error))

    threading.Thread(target=work, daemon=True, name=f"mooring: {what}").start()
    try:
        while True:
            patience = deadline.left if stall is None else min(deadline.left, stall)
            try:
                item = items.get(timeout=patience)
            except queue.Empty:
                raise (
                    deadline.over(what)
                    if stall is None or deadline.left <= 0
                    else UnavailableError(
                        f"{what} sent nothing for {stall:g} s", "It may be down, hung or slow; try again."
                    )
                ) from None
            if isinstance(item, _Failure):
                raise item.error
            if item is None:
                return
            yield item
    finally:
        abandoned.set()
