"""A reason is one visible line without a secret: it stays in the history for ever."""

from __future__ import annotations

import pytest

from mooring.domain.reasons import check_reason
from mooring.domain.secrets import secret_in
from mooring.errors import UsageError
from tests.badinput.world import World

COMMANDS = {
    "promote": ("promote", "iris@1.1.0", "--to", "production"),
    "withdraw": ("withdraw", "iris", "--from", "staging"),
    "rollback": ("rollback", "iris", "--in", "staging"),
}
REFUSED = {
    "blank": ("   ", "the reason is blank"),
    "100 kB": ("x" * 100_000, "the reason has 100,000 characters, and 500 are allowed"),
    "another line": ("Worse\nRollback-Of: 01JB0000000000000000000001", "the reason has more than one line"),
    "carriage return": ("Worse\rBetter", "the reason has more than one line"),
    "escape sequence": ("\x1b[31mred\x1b]0;title\x07", "U+001B"),
    "bidirectional override": ("better \u202eesrow", "U+202E"),
    "zero width": ("bet\u200bter", "U+200B"),
    "line separator": ("one\u2028two", "U+2028"),
    "bytes that are no text": ("a\udcffb", "U+DCFF"),
    "password": ("see https://bob:hunter2@example.com/x", "a URL with a password"),
    "token": ("ghp_" + "a1" * 18, "a GitHub token"),
    "cloud key": ("AKIA" + "IOSFODNN7EXAMPLE", "an AWS access key"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("fault", REFUSED)
def test_a_reason_that_cannot_be_kept_is_refused(shared: World, command: str, fault: str) -> None:
    reason, told = REFUSED[fault]
    before = shared.snapshot()

    said = shared.mooring(*COMMANDS[command], "--reason", reason)

    assert (said.code, told in said.message, bool(said.hint)) == (2, True, True), said
    assert shared.snapshot() == before
    assert not any(secret in said.err for secret in ("hunter2", "a1a1a1", "OSFODNN"))


@pytest.mark.parametrize("fault", REFUSED)
def test_so_is_what_an_override_says(shared: World, fault: str) -> None:
    text, told = REFUSED[fault]

    said = shared.mooring(*COMMANDS["promote"], "--reason", "x", "--override", text)

    assert (said.code, told.replace("reason", "override") in said.message) == (2, True), said


@pytest.mark.parametrize(
    "reason",
    [
        "--force",
        "-x",
        "Rollback-Of: 01JB0000000000000000000001",
        "[red]not a colour[/red] %s {0} $(id) `id` \\n",
        "Größer, 更好, أفضل; ' \" # & < >",
        "=cmd|' /C calc'!A0",
        "x" * 500,
    ],
)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_strange_reason_is_only_text(shared: World, command: str, reason: str) -> None:
    before = shared.snapshot()

    said = shared.mooring(*COMMANDS[command], f"--reason={reason}", "--dry-run")

    assert said.code == 0, said
    assert shared.snapshot() == before


def test_a_reason_like_a_trailer_is_no_trailer(world: World) -> None:
    said = world.mooring(*COMMANDS["promote"], "--reason", "Rollback-Of: 01JB0000000000000000000001")
    assert said.code == 0, said

    trailers = world.alex.git(
        "log", "-1", "--format=%(trailers:key=Rollback-Of)", "origin/promote/production/iris/1.1.0"
    )

    assert trailers.stdout.strip() == ""


def test_blanks_around_a_reason_are_no_part_of_it() -> None:
    assert check_reason("  CHG-1234 ") == "CHG-1234"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("glpat-" + "x" * 20, "a GitLab token"),
        ("hf_" + "x" * 34, "a Hugging Face token"),
        ("xoxb-" + "1" * 12, "a Slack token"),
        ("AIza" + "x" * 35, "a Google API key"),
        ("eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + ".c", "a JSON web token"),
        ("https://host/x?token=abcdefgh", "a token in a URL"),
        ("postgres://me:pass@db/x", "a URL with a password"),
    ],
)
def test_a_secret_is_told_by_its_shape(text: str, kind: str) -> None:
    assert secret_in(f"It is {text} here") == kind


@pytest.mark.parametrize(
    "text",
    [
        "AUC +0.8 points; CHG-1234",
        "https://example.com/runs/17?step=3",
        "ssh://git@example.com/x",
        "token count 512 -> 1024",
        "ghp_short",
        "mail ops@example.com: it is worse",
    ],
)
def test_prose_is_no_secret(text: str) -> None:
    assert secret_in(text) is None


def test_secrets_are_looked_for_in_linear_time() -> None:
    for hostile in ("a" * 200_000, "eyJ" * 70_000, "a://" * 50_000, "-----BEGIN " * 20_000, "xoxb-" * 40_000):
        secret_in(hostile)

    with pytest.raises(UsageError):
        check_reason("a" * 10_000_000)
