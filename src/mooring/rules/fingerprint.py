"""A digest of everything that decides what the rules find: with another one, nothing that was found before counts."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

# The quick answer of `mooring check` imports this: no rule, nothing of pydantic, not even importlib.metadata.
_PARTS: Final = ("domain", "documents", "rules")


@cache
def fingerprint() -> str:
    """The SHA-256, in hexadecimal, of the rules' sources and of the names and versions of all installed libraries."""
    whole = hashlib.sha256(repr((sys.version_info[:3], sorted(_libraries()))).encode())
    package = Path(__file__).resolve().parents[1]
    for part in _PARTS:
        for path in sorted((package / part).rglob("*.py")):
            whole.update(f"\0{path.relative_to(package).as_posix()}\0".encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()


def _libraries() -> Iterator[str]:
    for folder in sys.path:
        with suppress(OSError):
            infos = (path.name for path in Path(folder or ".").iterdir())
            yield from (name for name in infos if name.endswith((".dist-info", ".egg-info")))
