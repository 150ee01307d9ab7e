"""Mooring: the Git-native registry for machine-learning models.

`mooring.Registry` is the way in; importing this package does no I/O and imports nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mooring.errors import (
    ExitCode,
    IntegrityError,
    MooringError,
    NotFoundError,
    PendingError,
    RefusedError,
    UnavailableError,
    UsageError,
)

if TYPE_CHECKING:
    from mooring.api.follower import Follower, Serving
    from mooring.api.registry import Registry

__version__ = "0.1.0"

__all__ = [
    "ExitCode",
    "Follower",
    "IntegrityError",
    "MooringError",
    "NotFoundError",
    "PendingError",
    "RefusedError",
    "Registry",
    "Serving",
    "UnavailableError",
    "UsageError",
    "__version__",
]

_LATE = {
    "Follower": "mooring.api.follower",
    "Registry": "mooring.api.registry",
    "Serving": "mooring.api.follower",
}


def __getattr__(name: str) -> object:
    """Import the public classes when they are first used (PEP 562)."""
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module 'mooring' has no attribute {name!r}")
