"""What a rule finds, why, and how to mend it: for `mooring explain`, and as the pages under docs/rules/."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

WIDTH: Final = 100


class Words(Protocol):
    """What a rule's docstring says."""

    @property
    def title(self) -> str:
        """What is wrong, in a sentence."""

    @property
    def finds(self) -> str:
        """The same in more words, or nothing."""

    @property
    def why(self) -> str:
        """Why it matters."""

    @property
    def mend(self) -> str:
        """How to mend it."""


class Described(Protocol):
    """A rule, as far as a page is concerned."""

    @property
    def id(self) -> str:
        """The name."""

    @property
    def family(self) -> str:
        """The group of rules it belongs to."""

    @property
    def severity(self) -> str:
        """`error` or `warning`."""

    @property
    def scope(self) -> str:
        """`registry` or `change`."""

    @property
    def waivable(self) -> bool:
        """Whether a waiver can overrule it."""

    @property
    def page(self) -> Words:
        """Its docstring."""


@dataclass(frozen=True, slots=True)
class Example:
    """One case of a rule: what the change does, as a diff, and what the rules say to it."""

    title: str
    diff: str
    findings: str


@dataclass(frozen=True, slots=True)
class Examples:
    """A change that a rule refuses and one that it accepts."""

    refused: Example
    accepted: Example


_SCOPES: Final = {
    "registry": "one state of the registry, as far as a change can affect it",
    "change": "the way from the base of a change to its head",
}


_WAIVED: Final = {
    True: "A waiver in registry/waivers.yaml can overrule it until a date.",
    False: "No waiver can overrule it.",
}


def explain(rule: Described) -> str:
    """The page of a rule for a terminal."""
    page = rule.page
    parts = [
        _wrapped(f"{rule.id} ({rule.severity}, {rule.family}): judges {_SCOPES[rule.scope]}."),
        _wrapped(page.title),
        _wrapped(page.finds),
        f"Why it matters\n{_wrapped(_capital(page.why), '  ')}",
        f"How to mend it\n{_wrapped(_capital(page.mend), '  ')}",
        "" if rule.severity == "warning" else _wrapped(_WAIVED[rule.waivable]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def pages(rules: Sequence[Described], examples: Mapping[str, Examples]) -> dict[str, str]:
    """The Markdown files of docs/rules/ by name: one for each rule, and an index."""
    return {"README.md": _index(rules)} | {
        f"{rule.id}.md": _markdown(rule, examples[rule.id]) for rule in rules
    }


def _markdown(rule: Described, examples: Examples) -> str:
    page = rule.page
    parts = [
        f"# {rule.id}",
        f"**{rule.severity}** · family *{rule.family}* · judges {_SCOPES[rule.scope]}{_waiver(rule)}",
        joined(page.title),
        joined(page.finds),
        "## Why it matters",
        _capital(joined(page.why)),
        "## How to mend it",
        _capital(joined(page.mend)),
        "## Refused",
        _example(examples.refused),
        "## Accepted",
        _example(examples.accepted),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _waiver(rule: Described) -> str:
    """What a page says of waivers; a rule that only warns needs none."""
    if rule.severity == "warning":
        return ""
    return " · [can be waived](../waivers.md)" if rule.waivable else " · cannot be waived"


def _example(example: Example) -> str:
    return (
        f"{_capital(example.title)}:\n\n```diff\n{example.diff.rstrip()}\n```\n\n"
        f"```text\n{example.findings.rstrip()}\n```"
    )


def _index(rules: Sequence[Described]) -> str:
    families: dict[str, list[Described]] = {}
    for rule in rules:
        families.setdefault(rule.family, []).append(rule)
    lines = [
        "# Rules",
        "",
        "Every rule that `mooring check` asks, by family. `mooring explain RULE` prints the same in a terminal.",
        "These pages are generated from the rules and their cases; `./dev generate` writes them anew.",
    ]
    for family, members in families.items():
        lines += [
            "",
            f"## {_capital(family)}",
            "",
            "| rule | severity | judges | finds |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.scope} | {joined(rule.page.title)} |"
            for rule in members
        ]
    return "\n".join(lines) + "\n"


def joined(paragraphs: str) -> str:
    """Paragraphs whose lines the source wrapped, each on one line."""
    return "\n\n".join(" ".join(part.split()) for part in paragraphs.split("\n\n"))


def _wrapped(paragraphs: str, indent: str = "") -> str:
    return "\n\n".join(
        textwrap.fill(part, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
        for part in joined(paragraphs).split("\n\n")
    )


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
