"""What the text of a strict YAML document may consist of, apart from its scalars.

Two checks that no event stream can make: which characters stand in the file, and which marks stand between
the scalars. YAML readers disagree about tabs, `?` keys, directives, unspaced `:` and `#`: all are refused.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise
from typing import Final

from mooring.documents.yaml_problem import YamlProblem

LARGEST_DOCUMENT: Final = 256 * 1024
"""Bytes."""

# Controls, line ends that only YAML 1.1 knows (NEL, LS, PS), lone CR, surrogates, noncharacters, and every
# invisible format character (general category Cf): the ones that make a review show other text than is there.
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_FORMATS = (
    "\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f"
)
_NONCHARACTERS = "\ud800-\udfff\ufdd0-\ufdef" + "".join(
    chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF)
)
UNPRINTABLE: Final = re.compile(f"[{_CONTROLS}{_FORMATS}{_NONCHARACTERS}]")
"""A character that may stand in a document only as an escape in double quotes."""

_LONE_CR = re.compile(r"\r(?!\n)")
_PRINTABLE_ASCII: Final = b"\t\n\r" + bytes(range(0x20, 0x7F))

# What may stand between scalars, each scalar replaced by one _SCALAR. The look-aheads demand the white space
# that YAML 1.2 demands; possessive quantifiers keep the time linear and the memory constant.
_SCALAR: Final = "\x00"
_BETWEEN = re.compile(
    r"""(?:
        [ \n]++ | \r\n
      | (?:(?<=[ \n])|(?<![\s\S]))\#[^\n]*+
      | [:\-](?=[ \n]|\r\n|\Z)
      | [\[\]{},\x00]
      | (?:(?<=\n)|(?<![\s\S]))---(?=[ ]*+(?:\#|\r?\n|\Z))
    )*+""",
    re.VERBOSE,
)
_MISTAKES: Final = {
    "\t": ("a tab is used as white space", "write spaces"),
    "%": ("a YAML directive", "remove the line that begins with %"),
    "?": ("an explicit key ('? key')", "write it as key: value"),
    "#": ("a comment without a space before it", "write a space before #, or quote the text"),
    ":": ("':' without a space after it", "write a space after it, or quote the text"),
    "-": (
        "'-' without a space, or '---' without a line of its own",
        "write a space after '-', nothing after '---'",
    ),
    ".": ("an end-of-document mark", "remove the line '...'"),
}


def decode(data: bytes) -> str:
    """The text of a document's bytes; YamlProblem when it is too large or holds what no reviewer can see."""
    if len(data) > LARGEST_DOCUMENT:
        reason = f"document of {len(data)} bytes; at most {LARGEST_DOCUMENT} are accepted"
        raise YamlProblem(reason, line=1, column=1, hint="keep long lists and texts in files of their own")
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        reason = "the file begins with a byte order mark"
        raise YamlProblem(reason, line=1, column=1, hint="save it as UTF-8 without BOM")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8"
        raise YamlProblem.at_index(before, len(before), reason, "save the file as UTF-8") from None
    # Removing what is allowed takes a tenth of the time of a search.
    odd = b"" if text.isascii() and not data.translate(None, _PRINTABLE_ASCII) else data
    found = (odd and UNPRINTABLE.search(text)) or ("\r" in text and _LONE_CR.search(text))
    if found:
        raise YamlProblem.at_index(text, found.start(), *_describe(found.group()))
    return text


def _describe(character: str) -> tuple[str, str]:
    code = ord(character)
    if character == "\r":
        return "a carriage return without a line feed", "save the file with LF line ends"
    escape = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    kind = "control" if code < 0xA0 else "invisible or reserved"
    return (
        f"{kind} character U+{code:04X}",
        f'remove it; where it is really meant, write "{escape}" in double quotes',
    )


def check_between(text: str, scalars: list[tuple[int, int]]) -> None:
    """Refuse marks that are read in different ways; `scalars` are start and end indices, in order."""
    edges = [(0, 0), *scalars, (len(text), len(text))]
    gaps = [text[end:start] for (_, end), (start, _) in pairwise(edges)]
    masked = _SCALAR.join(gaps)
    matched = _BETWEEN.match(masked)
    stop = matched.end() if matched else 0
    if stop == len(masked):
        return
    index = stop + sum(end - start - 1 for start, end in scalars[: masked.count(_SCALAR, 0, stop)])
    mistake = _MISTAKES.get(text[index], (f"unexpected {text[index]!r}", "quote the text"))
    raise YamlProblem.at_index(text, index, *mistake)
