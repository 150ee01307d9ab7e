"""Plain (unquoted) YAML scalars: the few that are values, and the many that readers disagree about.

YAML 1.1 (PyYAML, Ruby) and YAML 1.2 (ruamel.yaml, js-yaml, Go) read `no`, `012`, `1e3` and `12:30` in
different ways. Only spellings that every reader takes for the same value are accepted; the rest is quoted.
"""

from __future__ import annotations

import re
from typing import Final

LARGEST_INTEGER: Final = 2**53
"""Beyond it a reader that keeps numbers as IEEE doubles, as JavaScript does, loses digits."""

LONGEST_NUMBER: Final = 40
"""Characters; no double needs more than 26, and reading very long digit strings is not linear in time."""

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
# YAML 1.1 demands the dot and the exponent's sign, YAML 1.2 a digit after the dot: both are required here.
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+][0-9]+)?")

# Compared in lower case: spellings such as `nO` are nobody's boolean today and everybody's mistake.
_WORDS: Final = frozenset({"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<"})
_LONGEST_WORD: Final = 5

# The union of what YAML 1.1, YAML 1.2, PyYAML and ruamel.yaml take for a number or a time.
# Possessive quantifiers keep it linear: a scalar may be 256 KiB long.
_NUMBER_OR_TIME = re.compile(
    r"""
      [-+]?[0-9_]++                                                         # 012  1_000  0123456789
    | [-+]?0[box][0-9a-f_]*+                                                # 0o12  0b11  0xff
    | [-+]?(?:\.[0-9_]++|[0-9][0-9_]*+(?:\.[0-9_]*+)?)(?:e[-+]?[0-9_]*+)?   # 1e3  .5  1.  1.5e3  ._
    | [-+]?[0-9][0-9_]*+(?::[0-9_]++)++(?:\.[0-9_]*+)?                      # 12:30  190:20:30.15
    | [-+]?\.(?:inf|nan)                                                    # .inf  -.Inf  .NaN
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}                                        # 2026-06-02T15:30:00Z
      (?:(?:t|\s++)[0-9:.]++\s*+(?:z|[-+][0-9:]++)?)?
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_NUMBER_STARTS: Final = frozenset("-+.0123456789")


class AmbiguousScalarError(ValueError):
    """A plain scalar that some reader takes for something else, or that loses digits; the text says how."""


def read_plain(text: str) -> bool | int | float | str | None:
    """The value of a plain scalar that every YAML reader agrees on.

    Raises AmbiguousScalarError with a short reason for every other spelling.
    """
    if len(text) <= _LONGEST_WORD and text.lower() in _WORDS:
        return _read_word(text)
    if text[0] not in _NUMBER_STARTS:
        if text[0] in "?:":
            raise AmbiguousScalarError(f"unquoted text begins with {text[0]!r}")
        if not text.isascii() and text.strip() != text:
            raise AmbiguousScalarError("unquoted text begins or ends with a space of another kind")
        return text
    return _read_number(text)


def is_plain_string(text: str) -> bool:
    """Whether every reader takes this text, written without quotes, for just this string."""
    try:
        return bool(text) and read_plain(text) == text
    except AmbiguousScalarError:
        return False


def _read_word(text: str) -> bool | None:
    if text == "true":
        return True
    if text == "false":
        return False
    if text == "null":
        return None
    raise AmbiguousScalarError(f"unquoted {text!r} is read in different ways by different YAML readers")


def _read_number(text: str) -> int | float | str:
    if len(text) > LONGEST_NUMBER:
        if _NUMBER_OR_TIME.fullmatch(text):
            raise AmbiguousScalarError(f"unquoted number of more than {LONGEST_NUMBER} characters")
        return text
    if _INTEGER.fullmatch(text):
        number = int(text)
        if abs(number) > LARGEST_INTEGER:
            raise AmbiguousScalarError(f"integer {text} is larger than 2^53, so some readers lose digits")
        return number
    if _DECIMAL.fullmatch(text):
        real = float(text)
        if real in (float("inf"), float("-inf")):
            raise AmbiguousScalarError(f"number {text} is too large for a double")
        return real
    if _NUMBER_OR_TIME.fullmatch(text):
        raise AmbiguousScalarError(f"unquoted {text!r} is read in different ways by different YAML readers")
    return text
