"""Plain data to canonical YAML: one way to write each value, which every YAML reader reads back alike.

Laws: `load(dump(value)) == value`; equal values (in equal order) give equal bytes; PyYAML, ruamel.yaml and our
loader agree on the text. Block style, UTF-8, LF; short lists and maps of scalars stand in one line.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

from mooring.documents.yaml import JsonValue, YamlProblem, load
from mooring.documents.yaml_reader import DEEPEST, LONGEST_KEY
from mooring.documents.yaml_scalars import LARGEST_INTEGER, is_plain_string
from mooring.documents.yaml_text import UNPRINTABLE

WIDTH: Final = 100
"""Columns that a line with brackets stays under."""

# Tighter than YAML: no mark at the beginning, no ': ', no ' #', and between brackets no bracket, comma or colon.
_PLAIN = re.compile(r"[\w/.(<$^+](?:[\w!\"$-9;-~]|:(?=[^\s])|[ ](?=[^\s#])|[#](?<=[^\s]#))*+")
_PLAIN_IN_FLOW = re.compile(r"[\w/.(<$^+](?:[\w$()*+./;<=>^~|@-]|[ ](?=[\w$()*+./;<=>^~|@-]))*+")

# A version, a date, a time, a digest: some of their kind must be quoted (1.10, 2026-06-02, 1234e567), so all are.
_NUMBER_LIKE = re.compile(r"[-+.v]?[0-9]+(?:[.:_-][0-9].*)?|[0-9a-f]{7,}", re.DOTALL)

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_TO_ESCAPE = re.compile(rf"[\\\"\n\t\r]|{UNPRINTABLE.pattern}")


def dump(value: Mapping[str, Any]) -> bytes:
    """The canonical text of a mapping, keys in the mapping's own order.

    Raises YamlProblem for what strict YAML cannot hold: other types than JSON's, NaN, integers beyond 2^53, half
    surrogates, keys that are equal after Unicode normalisation, and what is too large or too deep to be loaded.
    """
    plain = as_plain(value)
    if not isinstance(plain, dict):
        raise _problem((), "the top level is not a mapping")
    lines = block_lines(plain, indent=0) if plain else ["{}"]
    data = ("\n".join(lines) + "\n").encode("utf-8")
    if not same(load(data), plain):
        raise _problem((), "the written text does not read back as the same value")
    return data


def as_plain(value: object, path: tuple[str | int, ...] = ()) -> JsonValue:
    """A copy made of None, bool, int, float, str, list and dict alone; YamlProblem for what these cannot say."""
    if len(path) > DEEPEST:
        raise _problem(path[:4], f"nested deeper than {DEEPEST} levels")
    if isinstance(value, Mapping):
        _check_keys(value, path)
        return {str(key): as_plain(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, str):
        return _checked_text(str(value), path)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray)):
        return [as_plain(item, (*path, index)) for index, item in enumerate(value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise _problem(path, "an integer beyond 2^53")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _problem(path, f"{value} is not a number that can be written")
        return float(value)
    raise _problem(path, f"a {type(value).__name__} is not plain data")


def same(left: object, right: object) -> bool:
    """Equality that tells 1, 1.0 and True apart, and 0.0 from -0.0, and minds the order of keys."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right and (not isinstance(left, float) or repr(left) == repr(right))


def block_lines(value: JsonValue, *, indent: int) -> list[str]:
    """The lines of a non-empty collection in block style, each indented by `indent` spaces."""
    lines: list[str] = []
    margin = " " * indent
    if isinstance(value, dict):
        for key, item in value.items():
            head = f"{margin}{key_text(key)}:"
            tail, rest = entry(item, indent=indent + 2, room=WIDTH - len(head) - 2)
            lines += [f"{head} {tail}" if tail else head, *rest]
    elif isinstance(value, list):
        for item in value:
            tail, rest = entry(item, indent=indent + 2, room=WIDTH - indent - 3)
            if not tail:  # a collection begins on the line of its dash
                tail, rest = rest[0].lstrip(" "), rest[1:]
            lines += [f"{margin}- {tail}", *rest]
    return lines


def entry(value: JsonValue, *, indent: int, room: int) -> tuple[str, list[str]]:
    """What follows `key:` or `-` on its line (perhaps nothing), and the lines below it.

    `room` is the number of columns that brackets may take on the first line.
    """
    if isinstance(value, str) and _fits_literal(value):
        body = value.removesuffix("\n")
        margin = " " * indent
        mark = "|" if value.endswith("\n") else "|-"
        return mark, [f"{margin}{line}" if line else "" for line in body.split("\n")]
    if not isinstance(value, (dict, list)):
        return scalar_text(value), []
    children = value.values() if isinstance(value, dict) else value
    if not any(isinstance(child, (dict, list)) for child in children):
        text = flow_text(value)
        if len(text) <= room or not value:
            return text, []
    return "", block_lines(value, indent=indent)


def flow_text(value: JsonValue) -> str:
    """A value in one line that may stand between brackets."""
    if isinstance(value, dict):
        pairs = (f"{key_text(key, flow=True)}: {flow_text(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow_text, value)) + "]"
    return scalar_text(value, flow=True)


def scalar_text(value: JsonValue, *, flow: bool = False) -> str:
    """A scalar in one line, strings quoted where any reader might take them for something else."""
    if isinstance(value, str):
        form = _PLAIN_IN_FLOW if flow else _PLAIN
        is_plain = form.fullmatch(value) and not _NUMBER_LIKE.fullmatch(value) and is_plain_string(value)
        if flow and value.endswith(" -"):  # to some readers a list begins there
            is_plain = False
        return value if is_plain else f'"{_TO_ESCAPE.sub(_escape, value)}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        mantissa, exponent, power = repr(value).partition("e")
        # YAML 1.1 takes 1e-07 for text; with a dot it is a number to everybody.
        return (mantissa if "." in mantissa else f"{mantissa}.0") + exponent + power
    return str(value)


def key_text(key: str, *, flow: bool = False) -> str:
    """A key as it is written; YamlProblem when it is longer than readers look for its colon."""
    text = scalar_text(key, flow=flow)
    if len(text) > LONGEST_KEY:
        raise _problem((), f"a key longer than {LONGEST_KEY} characters")
    return text


def _fits_literal(text: str) -> bool:
    if "\n" not in text or UNPRINTABLE.search(text) or "\r" in text:
        return False
    lines = text.removesuffix("\n").split("\n")
    if not lines[0] or not lines[-1] or lines[0][0].isspace():
        return False
    # White space that nobody sees, and tabs where readers expect indentation, are better quoted.
    return not any(line and (line[-1].isspace() or line[0] == "\t") for line in lines)


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _check_keys(value: Mapping[Any, object], path: tuple[str | int, ...]) -> None:
    seen: set[str] = set()
    for key in value:
        if not isinstance(key, str):
            raise _problem(path, f"key {key!r} is not a string")
        normal = unicodedata.normalize("NFC", _checked_text(key, path))
        if normal in seen:
            raise _problem(path, f"duplicate key {key!r} (equal after Unicode normalisation)")
        seen.add(normal)


def _checked_text(text: str, path: tuple[str | int, ...]) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _problem(path, "text with half of a surrogate pair") from None
    return text


def _problem(path: tuple[str | int, ...], reason: str) -> YamlProblem:
    place = ".".join(map(str, path))
    reason = f"cannot be written: {reason}" + (f" (at {place})" if place else "")
    return YamlProblem(reason, line=1, column=1, hint="strict YAML holds JSON's values only")
