"""What people give for a manifest's fields: files of YAML or JSON, and NAME=VALUE, laid over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from mooring.documents import jsontext, yaml
from mooring.errors import MooringError, NotFoundError, UsageError

MOST = 16 * 1024 * 1024


def read_mapping(path: Path) -> dict[str, object]:
    """The mapping in a JSON or YAML file; raises NotFoundError, or UsageError with file, line and column."""
    try:
        # Never to the end without a limit: /dev/zero has none.
        with path.open("rb") as file:
            data = file.read(MOST + 1)
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror}", "Check the path.") from None
    if len(data) > MOST:
        raise UsageError(
            f"{path} has more than {MOST:,} bytes", "Give the file with the few values that are meant."
        )
    try:
        found = jsontext.load(data) if path.suffix == ".json" else yaml.load(data)
    except (yaml.YamlProblem, jsontext.JsonProblem) as problem:
        told = problem.at(str(path))
        raise UsageError(told.message, told.hint) from None
    if not isinstance(found, dict):
        raise UsageError(
            f"{path} holds no mapping of names to values", "Write NAME: VALUE lines, or a JSON object."
        )
    return cast("dict[str, object]", found)


def scalar(text: str) -> object:
    """The value that a person writes after `=`: a number, true, false or null; anything else is text."""
    if "\n" in text:
        return text
    try:
        return yaml.load(f"value: {text}\n".encode())["value"]  # type: ignore[index,call-overload]
    except (MooringError, TypeError, KeyError):
        return text


def pairs(words: Sequence[str], what: str, *, as_text: bool = False) -> dict[str, object]:
    """NAME=VALUE words as a mapping; raises UsageError for one without `=` or given twice."""
    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(f"{word!r} is no {what}", f"Write --{what} NAME=VALUE.")
        if name in found:
            raise UsageError(f"the {what} {name!r} is given twice")
        found[name] = value if as_text else scalar(value)
    return found


def files_and_pairs(words: Sequence[str], what: str, *, as_text: bool = False) -> dict[str, object]:
    """A mapping from words that are each a file (metrics.json) or NAME=VALUE; later ones win."""
    found: dict[str, object] = {}
    for word in words:
        found |= pairs([word], what, as_text=as_text) if "=" in word else read_mapping(Path(word))
    return found


def merged(base: Mapping[str, object], over: Mapping[str, object]) -> dict[str, object]:
    """`over` laid over `base`, mappings inside mappings too."""
    result = dict(base)
    for key, value in over.items():
        there = result.get(key)
        result[key] = (
            merged(there, value) if isinstance(there, Mapping) and isinstance(value, Mapping) else value
        )
    return result


def interface(words: Sequence[str], inputs: Path | None, outputs: Path | None) -> dict[str, object]:
    """The interface from one file with `input` and `output`, or from a JSON Schema file for each."""
    found: dict[str, object] = {}
    for word in words:
        found |= read_mapping(Path(word))
    if inputs is not None:
        found["input"] = read_mapping(inputs)
    if outputs is not None:
        found["output"] = read_mapping(outputs)
    return found
