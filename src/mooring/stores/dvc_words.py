"""What DVC says while it works: kept from the terminal, which belongs to the command, and turned into our errors."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator
from typing import Final

from mooring.documents.dvcconfig import RemoteConfig
from mooring.errors import IntegrityError, MooringError, UnavailableError

_LOGGERS: Final = ("dvc", "dvc_data", "dvc_objects")
_BARS: Final = ("dvc.progress", "dvc_data.callbacks")


class Notes(logging.Handler):
    """Keeps what DVC would print."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's message and the exception behind it."""
        cause = record.exc_info[1] if record.exc_info else None
        self.lines.append(record.getMessage() + (f": {cause}" if cause else ""))


@contextlib.contextmanager
def quiet() -> Iterator[Notes]:
    """Keep DVC's messages and progress bars from the terminal, which belongs to the command."""
    notes = Notes()
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    bars = [logging.getLogger(name) for name in _BARS]
    before = [(one, one.propagate, one.level) for one in (*loggers, *bars)]
    for one in loggers:
        one.addHandler(notes)
        one.propagate = False
    for one in bars:
        one.setLevel(logging.CRITICAL)  # tqdm is off above the level of errors
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what DVC thinks of its own libraries
            yield notes
    finally:
        for one in loggers:
            one.removeHandler(notes)
        for one, propagate, level in before:
            one.propagate = propagate
            one.setLevel(level)


def told(config: RemoteConfig, error: Exception | None, notes: Notes) -> MooringError:
    """Our error for what DVC raised, or only noted, while it stored into the remote of `config`."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    if any(type(one).__name__ == "HostKeyNotVerifiable" for one in chain):
        return IntegrityError(
            f"the host key of the remote {config.name} ({config.address}) is not known, or another one than is known",
            "Somebody may stand in between. Compare it with the server's own, then correct ~/.ssh/known_hosts.",
        )
    words = str(error or "") or (notes.lines[-1] if notes.lines else "DVC gave no reason")
    return UnavailableError(
        f"DVC could not store into the remote {config.name} ({config.address}): {words[:500]}",
        "Nothing was registered; objects that were uploaded stay and are used again next time.",
    )
