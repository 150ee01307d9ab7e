"""The command line as a whole: its commands, its options, and how a run ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from mooring.cli import main as cli
from mooring.cli.errors import BROKEN_PIPE
from mooring.cli.main import COMMANDS, group, run
from mooring.errors import (
    ExitCode,
    IntegrityError,
    MooringError,
    NotFoundError,
    PendingError,
    RefusedError,
    UnavailableError,
    UsageError,
)
from tests.support.living import Living, living

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    made = living(tmp_path_factory.mktemp("main"))
    made.publish()
    return made


def every_command() -> list[str]:
    return sorted(COMMANDS)


@pytest.mark.parametrize("name", every_command())
def test_every_listed_command_exists_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([name, "--help"]) == 0
    assert f"mooring {name}" in capsys.readouterr().out


def test_every_module_of_a_command_is_listed() -> None:
    modules = {path.stem for path in (ROOT / "src" / "mooring" / "cli").glob("*.py")}

    assert modules >= COMMANDS.keys()


def process(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mooring", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=dict(os.environ) | variables,
        timeout=60,
    )


def test_help_imports_no_command_and_nothing_slow(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom mooring.cli.main import run\nrun(['--help'])\n"
        "loaded = [name for name in sys.modules if name.startswith('mooring.cli.')]\n"
        "slow = {'pydantic', 'git', 'rich', 'semver', 'dvc', 'jsonschema'} & sys.modules.keys()\n"
        "own = [f'mooring.cli.{name}' for name in ('main', 'errors', 'options', 'session', 'output')]\n"
        "print(sorted(set(loaded) - set(own)))\n"
        "print(sorted(slow))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-2:] == ["[]", "[]"]


def test_nothing_at_all_prints_the_help_and_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == ExitCode.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "Usage: mooring" in said.err


@pytest.mark.parametrize(
    ("typed", "meant"), [("promte", "promote"), ("roll-back", "rollback"), ("histroy", "history")]
)
def test_a_misspelt_command_is_guessed(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([typed]) == ExitCode.USAGE
    assert f"Did you mean {meant}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--registry", "REMOTE", "list"],
        ["list", "--registry", "REMOTE"],
        ["--registry", "nowhere", "list", "--registry", "REMOTE"],
        ["-q", "list", "--registry=REMOTE", "--offline"],
    ],
    ids=" ".join,
)
def test_shared_options_stand_before_or_after_the_command(
    arguments: list[str], registry: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    remote = str(registry.path.parent / "remote.git")

    assert run([word.replace("REMOTE", remote) for word in arguments]) == 0


def test_the_registry_of_the_environment_counts_where_none_is_named(
    registry: Living, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOORING_REGISTRY", f"file://{registry.path.parent / 'remote.git'}")

    assert run(["resolve", "iris@production"]) == 0
    assert capsys.readouterr().out == "iris@1.0.0\n"


def ended(
    ending: Callable[[], object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    @click.command()
    def command() -> None:
        ending()

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: command)
    status = run(["status"])
    return status, capsys.readouterr().err


def raising(error: BaseException) -> Callable[[], object]:
    def end() -> object:
        raise error

    return end


@pytest.mark.parametrize(
    ("kind", "status", "label"),
    [
        (RefusedError, 1, "error"),
        (UsageError, 2, "error"),
        (NotFoundError, 3, "error"),
        (PendingError, 4, "pending"),
        (IntegrityError, 5, "error"),
        (UnavailableError, 6, "unavailable"),
    ],
)
def test_every_error_ends_with_its_code_its_message_and_its_hint(
    kind: type[MooringError],
    status: int,
    label: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ended(raising(kind("it is so\x1b[2J", "do this")), monkeypatch, capsys) == (
        status,
        f"{label}: it is so\\x1b[2J\nhint: do this\n",
    )


def test_a_bug_becomes_one_report_without_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command(context_settings={"ignore_unknown_options": True})
    @click.argument("words", nargs=-1)
    def command(words: tuple[str, ...]) -> None:
        raise KeyError(words[0])

    monkeypatch.setattr(cli.LazyGroup, "get_command", lambda *_: command)
    status = run(["status", "https://me:secret@example.com/r.git?token=hidden"])
    said = capsys.readouterr().err

    assert status == ExitCode.BUG
    assert "This is a bug in Mooring" in said
    assert "KeyError" in said
    assert "https://***@example.com" in said
    assert "secret" not in said
    assert "hidden" not in said


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), click.exceptions.Abort()])
def test_an_interrupt_is_said_and_has_its_code(
    ending: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(raising(ending), monkeypatch, capsys) == (
        ExitCode.INTERRUPTED,
        "interrupted: nothing more was done\n",
    )


@pytest.mark.slow
def test_a_reader_that_goes_away_ends_it_quietly(registry: Living) -> None:
    script = f"{sys.executable} -m mooring history iris --limit 0 --json; echo $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({script}) | true"], cwd=registry.path, capture_output=True, text=True
    )

    assert done.stderr in (f"{BROKEN_PIPE}\n", "0\n")


@pytest.mark.slow
def test_colour_is_for_terminals_and_can_be_turned_on_and_off(registry: Living) -> None:
    plain = process("list", cwd=registry.path)
    forced = process("list", cwd=registry.path, FORCE_COLOR="1", NO_COLOR="", TERM="xterm")
    refused = process("list", cwd=registry.path, FORCE_COLOR="1", NO_COLOR="1")
    error = process("show", "nobody", cwd=registry.path, FORCE_COLOR="1", NO_COLOR="")

    assert "\x1b[" not in plain.stdout
    assert "\x1b[1mMODEL" in forced.stdout
    assert "\x1b[" not in refused.stdout
    assert error.stderr.startswith("\x1b[31merror:\x1b[0m")


@pytest.mark.slow
def test_a_terminal_without_umlauts_shows_an_escape(registry: Living) -> None:
    registry.builder.edit("registry/churn/model.yaml", "Alex Turner", "J\u00f6rg M\u00fcller")
    registry.record("Another owner")
    done = process("show", "churn", "--ref", "HEAD", cwd=registry.path, PYTHONIOENCODING="ascii")

    assert (done.returncode, done.stderr) == (0, "")
    assert "J\\xf6rg M\\xfcller" in done.stdout


@pytest.mark.parametrize("columns", ["20", "30", "60", "79", "200", "0", "many"])
def test_no_width_cuts_anything_off(
    columns: str, registry: Living, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(registry.path)
    monkeypatch.setenv("FORCE_COLOR", "1")

    def letters(width: str) -> list[str]:
        monkeypatch.setenv("COLUMNS", width)
        assert run(["list", "iris"]) == 0
        return sorted("".join(capsys.readouterr().out.split()))

    assert letters(columns) == letters("300")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_asks_mooring(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert f"_MOORING_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_commands_and_options_are_completed(tmp_path: Path) -> None:
    def completed(words: str, number: int) -> list[str]:
        done = process(
            cwd=tmp_path, _MOORING_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(number)
        )
        return [line.partition(",")[2] for line in done.stdout.splitlines()]

    assert completed("mooring pro", 1) == ["promote", "proposals"]
    assert "--limit" in completed("mooring show --l", 2)


def test_the_group_is_a_click_group() -> None:
    assert group.list_commands(click.Context(group)) == list(COMMANDS)
