"""The hook scripts that a registry installs, as files of the package."""

from __future__ import annotations

from importlib import resources


def pre_receive() -> bytes:
    """The `pre-receive` hook of a bare repository: a pointer on main changes only by the merge of what was approved."""
    return (resources.files("mooring.templates") / "hooks" / "pre-receive").read_bytes()
