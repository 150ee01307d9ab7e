"""Documents by hand and by chance: what strict YAML accepts, what it refuses and where, and mixtures of marks."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mooring.documents.yaml import YamlProblem, load
from mooring.documents.yaml_scalars import LARGEST_INTEGER
from mooring.documents.yaml_write import dump

ACCEPTED: dict[str, tuple[str, Any]] = {
    "words": ("a: word\nb: two words\n", {"a": "word", "b": "two words"}),
    "values": ("a: true\nb: false\nc: null\n", {"a": True, "b": False, "c": None}),
    "integers": ("a: 0\nb: -7\nc: 9007199254740992\n", {"a": 0, "b": -7, "c": LARGEST_INTEGER}),
    "decimals": (
        "a: 1.10\nb: -0.5\nc: 1.5e+3\nd: 2.0E-07\n",
        {"a": 1.1, "b": -0.5, "c": 1500.0, "d": 2e-07},
    ),
    "versions": (
        "a: 1.2.3\nb: 2024.01.15\nc: 1.0.0-rc.1\nd: 3h24m\n",
        {"a": "1.2.3", "b": "2024.01.15", "c": "1.0.0-rc.1", "d": "3h24m"},
    ),
    "digests": ("a: sha256:9f2c\nb: abc123\n", {"a": "sha256:9f2c", "b": "abc123"}),
    "people": (
        "a: Alex Turner <alex.turner@example.com>\n",
        {"a": "Alex Turner <alex.turner@example.com>"},
    ),
    "URLs": ("a: https://x.example/y?z=1#frag\n", {"a": "https://x.example/y?z=1#frag"}),
    "paths": ("a: .\nb: ./x\nc: ../y\n", {"a": ".", "b": "./x", "c": "../y"}),
    "quotes": ('a: "no"\nb: \'1.10\'\nc: "\\u0041\\n"\n', {"a": "no", "b": "1.10", "c": "A\n"}),
    "quoted keys": ('"1": a\n\'yes\': b\n"<<": c\n', {"1": "a", "yes": "b", "<<": "c"}),
    "brackets": ("a: [b, {c: d}, []]\ne: {}\n", {"a": ["b", {"c": "d"}, []], "e": {}}),
    "brackets over lines": ("a: [\n  b,\n  c,\n  ]\n", {"a": ["b", "c"]}),
    "quotes over lines in brackets": ('a: ["b\n\n  c"\n# d\n ]\n', {"a": ["b\nc"]}),
    "lists at the key's column": ("a:\n- b\n- c: 1\n  d: 2\n", {"a": ["b", {"c": 1, "d": 2}]}),
    "lists in lists": ("a:\n  - - b\n    - c\n  - d\n", {"a": [["b", "c"], "d"]}),
    "literal": ("a: |\n  x\n    y\n\n  z\n\nb: 1\n", {"a": "x\n  y\n\nz\n", "b": 1}),
    "stripped": ("a: |- # note\n  x\n  # not a note\n", {"a": "x\n# not a note"}),
    "kept": ("a: |+\n  x\n\nb: 1\n", {"a": "x\n\n", "b": 1}),
    "folded": ("a: >\n  x\n  y\n\n  z\n", {"a": "x y\nz\n"}),
    "folded plain": ("a: x\n  y\n  z\n", {"a": "x y z"}),
    "folded quoted": ('a: "x\n  y\n\n  z"\n', {"a": "x y\nz"}),
    "comments": ("# head\na: 1 # one\n  # two\nb: x#y\n", {"a": 1, "b": "x#y"}),
    "a comment after a literal": ("a: |\n  x\n# end\nb: 1\n", {"a": "x\n", "b": 1}),
    "document start": ("--- # begin\na: 1\n", {"a": 1}),
    "CRLF": ("a: 1\r\nb: |\r\n  x\r\n  y\r\n", {"a": 1, "b": "x\ny\n"}),
    "other scripts": ("città: 東京\nemoji: 😀\n", {"città": "東京", "emoji": "😀"}),
    "tab in a literal": ("a: |\n  x\ty\n", {"a": "x\ty\n"}),
    "tab in a comment": ("a: 1 #\tx\n", {"a": 1}),
    "no final newline": ("a: 1", {"a": 1}),
}

_WORDS = """
    yes no on off y n Y N Yes NO On OFF ~ Null NULL True TRUE False FALSE =
    012 0123456 0o12 0b11 0x1F 1_000 +1 -0 00 1e3 1e1 1E5 1234e567 12e34567 .5 -.5 5. 1.5e3 01.5 +1.5
    .inf -.inf +.INF .nan .NaN 12:30 12:30:45 190:20:30.15 2026-06-02 2026-6-2T15:30:00Z 2001-12-14t21:59:43.10-05:00
    -_ ._ 0x_ 0o 1_ -1_0 0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef
