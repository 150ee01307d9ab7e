"""Foreign text, as it may be shown: documents are written by others, and terminals obey control characters."""

from __future__ import annotations


def visible(value: str) -> str:
    """`value` with every control and invisible character as an escape: documents are foreign, terminals obey."""
    if value.isprintable():
        return value
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in value
    )
