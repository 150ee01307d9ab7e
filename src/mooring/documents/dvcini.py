"""The INI dialect of DVC's configuration files (that of the package configobj), as far as DVC writes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from mooring.errors import RefusedError

Sections: TypeAlias = Mapping[str, Mapping[str, str]]

LARGEST_CONFIG: Final = 256 * 1024
"""Characters."""

# Possessive: a line of 60 000 spaces would take hours to refuse.
_SECTION: Final = re.compile(
    r"\[\s*+(?:'([^']*+)'|\"([^\"]*+)\"|([^\[\]'\"]++(?:\"[^\"]*+\"\s*+)?))\s*+\]\s*+(?:#.*)?"
)
_ENTRY: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*(.*)")
_QUOTED: Final = re.compile(r"(?:'([^']*)'|\"([^\"]*)\")\s*(?:#.*)?")


def read_ini(text: str, label: str) -> Sections:
    """The sections of a configuration file, with names and keys in lower case as DVC reads them.

    Raises RefusedError, naming `label` and the line, for what DVC does not write: nested sections, repeated keys or
    sections, text over several lines, interpolation and control characters.
    """
    if len(text) > LARGEST_CONFIG:
        raise RefusedError(f"{label} has {len(text)} characters; at most {LARGEST_CONFIG} are read")
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if not line.replace("\t", " ").isprintable():
            raise _problem(label, number, "a control character")
        if line.startswith("["):
            name = _section(line, label, number)
            if name in sections:
                raise _problem(label, number, f"the section [{name}] for the second time")
            current = sections[name] = {}
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None or current is None:
            raise _problem(label, number, "neither a section nor key = value")
        key = entry[1].lower()
        if key in current:
            raise _problem(label, number, f"the key {key!r} for the second time")
        current[key] = _value(entry[2], label, number)
    return sections


def _section(line: str, label: str, number: int) -> str:
    match = _SECTION.fullmatch(line)
    if match is None:
        raise _problem(label, number, "a section's name that is not understood")
    return next(group for group in match.groups() if group is not None).strip().lower()


def _value(written: str, label: str, number: int) -> str:
    if written.startswith(("'''", '"""')) or "%(" in written:
        raise _problem(label, number, "text over several lines or with %(...)s")
    if written.startswith(("'", '"')):
        match = _QUOTED.fullmatch(written)
        if match is None:
            raise _problem(label, number, "a quoted value that is not understood")
        return match[1] if match[1] is not None else match[2]
    return written.partition("#")[0].strip()


def _problem(label: str, number: int, found: str) -> RefusedError:
    return RefusedError(
        f"{label}:{number}: {found}", "Write it as DVC does: dvc remote add, dvc remote modify."
    )
