"""Rules about Git attributes: what Git may do to files of the registry when it merges, stores or shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from mooring.domain import layout
from mooring.domain.finding import Place
from mooring.domain.registry import Registry
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import TOPS, FileAt

_HARMLESS = frozenset({"text", "-text", "text=auto", "eol=lf"})
_MACRO = "[attr]"
_OURS = frozenset({"text", "eol"})
_ENDINGS = (".yaml", ".dvc", ".json", ".md")


@state_rule(FileAt, waivable=False)
def unsafe_attributes(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A Git attribute on registry paths changes what Git merges, stores or shows.

    On paths under `registry/` and `environments/` only `text`, `-text`, `text=auto` and `eol=lf` are allowed.
    Lines of `.gitattributes` that cannot match such a path are free.

    Why it matters: `merge=union` merges two promotions into a pointer that nobody wrote, `filter=` stores
    other bytes than were reviewed, `-diff` and `linguist-generated` hide a promotion from its reviewers.

    How to mend it: write `*.yaml text eol=lf`, and bind other attributes to paths outside the registry.
    """
    if file.path != layout.ATTRIBUTES or not file.is_regular:
        return
    # As Git reads it: a byte order mark is skipped, and only a line feed ends a line.
    text = registry.files.read(file.entry).decode("utf-8", "replace").removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), 1):
        pattern, attributes = _attribute_line(line)
        if pattern.startswith(_MACRO):
            # It does nothing by itself, and a line that uses it names an attribute that is not allowed.
            if pattern.removeprefix(_MACRO).strip() not in _OURS:
                continue
            yield Fault(
                Place(file.path),
                f"{pattern} gives another meaning to an attribute that files of the registry may have",
                "Give the macro a name of its own.",
                value=line.strip(),
                line=number,
                column=1,
            )
            continue
        unsafe = [word for word in attributes if word not in _HARMLESS and not word.startswith("!")]
        if unsafe and _can_match_registry(pattern):
            yield Fault(
                Place(file.path),
                f"{' '.join(unsafe)} on {pattern!r}, which matches files of the registry",
                "Allowed there are 'text eol=lf' and '-text'; name the paths outside the registry instead.",
                value=line.strip(),
                line=number,
                column=1,
            )


def _attribute_line(line: str) -> tuple[str, list[str]]:
    """The pattern and the attributes of a line of `.gitattributes`; nothing for comments."""
    text = line.strip()
    if text.startswith('"') and (quoted := re.match(r'"((?:[^"\\]|\\.)*)"', text)):
        return _unquoted(quoted[1]), text[quoted.end() :].split()
    words = text.split()
    if not words or words[0].startswith("#"):
        return "", []
    return words[0], words[1:]


def _unquoted(text: str) -> str:
    return re.sub(r"\\([0-3][0-7]{2}|.)", lambda found: _meant(found[1]), text)


def _meant(escaped: str) -> str:
    return chr(int(escaped, 8)) if len(escaped) == 3 else escaped


def _can_match_registry(pattern: str) -> bool:
    """Whether a pattern can match a path of the registry; where that is hard to tell, it can."""
    if "\\" in pattern or "[" in pattern:
        return True  # Git's own escapes and classes: `\\environments`, `[[:lower:]]nvironments`
    # Where capitals do not count for Git (macOS, Windows), they do not count in patterns either.
    pattern = pattern.casefold()
    path = pattern.removeprefix("/")
    if "/" in path or path != pattern:
        first = path.partition("/")[0]
        return "**" in first or any(fnmatchcase(top, first) for top in TOPS)
    fixed = re.split(r"[*?]", path)[-1]
    if "*" not in path and "?" not in path:
        return path.endswith(_ENDINGS) or path in TOPS
    return any(ending.endswith(fixed) or fixed.endswith(ending) for ending in _ENDINGS)
