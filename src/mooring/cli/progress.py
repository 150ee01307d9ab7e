"""A progress bar for long downloads and uploads, on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mooring.cli.session import Session

Told = Callable[[str, int, int], None]


def _nothing(_path: str, _done: int, _size: int) -> None:
    return None


@contextmanager
def progress(session: Session) -> Iterator[Told]:
    """A function to tell progress to (file, bytes done, bytes in all); it draws where a person watches."""
    import sys

    if session.quiet or not sys.stderr.isatty():
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(path: str, done: int, size: int) -> None:
            if path not in tasks:
                tasks[path] = bar.add_task(path, total=size)
            bar.update(tasks[path], completed=done, total=size)

        yield tell
