"""Strict JSON: one meaning for every reader, or a refusal with its place.

Python's reader lets the last of two equal keys win, takes NaN and Infinity, and recurses as deep as the text
says. Here all of that is refused. A text in order pays only for Python's own reader; places are worked out by a
second pass over a text that is not.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NoReturn

from mooring.documents.yaml_problem import TextProblem
from mooring.documents.yaml_reader import JsonValue

__all__ = ["JsonProblem", "JsonValue", "load"]

LARGEST: Final = 64 * 1024 * 1024
"""Bytes; a DVC listing of 100 000 files is about 10 MB."""

DEEPEST: Final = 64
LARGEST_INTEGER: Final = 2**53
LONGEST_NUMBER: Final = 40

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{},:]|[^\s"\[\]{},:]++', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(\.[0-9]++)?([eE][-+]?[0-9]++)?")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class JsonProblem(TextProblem):
    """A text is not strict JSON."""


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """Something in the text must be refused; the second pass finds what and where."""


def load(data: bytes, *, largest: int = LARGEST, deepest: int = DEEPEST) -> JsonValue:
    """The value of a JSON text of at most `largest` bytes and `deepest` nested brackets.

    Refused with JsonProblem: other encodings than UTF-8 without BOM, equal keys (after Unicode normalisation too),
    NaN, Infinity, integers beyond 2^53, numbers too large for a double, half surrogates, anything after the value.
    """
    text = _decode(data, largest)
    try:
        value: JsonValue = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse,
            parse_int=_integer,
            parse_float=_real,
        )
    except (_Refused, RecursionError):
        raise _find(text, deepest) from None
    except json.JSONDecodeError as error:
        raise _earlier(text, deepest, error) from None
    if _SURROGATE.search(text) or _depth(value, deepest) > deepest:
        found = next(_problems(text, deepest), None)
        if found is not None:
            raise found
    return value


def _decode(data: bytes, largest: int) -> str:
    if len(data) > largest:
        raise JsonProblem(f"text of {len(data)} bytes; at most {largest} are accepted", line=1, column=1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise JsonProblem.at_index(before, len(before), reason, "save the file as UTF-8") from None
    if text.startswith("\ufeff"):
        raise JsonProblem(
            "the file begins with a byte order mark", line=1, column=1, hint="save it as UTF-8 without BOM"
        )
    return text


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    distinct = len(found)
    if distinct == len(pairs) and not all(map(str.isascii, found)):
        distinct = len({unicodedata.normalize("NFC", key) for key in found})
    if distinct != len(pairs):
        raise _Refused
    return found


def _refuse(_: str) -> NoReturn:
    raise _Refused


def _integer(text: str) -> int:
    if _number_reason(text):
        raise _Refused
    return int(text)


def _real(text: str) -> float:
    if _number_reason(text):
        raise _Refused
    return float(text)


def _number_reason(text: str) -> str | None:
    if len(text) > LONGEST_NUMBER:
        return f"a number of more than {LONGEST_NUMBER} characters"
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    if found.group(1) or found.group(2):
        return f"number {text} is too large for a double" if math.isinf(float(text)) else None
    if abs(int(text)) > LARGEST_INTEGER:
        return f"integer {text} is larger than 2^53, so some readers lose digits"
    return None


def _depth(value: JsonValue, deepest: int) -> int:
    """How many brackets are open around the innermost value; counting stops above `deepest`."""
    level = [value] if isinstance(value, (dict, list)) else []
    depth = 0
    while level and depth <= deepest:
        depth += 1
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
    return depth


def _find(text: str, deepest: int) -> JsonProblem:
    found = next(_problems(text, deepest), None)
    return found or JsonProblem("nested too deep", line=1, column=1)


def _earlier(text: str, deepest: int, error: json.JSONDecodeError) -> JsonProblem:
    """The syntax error, unless something that is refused stands before it."""
    syntax = JsonProblem.at_index(text, error.pos, f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}")
    found = next(_problems(text[: error.pos], deepest), None)
    return found or syntax


def _problems(text: str, deepest: int) -> Iterator[JsonProblem]:
    """What is refused in a text, in its order; the brackets of a text that is not JSON need not match."""
    open_keys: list[set[str] | None] = []  # the keys of each open object, None for an array
    expects_key = False
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in ("{", "["):
            if len(open_keys) >= deepest:
                yield JsonProblem.at_index(text, token.start(), f"nested deeper than {deepest} levels")
            open_keys.append(set() if word == "{" else None)
            expects_key = word == "{"
        elif word in ("}", "]"):
            if open_keys:
                open_keys.pop()
            expects_key = False
        elif word == ",":
            expects_key = bool(open_keys) and open_keys[-1] is not None
        elif word == ":":
            expects_key = False
        else:
            keys = open_keys[-1] if expects_key and open_keys else None
            reason = _word_reason(word, keys)
            if reason:
                yield JsonProblem.at_index(text, token.start(), *reason)


def _word_reason(word: str, keys: set[str] | None) -> tuple[str, str | None] | None:
    """Why a string or a literal is refused; a key is added to the `keys` of its object."""
    if not word.startswith('"'):
        if word in ("NaN", "Infinity", "-Infinity"):
            return f"{word} is not JSON", "leave the value out, or write null"
        reason = _number_reason(word)
        return (reason, None) if reason else None
    try:
        content = json.loads(word)
        content.encode("utf-8")
    except json.JSONDecodeError:
        return None  # the syntax error is reported by the first pass
    except UnicodeEncodeError:
        return "half of a surrogate pair", "write the character itself"
    if keys is not None:
        normal = unicodedata.normalize("NFC", content)
        if normal in keys:
            return f"duplicate key {content!r}", "keep one of the two"
        keys.add(normal)
    return None
