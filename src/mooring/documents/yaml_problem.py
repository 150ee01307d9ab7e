"""Where something stands in a text, and the refusal of a text that is not strict (YAML here, JSON in `jsontext`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from mooring.errors import ExitCode, MooringError


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text; lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class TextProblem(MooringError):  # noqa: N818 - a text has a problem; nothing is broken in the program
    """A text is refused: `reason` says why, `line` and `column` (from 1) where, `hint` what to write."""

    exit_code = ExitCode.REFUSED

    def __init__(
        self, reason: str, *, line: int, column: int, hint: str | None = None, path: str | None = None
    ) -> None:
        place = f"line {line}, column {column}" if path is None else f"{path}:{line}:{column}"
        super().__init__(f"{place}: {reason}", hint)
        self.reason = reason
        self.line = line
        self.column = column
        self.path = path

    @classmethod
    def at_index(cls, text: str, index: int, reason: str, hint: str | None = None) -> Self:
        """The problem whose place is the character at `index` of `text`."""
        line_start = text.rfind("\n", 0, index) + 1
        line = text.count("\n", 0, index) + 1
        return cls(reason, line=line, column=index - line_start + 1, hint=hint)

    def at(self, path: str) -> Self:
        """The same problem, its message beginning with `path:line:column`."""
        return type(self)(self.reason, line=self.line, column=self.column, hint=self.hint, path=path)


class YamlProblem(TextProblem):
    """A text is not strict YAML, or a value cannot be written as such."""
