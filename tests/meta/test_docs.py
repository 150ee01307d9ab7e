"""The documentation keeps its word: what it names exists, and what exists is in it."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mooring.cli.main import COMMANDS, SECTIONS, group
from mooring.cli.session import Session
from mooring.errors import ExitCode
from mooring.rules.catalogue import RULES

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(mooring [^`]+)`")
_COMMAND = re.compile(r"(?:^|[ '(:])mooring ((?:[a-z]+(?:-[a-z]+)*)(?: [^\n'`,;|]*)?)", re.MULTILINE)


def pages() -> list[Path]:
    """Every page in Git that people read; the cases of rules are data."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if "tests/" not in name]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")

    assert re.findall(r"^### mooring (\S+)$", text, flags=re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^## (\S+)$", text, flags=re.MULTILINE) == list(SECTIONS)


def test_every_rule_has_a_page_that_the_list_links() -> None:
    folder = ROOT / "docs" / "rules"
    linked = set(_LINK.findall((folder / "README.md").read_text("utf-8")))

    assert {path.stem for path in folder.glob("*.md")} - {"README"} == {rule.id for rule in RULES}
    assert {f"{rule.id}.md" for rule in RULES} <= linked


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "exit-codes.md").read_text("utf-8")

    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, flags=re.MULTILINE)] == [*ExitCode]


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    targets = [target for target in _LINK.findall(text) if "://" not in target and target[0] != "#"]
    missing = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]

    assert missing == []


def typed(text: str) -> Iterator[str]:
    """The command lines that a page shows: with a prompt in consoles, bare in scripts."""
    for language, block in _FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if language == "console" and line.startswith("$ mooring "):
                yield line[2:]
            elif language in ("sh", "bash") and line.startswith("mooring "):
                yield line


def words_of(line: str) -> list[str]:
    """The arguments of `mooring` in a line, as a shell gives them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    words = list(lexer)[1:]
    ends = [number for number, word in enumerate(words) if set(word) <= set("|&;<>")]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_command_line_that_is_shown_parses(page: Path) -> None:
    for line in typed(page.read_text("utf-8").replace("$$ ", "$ ")):
        parse(words_of(line))


def parse(words: list[str]) -> None:
    """Let click read a command line to its end, as it would for a person; nothing is run."""
    with group.make_context("mooring", words, obj=Session({})) as top:
        name, command, rest = group.resolve_command(top, [*top._protected_args, *top.args])
        assert command is not None, words
        with command.make_context(name, rest, parent=top) as context:
            while isinstance(command, click.Group):
                name, command, rest = command.resolve_command(
                    context, [*context._protected_args, *context.args]
                )
                assert command is not None, words
                context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_command_that_a_sentence_names_exists_with_its_options(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    unknown = [span for span in _SPAN.findall(text) if not is_known(span.removeprefix("mooring "))]

    assert unknown == []


@pytest.mark.parametrize(
    "module", sorted((ROOT / "src" / "mooring").rglob("*.py")), ids=lambda path: str(path.name)
)
def test_every_command_that_a_message_names_exists_with_its_options(module: Path) -> None:
    unknown = [
        command for text in messages(module) for command in _COMMAND.findall(text) if not is_known(command)
    ]

    assert unknown == []


def messages(module: Path) -> Iterator[str]:
    """The texts in a module, what is filled in replaced by a word; no docstrings."""
    tree = ast.parse(module.read_text("utf-8"))
    parts: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts.update(node.values)
            yield "".join(
                str(value.value) if isinstance(value, ast.Constant) else "WORD" for value in node.values
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in parts:
            yield node.value


def is_known(command: str) -> bool:
    """Whether the words after `mooring` are a command and options that it has."""
    name, *words = command.replace("WORD", "word").split()
    if name not in COMMANDS and not name.startswith("-"):
        return False
    with click.Context(group, info_name="mooring", obj=Session({})) as top:
        found: list[click.Command] = [group]
        if name in COMMANDS:
            found.append(group.get_command(top, name) or group)
        if words and isinstance(found[-1], click.Group) and found[-1] is not group:
            found.append(found[-1].get_command(top, words[0]) or group)
        known = {
            option
            for one in found
            for parameter in one.get_params(top)
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
    given = {word.partition("=")[0].rstrip('.)"') for word in [name, *words] if word.startswith("--")}
    return given <= known
