"""Rule cases: folders with two states of a registry, the history before them, and what the rules say to the change.

tests/rules/cases/<rule>/<case>/
    history/01-.../   pointers of earlier commits of main, oldest first; each folder is one state (may be absent)
    base/             the whole state before (absent: nothing)
    head/             the whole state after (absent: nothing)
    rewritten.txt     what Git says where main's line was rewritten (may be absent)
    author.txt        who the commit says made the change (may be absent)
    signed.txt        whose keys signed commit and request; then the change is a commit of main (may be absent)
    expected.txt      what all rules find
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from mooring.domain.change import Change
from mooring.domain.finding import Finding
from mooring.render.findings import text
from mooring.render.rule_pages import Example, Examples
from tests.support.changes import change_between

ROOT = Path(__file__).resolve().parents[1] / "rules" / "cases"

# Git and DVC would obey these in the case's own folder.
_HIDDEN = {"_gitattributes": ".gitattributes", "_gitignore": ".gitignore", "_dvc": ".dvc"}
_SHOWN = {name: shown for shown, name in _HIDDEN.items()}


@dataclass(frozen=True)
class Case:
    """One change and what it comes from."""

    rule: str
    name: str
    base: Mapping[str, bytes]
    head: Mapping[str, bytes]
    history: tuple[Mapping[str, bytes], ...] = ()
    rewritten: str | None = None
    author: str | None = None
    signed: str | None = None

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return ROOT / self.rule / self.name

    @property
    def title(self) -> str:
        """Its name as words."""
        return self.name.replace("-", " ")

    def change(self) -> Change:
        """The change to judge."""
        return change_between(
            self.base,
            self.head,
            history=self.history,
            rewritten=self.rewritten,
            author=self.author,
            signed=self.signed,
        )

    def told(self, findings: tuple[Finding, ...]) -> str:
        """Findings as `expected.txt` holds them."""
        return text(findings, self.head.get, color=False)

    @property
    def expected(self) -> str:
        """What the rules are known to find."""
        return (self.folder / "expected.txt").read_text(encoding="utf-8")

    @property
    def is_refused(self) -> bool:
        """Whether the case's own rule finds something."""
        return f"[{self.rule}]" in self.expected

    def write(self) -> None:
        """Write the states; `expected.txt` is left as it is."""
        _write(self.folder / "base", self.base)
        _write(self.folder / "head", self.head)
        for number, state in enumerate(self.history, 1):
            _write(self.folder / "history" / f"{number:02}", state)
        if self.rewritten is not None:
            (self.folder / "rewritten.txt").write_text(f"{self.rewritten}\n", encoding="utf-8")
        if self.author is not None:
            (self.folder / "author.txt").write_text(f"{self.author}\n", encoding="utf-8")
        if self.signed is not None:
            (self.folder / "signed.txt").write_text(f"{self.signed}\n", encoding="utf-8")

    def diff(self) -> str:
        """The change as a unified diff."""
        lines: list[str] = []
        for file in self.change().files:
            before, after = self.base.get(file.path), self.head.get(file.path)
            lines += difflib.unified_diff(
                _lines(before),
                _lines(after),
                f"a/{file.path}" if before is not None else "/dev/null",
                f"b/{file.path}" if after is not None else "/dev/null",
                lineterm="",
            )
        return "\n".join(lines) or "(no file differs)"


def _lines(data: bytes | None) -> list[str]:
    return [] if data is None else data.decode("utf-8", "replace").splitlines()


def _write(folder: Path, state: Mapping[str, bytes]) -> None:
    for path, data in state.items():
        target = folder / "/".join(_SHOWN.get(part, part) for part in _apart(path, state).split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _apart(path: str, state: Mapping[str, bytes]) -> str:
    """A path as it is written: names that are one where capitals do not count are kept apart by %XX for a capital."""
    parts = path.split("/")
    for place in range(len(parts)):
        names = {
            other.split("/")[place]
            for other in state
            if other.casefold().split("/")[: place + 1] == path.casefold().split("/")[: place + 1]
        }
        if len(names) > 1:
            parts[place] = re.sub("[A-Z]", lambda found: f"%{ord(found[0]):02X}", parts[place])
    return "/".join(parts)


def _read(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {
        "/".join(
            unquote(_HIDDEN.get(part, part)) for part in path.relative_to(folder).parts
        ): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def read(folder: Path) -> Case:
    """The case that lies in a folder."""
    rewritten = folder / "rewritten.txt"
    author = folder / "author.txt"
    signed = folder / "signed.txt"
    history = folder / "history"
    return Case(
        folder.parent.name,
        folder.name,
        _read(folder / "base"),
        _read(folder / "head"),
        tuple(_read(state) for state in sorted(history.iterdir())) if history.is_dir() else (),
        rewritten.read_text(encoding="utf-8").strip() if rewritten.is_file() else None,
        author.read_text(encoding="utf-8").strip() if author.is_file() else None,
        signed.read_text(encoding="utf-8").strip() if signed.is_file() else None,
    )


def all_cases() -> list[Case]:
    """Every case, by rule and name."""
    return [read(expected.parent) for expected in sorted(ROOT.glob("*/*/expected.txt"))]


def examples() -> dict[str, Examples]:
    """For each rule the first case that it refuses and the first that it accepts."""
    refused: dict[str, Example] = {}
    accepted: dict[str, Example] = {}
    for case in all_cases():
        (refused if case.is_refused else accepted).setdefault(
            case.rule, Example(case.title, case.diff(), case.expected)
        )
    return {rule: Examples(refused[rule], accepted[rule]) for rule in sorted(refused)}
