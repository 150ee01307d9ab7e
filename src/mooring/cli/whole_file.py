"""A report as a file: whole or not at all, because another program reads it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from secrets import token_hex

from mooring.errors import UsageError


def write_whole(place: Path, text: str) -> None:
    """Write `text` into the file at `place`, which is the old one or the new one at every moment.

    Links are followed; a device or a pipe is written as it is. Raises UsageError where it cannot be written.
    """
    try:
        target = place.resolve()
        data = text.encode("utf-8", "backslashreplace")
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is a circle of links"
        raise UsageError(f"{place} cannot be written: {reason}", "Name another file.") from error


def _replace(target: Path, data: bytes) -> None:
    draft = target.with_name(f".{target.name[:32]}-{token_hex(8)}")
    # Who may read a new report is as for any new file: a temporary file would be its owner's alone.
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            if target.exists():
                os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
