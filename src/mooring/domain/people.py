"""Who is meant by a name: people write themselves as `Name <address>`, lists name them by address or as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection

_ADDRESS = re.compile(r"<([^<>]+)>\s*$")
# GitHub gives every account an address, with its number in front since 2017 (docs.github.com, "Email addresses").
_NUMBERED = re.compile(r"^[0-9]+\+(?=[^@]+@users\.noreply\.)")


def is_one_of(names: Collection[str], person: str) -> bool:
    """Whether one of `names` is `person`: the whole `Name <address>`, or the address alone; capitals do not count."""
    address = _ADDRESS.search(person)
    asked = {_plain(person)} | ({_plain(address[1])} if address else set())
    return any(_plain(name) in asked for name in names)


def _plain(name: str) -> str:
    return _NUMBERED.sub("", name.strip().casefold())
