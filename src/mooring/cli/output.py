"""How things are printed: tables on a terminal, tab-separated rows in a pipe, JSON when it is asked for.

Everything shown may come from a document that somebody else wrote: control and invisible characters are printed as
escapes, so that no text moves the cursor or pretends to be another.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mooring.render.blocks import Block, Facts, Grid, Heading, Log, LogEntry, Problem, Prose
from mooring.render.visible import visible

_WHOLE = 26
_LEAST = 12
_BOLD, _DIM, _RED, _YELLOW, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True)
class Output:
    """Standard output and error of one run.

    https://no-color.org and https://force-color.org are followed; `COLUMNS` is the width where it is set.
    """

    environ: Mapping[str, str]
    quiet: bool = False

    @property
    def is_terminal(self) -> bool:
        """Whether a person reads: then there are tables with titles, else bare rows."""
        return sys.stdout.isatty() or bool(self.environ.get("FORCE_COLOR"))

    @property
    def color(self) -> bool:
        """Whether standard output may be coloured."""
        return self.is_terminal and self._may_color

    @property
    def _may_color(self) -> bool:
        if self.environ.get("NO_COLOR"):
            return False
        return bool(self.environ.get("FORCE_COLOR")) or self.environ.get("TERM") != "dumb"

    @property
    def width(self) -> int:
        """The number of columns of the terminal."""
        columns = self.environ.get("COLUMNS", "")
        return (
            int(columns) if columns.isdecimal() and int(columns) > 0 else shutil.get_terminal_size().columns
        )

    def text(self, text: str) -> None:
        """Print text as it is, with a newline at its end."""
        sys.stdout.write(text if text.endswith("\n") else text + "\n")

    def json(self, data: Mapping[str, object]) -> None:
        """Print a JSON document."""
        self.text(json_text(data))

    def note(self, text: str) -> None:
        """Say something on standard error that is no result; `--quiet` leaves it out."""
        if not self.quiet:
            sys.stderr.write(f"{visible_lines(text)}\n")

    def warning(self, text: str) -> None:
        """Say on standard error what somebody should know, quiet or not."""
        self._said("warning", _YELLOW, text)

    def failure(self, label: str, message: str, hint: str | None) -> None:
        """Say on standard error what went wrong and what to do next."""
        self._said(label, _RED, message)
        if hint:
            self._said("hint", _DIM, hint)

    def _said(self, label: str, shade: str, text: str) -> None:
        color = self._may_color and (sys.stderr.isatty() or bool(self.environ.get("FORCE_COLOR")))
        head = f"{shade}{label}:{_OFF}" if color else f"{label}:"
        sys.stderr.write(f"{head} {visible_lines(text)}\n")

    def blocks(self, blocks: Sequence[Block]) -> None:
        """Print blocks: as a page on a terminal, as plain rows in a pipe."""
        if not self.is_terminal:
            for block in blocks:
                self._bare(block)
            return
        sys.stdout.write(self.page_text(blocks))

    def page_text(self, blocks: Sequence[Block]) -> str:
        """Blocks as the page that a terminal shows."""
        parts: list[str] = []
        for before, block in zip([None, *blocks], blocks, strict=False):
            together = isinstance(before, Heading) or (
                isinstance(before, Problem) and isinstance(block, Problem)
            )
            if before is not None and not together:
                parts.append("\n")
            parts += [f"{line.rstrip()}\n" for line in self._page(block)]
        return "".join(parts)

    def _bare(self, block: Block) -> None:
        """Rows alone on standard output: what is said to people goes to standard error."""
        match block:
            case Prose(text):
                self.note(text)
            case Problem(text):
                self.warning(text)
            case _:
                sys.stdout.write("".join(f"{line}\n" for line in _rows(block)))

    def _page(self, block: Block) -> list[str]:
        match block:
            case Heading(text):
                return [self._shaded(visible(text), _BOLD)]
            case Prose(text):
                return [visible_lines(text)]
            case Problem(text):
                return [self._shaded(f"problem: {visible_lines(text)}", _YELLOW)]
            case Facts(pairs):
                return _facts(pairs)
            case Log(entries):
                return self._log(entries)
            case Grid():
                return self._table(block)

    def _shaded(self, text: str, shade: str) -> str:
        return f"{shade}{text}{_OFF}" if self.color else text

    def _log(self, entries: Sequence[LogEntry]) -> list[str]:
        columns = zip(*(entry.cells for entry in entries), strict=True)
        widths = [max(len(visible(cell)) for cell in column) for column in columns]
        lines = []
        for entry in entries:
            cells = [visible(cell).ljust(width) for cell, width in zip(entry.cells, widths, strict=True)]
            lines.append("  ".join([self._shaded(cells[0], _YELLOW), *cells[1:]]))
            lines += [f"    {visible(detail)}" for detail in entry.details]
        return lines

    def _table(self, grid: Grid) -> list[str]:
        from rich.console import Console
        from rich.table import Table

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        whole = _kept_whole(grid, self.width)
        for number, column in enumerate(grid.columns):
            table.add_column(
                column.upper(),
                justify="right" if number in grid.numbers else "left",
                overflow="fold",
                no_wrap=number in whole,
            )
        for row in grid.rows:
            table.add_row(*(visible(cell) for cell in row))
        console = Console(
            width=self.width,
            # Without a height Rich measures the terminal, and takes every dumb one for 80 columns.
            height=25,
            force_terminal=True,
            color_system="standard" if self.color else None,
            highlight=False,
            markup=False,
            emoji=False,
        )
        with console.capture() as captured:
            console.print(table)
        return captured.get().splitlines()


def _kept_whole(grid: Grid, width: int) -> frozenset[int]:
    """The columns that are not folded: the first and short ones; none where they do not fit, or Rich would cut them."""
    longest = [
        max(len(visible(cell)) for cell in (column, *(row[number] for row in grid.rows)))
        for number, column in enumerate(grid.columns)
    ]
    whole = frozenset(number for number, length in enumerate(longest) if number == 0 or length <= _WHOLE)
    needed = sum(length if number in whole else _LEAST for number, length in enumerate(longest))
    return whole if needed + 2 * len(longest) <= width else frozenset()


def json_text(data: Mapping[str, object]) -> str:
    """A JSON document as it is printed: ASCII escapes keep invisible characters visible."""
    return json.dumps(data, indent=2) + "\n"


def visible_lines(text: str) -> str:
    """`text` with everything but line breaks made visible."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _rows(block: Block) -> list[str]:
    match block:
        case Heading(text):
            return [visible(text)]
        case Facts(pairs):
            return [f"{name}\t{visible(value)}" for name, value in pairs]
        case Grid(_, rows) | Log(rows=Grid(_, rows)):
            return ["\t".join(visible(cell) for cell in row) for row in rows]
    return []


def _facts(pairs: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in pairs), default=0) + 2
    lines = []
    for name, value in pairs:
        first, *rest = visible_lines(value).split("\n")
        lines += [f"{name.ljust(width)}{first}", *(" " * width + line for line in rest)]
    return lines