"""
AMBIGUOUS = [*_WORDS.split(), "2001-12-14 21:59:43.10 -5", "2001-12-14 21:59:43"]
"""Plain scalars that YAML 1.1, YAML 1.2 or one of their readers takes for something else than its neighbour."""

# What is wrong -> the text, the line and the column of the fault, and words of the reason.
REFUSED: dict[str, tuple[bytes, int, int, str]] = {
    "not UTF-8": (b"a: 1\nb: \xff\n", 2, 4, "byte 0xff is not UTF-8"),
    "UTF-8 BOM": (b"\xef\xbb\xbfa: 1\n", 1, 1, "byte order mark"),
    "UTF-16 BOM": (b"\xff\xfea\x00", 1, 1, "byte order mark"),
    "NUL": (b"a: x\x00\n", 1, 5, "control character U+0000"),
    "escape character": (b"a: 1\n# \x1b[31m\n", 2, 3, "control character U+001B"),
    "DEL": (b"a: x\x7f\n", 1, 5, "control character U+007F"),
    "next line": ("a: x\x85b: 2\n".encode(), 1, 5, "control character U+0085"),
    "line separator": ("a: x\u2028b: 2\n".encode(), 1, 5, "character U+2028"),
    "bidi override in a scalar": ("a: 1\nb: x\u202ey\n".encode(), 2, 5, "character U+202E"),
    "bidi isolate in a comment": ("a: 1 # \u2066x\n".encode(), 1, 8, "character U+2066"),
    "zero width space": ("a: x\u200by\n".encode(), 1, 5, "character U+200B"),
    "tag characters": ("a: x\U000e0041\n".encode(), 1, 5, "character U+E0041"),
    "inner BOM": ("a: x\ufeffy\n".encode(), 1, 5, "character U+FEFF"),
    "noncharacter": ("a: \ufffe\n".encode(), 1, 4, "character U+FFFE"),
    "lone carriage return": (b"a: 1\rb: 2\n", 1, 5, "carriage return"),
    "empty": (b"", 1, 1, "empty"),
    "comments only": (b"# x\n", 1, 1, "empty"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, 1, "second document"),
    "end of document": (b"a: 1\n...\n", 2, 1, "end-of-document"),
    "anchor": (b"a: &x 1\n", 1, 4, "anchor"),
    "anchor on a mapping": (b"a: &x\n  b: 1\n", 1, 4, "anchor"),
    "alias": (b"a: 1\nb: *a\n", 2, 4, "alias"),
    "alias as key": (b"*a : 1\n", 1, 1, "alias"),
    "merge key": (b"<<: {a: 1}\n", 1, 1, "'<<'"),
    "tag": (b"a: !!str 1\n", 1, 4, "tag"),
    "python tag": (b"a: !!python/object/apply:os.system [x]\n", 1, 4, "tag"),
    "bare tag": (b"a: ! x\n", 1, 4, "tag"),
    "tag on a list": (b"a: !!set {b}\n", 1, 4, "tag"),
    "YAML directive": (b"%YAML 1.1\n---\na: 1\n", 1, 1, "directive"),
    "TAG directive": (b"%TAG !e! tag:x,2000:\n---\na: 1\n", 1, 1, "directive"),
    "integer key": (b"1: a\n", 1, 1, "key 1 is not a string"),
    "boolean key": (b"true: a\n", 1, 1, "key true is not a string"),
    "ambiguous key": (b"on: push\n", 1, 1, "'on'"),
    "list as key": (b"? [a]\n: b\n", 1, 3, "key that is not a string"),
    "explicit key": (b"? a\n: b\n", 1, 1, "explicit key"),
    "empty key": (b": a\n", 1, 1, "not YAML"),
    "duplicate key": (b"a: 1\nversion: x\nversion: z\n", 3, 1, "duplicate key 'version'"),
    "duplicate key, quoted": (b'a: 1\n"a": 2\n', 2, 1, "duplicate key 'a'"),
    "duplicate key, inner": (b"a: {b: 1, b: 2}\n", 1, 11, "duplicate key 'b'"),
    "duplicate key, normalised": ("é: 1\ne\u0301: 2\n".encode(), 2, 1, "duplicate key"),
    "no value": (b"a:\nb: 1\n", 1, 3, "no value"),
    "no value in brackets": (b"a: {b, c: 1}\n", 1, 6, "no value"),
    "list at the top": (b"- a\n", 1, 1, "not a mapping"),
    "text at the top": (b"a\n", 1, 1, "not a mapping"),
    "large integer": (b"a: 9007199254740993\n", 1, 4, "larger than 2^53"),
    "long integer": (b"a: " + b"9" * 5000 + b"\n", 1, 4, "more than 40 characters"),
    "large decimal": (b"a: 1.0e+999\n", 1, 4, "too large for a double"),
    "tab after a colon": (b"a:\tb\n", 1, 2, "':' without a space"),
    "tab in plain text": (b"a: b\tc\n", 1, 4, "tab in unquoted text"),
    "tab before a comment": (b"a: 1\t# x\n", 1, 5, "tab is used as white space"),
    "tab as indentation": (b"a:\n\tb: 1\n", 2, 1, "not YAML"),
    "unspaced comment": (b'a: "x"#y\n', 1, 7, "comment without a space"),
    "unspaced colon": (b'a: {"b":1}\n', 1, 8, "':' without a space"),
    "pair in a list": (b"a: [b: c]\n", 1, 5, "a key inside [ ]"),
    "question mark in brackets": (b"a: [b?, c]\n", 1, 5, "'?' in unquoted text"),
    "question mark first": (b"a: ?b\n", 1, 4, "begins with '?'"),
    "colon in a value": (b"a: b: c\n", 1, 5, "mapping values are not allowed"),
    "at sign first": (b"a: @x\n", 1, 4, "cannot start any token"),
    "open bracket": (b"a: [b\n", 2, 1, "not YAML"),
    "open quote": (b'a: "b\n', 2, 1, "not YAML"),
    "bad indentation": (b"a: 1\n  b: 2\n", 2, 4, "not YAML"),
    "half surrogate": (b'a: "\\ud83d"\n', 1, 7, "invalid Unicode character escape"),
    "text after a literal's mark": (b"a: |#x\n  y\n", 1, 4, "after the mark"),
    "empty literal": (b"a: |\nb: 1\n", 1, 4, "begins with an empty line"),
    "literal that begins empty": (b"a: |\n\n  x\n", 1, 4, "begins with an empty line"),
    "value beside the document start": (b"--- {a: 1}\n", 1, 1, "'---'"),
    "65 levels": (b"a: " + b"[" * 64 + b"]" * 64 + b"\n", 1, 67, "nested deeper than 64"),
    "20001 events": (b"a: [" + b"x," * 20000 + b"]\n", 1, 39995, "more than 20000 YAML events"),
    "over 256 KiB": (b"#" * 262144 + b"\n", 1, 1, "262145 bytes"),
    "a quoted line at the key's column": (b'a: "b\nc"\n', 2, 1, "not indented more than what it continues"),
    "a bracketed line at the key's column": (
        b"a: [b,\nc]\n",
        2,
        1,
        "not indented more than what it continues",
    ),
    "a closing bracket left of its key": (
        b"a:\n  b: [c\n]\n",
        3,
        1,
        "not indented more than what it continues",
    ),
    "a quoted bracket at the key's column": (
        b'a: ["b\n]"]\n',
        2,
        1,
        "not indented more than what it continues",
    ),
    "a literal below its key": (b"a:\n|\n  b\n", 2, 1, "not indented more than its key"),
    "a closing bracket at the key's column": (
        b"a: [b,\n]\n",
        2,
        1,
        "not indented more than what it continues",
    ),
    "a literal that ends the file": (b"a: |\n  b", 1, 4, "without a newline"),
    "a dash at the end of text in brackets": (b"a: [b -]\n", 1, 5, "'-' alone at the end"),
    "a dash in brackets": (b"a: [-, b]\n", 1, 5, "'-' alone at the end"),
    "a no-break space at the end": ("a: b\u00a0\n".encode(), 1, 4, "a space of another kind"),
    "long key": (b"a" * 1001 + b": 1\n", 1, 1, "key longer than 1000"),
}

_MARKS = [
    *(
        "a",
        "b: ",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "  ",
        " ",
        ": ",
        ":",
        ", ",
        ",",
        "[",
        "]",
        "{",
        "}",
        "'",
        '"',
        "#",
        " #",
    ),
    *(
        "|",
        "|-",
        "|+",
        "|2",
        ">",
        ">-",
        "1",
        "0",
        "-1",
        "1.5",
        "e+3",
        "no",
        "~",
        "\t",
        "\\n",
        "\\",
        "\\\n",
        "\\u0041",
    ),
    *(
        "\r\n",
        "é",
        "?",
        "? ",
        "!",
        "&x",
        "*x",
        "%",
        "@",
        "`",
        "---",
        "--- ",
        "...",
        "<<",
        "=",
        "k: v\n",
        "x: ",
        "''",
    ),
    *(
        '""',
        "'' ",
        "-",
        "->",
        "\n- ",
        "\n  - ",
        "_",
        ".",
        "2001-01-01",
        "\n\n",
        "\n \n",
        "foo bar",
        "//",
        "\u00a0",
    ),
]

token_soups = st.lists(st.sampled_from(_MARKS), max_size=12).map("".join)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """An accepted document with a few marks put in or characters taken out."""
    text, _ = draw(st.sampled_from(list(ACCEPTED.values())))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(["", *_MARKS])) + text[place + draw(st.integers(0, 1)) :]
    return text


_numeric_looking = st.text("0123456789+-._:eExobTZ~ ", min_size=1, max_size=12)
_texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text("ab \n\t#:-?|>'\"[]{},&*!%@`\\\r\u202e\ufeff\x00é", max_size=12),
    _numeric_looking,
    st.sampled_from(AMBIGUOUS),
    st.lists(st.text("ab #:-", max_size=6), max_size=5).map("\n".join),
)
_scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-LARGEST_INTEGER, LARGEST_INTEGER),
    st.floats(allow_nan=False, allow_infinity=False),
    _texts,
)
json_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4)),
    max_leaves=12,
)
json_mappings = st.dictionaries(_texts, json_values, max_size=5)
numeric_looking = _numeric_looking


@st.composite
def commented(draw: st.DrawFn) -> str:
    """An accepted mapping with comments put behind lines and between them, wherever it still is accepted."""
    written = json_mappings.filter(lambda value: bool(value) and _can_be_written(value)).map(_written)
    text = draw(st.one_of(st.sampled_from([text for text, _ in ACCEPTED.values()]), written))
    for number in range(draw(st.integers(1, 6))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines)))
        words = f"# {number}"
        match draw(st.integers(0, 3)):
            case 0 if at < len(lines) and lines[at]:
                lines[at] += f" {words}"
            case 1 if at < len(lines):  # behind a mark in the line
                cut = draw(st.integers(0, len(lines[at])))
                lines[at] = f"{lines[at][:cut]} {words}\n{' ' * draw(st.integers(0, 6))}{lines[at][cut:]}"
            case 2:
                lines.insert(at, "")
            case _:
                lines.insert(at, " " * draw(st.integers(0, 6)) + words)
        changed = "\n".join(lines)
        if _is_accepted(changed):
            text = changed
    return text


def _is_accepted(text: str) -> bool:
    try:
        load(text.encode())
    except YamlProblem:
        return False
    return True


def _can_be_written(value: dict[str, Any]) -> bool:
    try:
        dump(value)
    except YamlProblem:
        return False
    return True


def _written(value: dict[str, Any]) -> str:
    return dump(value).decode()
