"""Who is meant by a name: people write themselves as `Name <address>`, lists name them by address or as a whole."""

from __future__ import annotations

import re
from collections.abc import Collection

_ADDRESS = re.compile(r"<([^<>]+)>\s*$")


def is_one_of(names: Collection[str], person: str) -> bool:
    """Whether one of `names` is `person`: the whole `Name <address>`, or the address alone; capitals do not count."""
    address = _ADDRESS.search(person)
    asked = {person.strip().casefold()} | ({address[1].strip().casefold()} if address else set())
    return any(name.strip().casefold() in asked for name in names)
