"""Regular expressions in schemas, read into a tree: the subset that Python, ECMAScript and Rust share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

# A character set over ASCII; 128 stands for every other character.
_ALL = frozenset(range(129))
_DIGITS = frozenset(range(48, 58))
_WORD = _DIGITS | frozenset(range(65, 91)) | frozenset(range(97, 123)) | {95}
_SPACE = frozenset({9, 10, 11, 12, 13, 32, 128})
_CLASSES = {
    "d": _DIGITS, "D": _ALL - _DIGITS, "w": _WORD, "W": _ALL - _WORD, "s": _SPACE, "S": _ALL - _SPACE | {128},
}  # fmt: skip
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_SHOWN = [*range(97, 123), *range(48, 58), *range(65, 91), *range(32, 127)]
MAX_PATTERN = 1_000
MAX_REPEAT = 1_000
MAX_GROUPS = 20


@dataclass(frozen=True)
class Chars:
    """One character out of a set."""

    of: frozenset[int]
    sample: str


@dataclass(frozen=True)
class Nothing:
    """An anchor or a look-around: it takes no character."""


@dataclass(frozen=True)
class Sequence:
    """One part after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several branches."""

    branches: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """`body` from `least` to `most` times; None is no limit."""

    body: Node
    least: int
    most: int | None


Node: TypeAlias = "Chars | Nothing | Sequence | Choice | Repeat"


class PatternError(ValueError):
    """The text is no regular expression of the common subset, or not a bounded one."""


def parse(pattern: str) -> Node:
    """The syntax tree of a pattern; PatternError with the reason if it is not in the common subset."""
    if len(pattern) > MAX_PATTERN:
        raise PatternError(f"is longer than {MAX_PATTERN} characters")
    reader = _Reader(pattern)
    tree = reader.choice(0)
    if reader.at < len(pattern):
        raise PatternError("has a `)` without a `(`")
    return tree


@dataclass
class _Reader:
    text: str
    at: int = field(default=0)

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self, count: int = 1) -> str:
        taken = self.text[self.at : self.at + count]
        if len(taken) < count:
            raise PatternError("ends too early")
        self.at += count
        return taken

    def skip(self, token: str) -> bool:
        found = self.text.startswith(token, self.at)
        self.at += len(token) if found else 0
        return found

    def until(self, end: str) -> str:
        stop = self.text.find(end, self.at)
        if stop < 0:
            raise PatternError(f"lacks a `{end}`")
        taken = self.text[self.at : stop]
        self.at = stop + len(end)
        return taken

    def choice(self, depth: int) -> Node:
        if depth > MAX_GROUPS:
            raise PatternError(f"nests more than {MAX_GROUPS} groups")
        branches = [self.sequence(depth)]
        while self.skip("|"):
            branches.append(self.sequence(depth))
        return branches[0] if len(branches) == 1 else Choice(tuple(branches))

    def sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.peek() not in "|)":
            parts.append(self.repeated(self.atom(depth)))
        return Sequence(tuple(parts))

    def repeated(self, node: Node) -> Node:
        bounds = self.bounds()
        if bounds is None:
            return node
        if isinstance(node, Nothing):
            raise PatternError("repeats an anchor or a look-around")
        least, most = bounds
        self.skip("?")
        if self.peek() and self.peek() in "*+?{":
            raise PatternError("repeats a repetition")
        if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
            raise PatternError(f"has a repetition outside 0 to {MAX_REPEAT}")
        return Repeat(node, least, most)

    def bounds(self) -> tuple[int, int | None] | None:
        for token, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.skip(token):
                return bounds
        if self.peek() != "{":
            return None
        self.take()
        least, comma, most = self.until("}").partition(",")
        if not least.isdecimal() or not (most.isdecimal() or not most):
            raise PatternError("has a `{` that starts no repetition; write `\\{`")
        if not comma:
            return int(least), int(least)
        return int(least), int(most) if most else None

    def atom(self, depth: int) -> Node:
        char = self.take()
        if char == "(":
            return self.group(depth)
        if char == "[":
            return self.bracket()
        if char == ".":
            return Chars(_ALL - {10, 13}, "a")
        if char in "^$":
            return Nothing()
        if char == "\\":
            if self.peek() in ("b", "B"):
                self.take()
                return Nothing()
            return self.escape()
        if char in "*+?{":
            raise PatternError(f"has a `{char}` with nothing to repeat")
        if char in "]}":
            raise PatternError(f"has a `{char}` that closes nothing; write `\\{char}`")
        return _one(char)

    def group(self, depth: int) -> Node:
        looks = False
        if self.skip("?"):
            looks = any(self.skip(token) for token in ("=", "!", "<=", "<!"))
            if not looks and not self.skip(":"):
                if not (self.skip("<") or self.skip("P<")):
                    raise PatternError(
                        "has a group with flags; only `(?:`, `(?<name>` and look-arounds are read"
                    )
                self.until(">")
        inner = self.choice(depth + 1)
        if not self.skip(")"):
            raise PatternError("has a `(` without a `)`")
        return Nothing() if looks else inner

    def escape(self) -> Chars:
        letter = self.take()
        if letter in _CLASSES:
            return _some(_CLASSES[letter])
        if letter in _CONTROLS:
            return _one(_CONTROLS[letter])
        if letter in "xu":
            if self.peek() == "{":
                self.take()
                digits = self.until("}")
            else:
                digits = self.take(2 if letter == "x" else 4)
            try:
                return _one(chr(int(digits, 16)))
            except (ValueError, OverflowError):
                raise PatternError(f"has a wrong escape `\\{letter}{digits}`") from None
        if letter in "pP" and self.skip("{"):
            self.until("}")
            return Chars(_ALL, "a")
        if letter.isdecimal() or letter == "k":
            raise PatternError("refers back to a group, which no engine matches in linear time")
        if letter.isalpha():
            raise PatternError(f"has an unknown escape `\\{letter}`")
        return _one(letter)

    def bracket(self) -> Chars:
        negated = self.skip("^")
        found: set[int] = set()
        samples: list[str] = []
        while not self.skip("]"):
            self.refuse_set_operation()
            low = self.member()
            self.refuse_set_operation()
            if self.peek() == "-" and self.text[self.at + 1 : self.at + 2] not in ("]", ""):
                self.take()
                high = self.member()
                if len(low.of) != 1 or len(high.of) != 1 or low.sample > high.sample:
                    raise PatternError("has a range that runs backwards")
                found.update(range(min(ord(low.sample), 128), min(ord(high.sample), 128) + 1))
            else:
                found |= low.of
            samples.append(low.sample)
        if not samples:
            raise PatternError("has an empty `[]`")
        if negated:
            return _some(_ALL - found | {128})
        ascii_only = _some(frozenset(found))
        return ascii_only if ascii_only.sample.isascii() else Chars(frozenset(found), samples[0])

    def refuse_set_operation(self) -> None:
        # Rust reads these as operations on sets, Python warns that it may one day.
        if self.text[self.at : self.at + 2] in ("--", "&&", "~~", "||"):
            raise PatternError("has a doubled `-`, `&`, `~` or `|` inside `[]`; escape one")

    def member(self) -> Chars:
        char = self.take()
        if char == "[":
            raise PatternError("has a `[` inside `[]`, which engines read differently; write `\\[`")
        if char != "\\":
            return _one(char)
        return self.escape()


def _one(char: str) -> Chars:
    return Chars(frozenset({min(ord(char), 128)}), char)


def _some(of: frozenset[int]) -> Chars:
    return Chars(of, next((chr(code) for code in _SHOWN if code in of), "é" if 128 in of else "\t"))
