"""What laying out a document changes, as a unified diff."""

from __future__ import annotations

from difflib import unified_diff

from mooring.render.visible import visible


def layout_diff(path: str, before: bytes, after: bytes) -> str:
    """The difference of two texts of a document; carriage returns and what else cannot be seen is shown as escapes."""
    old, new = before.decode("utf-8"), after.decode("utf-8")
    said = unified_diff(_lines(old), _lines(new), f"a/{path}", f"b/{path}", lineterm="")
    lines = [visible(line) for line in said]
    if not old.endswith("\n"):
        lines.append("\\ No newline at end of the old file")
    return "\n".join(lines) + "\n"


def _lines(text: str) -> list[str]:
    # YAML ends lines here and nowhere else.
    return text.removesuffix("\n").split("\n")
