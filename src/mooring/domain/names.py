"""The grammar of model, environment and file names, and why a name is refused."""

from __future__ import annotations

import re
from typing import Final

from mooring.errors import UsageError

_PART: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_RESERVED: Final = frozenset({"versions", "status", "cards", "latest"})
# Windows cannot make these files, whatever their ending; a registry must be clonable there.
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)
MAX_PATH: Final = 240


def _part_problem(part: str) -> str | None:
    if not part:
        return "it is empty"
    if len(part) > 63:
        return f"it has {len(part)} characters, 63 are allowed"
    if not _PART.fullmatch(part):
        return f"only lower-case ASCII letters, digits and inner hyphens are allowed{_confusable(part)}"
    if part in _RESERVED:
        return f"'{part}' is a reserved word"
    if part in _DEVICES:
        return f"'{part}' is a device name on Windows"
    return None


def _confusable(part: str) -> str:
    """Words that name the first character which is not ASCII: many of them look like one that is."""
    found = next((character for character in part if not character.isascii()), None)
    if found is None:
        return ""
    import unicodedata

    name = unicodedata.name(found, "")
    return f", and it has U+{ord(found):04X}{f' ({name})' if name else ''}"


def model_name_problem(name: str) -> str | None:
    """Why `name` cannot name a model (`name` or `team/name`), or None when it can."""
    parts = name.split("/")
    if len(parts) > 2:
        return "one slash at most: team/model"
    for part in parts:
        if problem := _part_problem(part):
            return problem
    return None


def environment_name_problem(name: str) -> str | None:
    """Why `name` cannot name an environment, or None when it can."""
    return _part_problem(name)


def check_model_name(name: str) -> str:
    """Return `name`; raise UsageError when it cannot name a model."""
    if problem := model_name_problem(name):
        raise UsageError(
            f"{name!r} is no model name: {problem}", "Use a name such as fraud-detector or risk/churn."
        )
    return name


def check_environment_name(name: str) -> str:
    """Return `name`; raise UsageError when it cannot name an environment."""
    if problem := environment_name_problem(name):
        raise UsageError(f"{name!r} is no environment name: {problem}", "Use a name such as staging.")
    return name


def relative_path_problem(path: str) -> str | None:
    """Why `path` cannot be a file inside an artifact (relative, POSIX, below its root), or None when it can."""
    if not path:
        return "it is empty"
    if len(path.encode("utf-8", "surrogatepass")) > MAX_PATH:
        return f"it is longer than {MAX_PATH} bytes"
    if path.startswith("/") or re.match(r"[A-Za-z]:", path):
        return "it is absolute"
    if "\\" in path:
        return "it has a backslash"
    if not path.isprintable() or any(ord(character) > 126 for character in path):
        return "only printable ASCII characters are allowed"
    if any(character in '<>:"|?*' for character in path):
        return 'none of < > : " | ? * is allowed'
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return f"it has the part {part!r}"
        if part.endswith((".", " ")) or part.startswith(" "):
            return f"the part {part!r} begins or ends with a blank or ends with a dot"
        if part.casefold() in (".git", "git~1") or part.casefold().split(".")[0] in _DEVICES:
            return f"the part {part!r} is reserved"
    return None
