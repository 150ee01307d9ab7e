"""Promise 16: every text field holding any payload: nothing acts on a terminal, JSON stays JSON, no secret is shown."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.digests import artifact_digest
from mooring.domain.model import Model, ModelVersion
from mooring.domain.pointer import Pointer
from tests.badinput.world import MOORING, World
from tests.support.slowly import first

# What documents accept must be shown as it is; what they refuse may still be named in a message.
ACCEPTED = {
    "rich markup": "[red]red[/red] [bold] [/] [link=https://evil.example]click[/link] :boom:",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "markdown": "](javascript:alert(1)) ![x](https://evil.example/x.png) `x` | a | b |",
    "workflow command": "::error file=x::injected %0A::set-output name=x::y",
    "format": "%s %n {0} {x!r} $HOME $(id) `id` \\x1b[31m \\u202e",
    "spreadsheet": "=cmd|' /C calc'!A0",
    "yaml": "a: b # c, {d: e}, 'f\", &g *h !i",
    "emoji": "\U0001f600 e\u0301 \u5b57",
}
REFUSED = {
    "colour": "\x1b[31mred\x1b[0m",
    "window title": "\x1b]0;owned\x07",
    "one-byte escape": "\x9b31mred",
    "cursor": "safe\x1b[2K\x1b[1Aevil",
    "backspaces": "evil\x08\x08\x08\x08safe",
    "carriage return": "evil\rsafe",
    "bidirectional": "\u202egnp.exe\u202c",
    "isolate": "\u2066evil\u2069",
    "zero width": "pro\u200bduction",
    "line separator": "one\u2028two",
    "tag": "a\U000e0041b",
    "private use": "a\ue000b",
}
ACTS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
COMMANDS = [
    ("list",),
    ("list", "iris"),
    ("show", "iris"),
    ("show", "iris@2.0.0"),
    ("resolve", "iris@staging"),
    ("status",),
    ("history", "iris"),
    ("diff", "iris@1.1.0", "iris@2.0.0"),
    ("proposals",),
    ("check", "--ref", "origin/main"),
]
POINTER = layout.pointer_path("staging", "iris")
MANIFEST = layout.manifest_path("iris", "2.0.0")
MODEL = layout.model_path("iris")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world without a hook that nobody changes."""
    return World.build(tmp_path_factory.mktemp("plain"), hook=False)


@pytest.fixture(scope="module")
def painted(plain: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world whose documents get one payload after the other, each time into the sound ones of `plain`."""
    return plain.copy(tmp_path_factory.mktemp("painted") / "world")


@pytest.fixture
def world(plain: World, tmp_path: Path) -> World:
    """A world of one's own."""
    return plain.copy(tmp_path / "world")


def held(world: World, path: str) -> bytes:
    """What main holds at a path."""
    return world.alex.git("show", f"origin/main:{path}").stdout.encode()


def filled(world: World, payload: str) -> dict[str, bytes]:
    """Documents that hold the payload in every text field that takes it."""
    pointer = codec.decode(Pointer, held(world, POINTER), POINTER)
    manifest = codec.decode(ModelVersion, held(world, MANIFEST), MANIFEST)
    model = codec.decode(Model, held(world, MODEL), MODEL)
    assert isinstance(pointer, Pointer)
    assert isinstance(manifest, ModelVersion)
    assert isinstance(model, Model)
    tuned = {"text": payload, "nested": {"list": [payload]}}
    digest = artifact_digest(manifest.artifact.files, tuned)
    texts = {
        "artifact": manifest.artifact.model_copy(update={"digest": digest}),
        "author": payload,
        "description": payload,
        "changelog": payload,
        "algorithm": payload,
        "limitations": (payload, payload),
        "labels": {"label": payload},
        "hyperparameters": tuned,
    }
    return {
        POINTER: codec.encode(pointer.model_copy(update={"reason": payload, "requested_by": payload})),
        MANIFEST: codec.encode(manifest.model_copy(update=texts)),
        MODEL: codec.encode(
            model.model_copy(update={"owners": (payload,), "task": payload, "description": payload})
        ),
    }


@pytest.mark.parametrize("kind", first(4, ACCEPTED))
def test_text_that_is_accepted_is_shown_as_it_is(plain: World, painted: World, kind: str) -> None:
    world, payload = painted, ACCEPTED[kind]
    world.commit(filled(plain, payload), message=f"{payload}\n\n{payload}\n")

    answers = {words: world.mooring(*words) for words in COMMANDS}
    terminal = {
        words: world.mooring(*words, environ={"FORCE_COLOR": "1", "NO_COLOR": None})
        for words in COMMANDS[1:4]
    }
    data = {words: world.mooring(*words, "--json") for words in COMMANDS[2:]}

    for words, said in [*answers.items(), *data.items()]:
        assert said.code in (0, 1, 3, 5), said
        assert not ACTS.search(said.out + said.err), (words, said)
    assert payload in answers[("show", "iris@2.0.0")].out
    assert payload in answers[("show", "iris")].out
    for words, said in terminal.items():
        # Mooring's own colours are the only sequences: none comes from the text.
        assert not ACTS.search(re.sub(r"\x1b\[[0-9;]*m", "", said.out + said.err)), (words, said)
        assert "\x1b]" not in said.out + said.err
    assert not any("\x1b[31mred" in said.out for said in terminal.values())
    for words, said in data.items():
        if said.out:
            assert isinstance(json.loads(said.out), dict), (words, said)
    shown = json.loads(data[("show", "iris@2.0.0")].out)
    assert any(payload in text for text in strings(shown))


def strings(value: object) -> Iterator[str]:
    """Every text inside plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("kind", first(4, REFUSED))
def test_text_that_acts_is_refused_and_its_refusal_does_not_act(
    plain: World, painted: World, kind: str
) -> None:
    world, payload = painted, REFUSED[kind]
    quoted = json.dumps(payload)
    raw = held(plain, POINTER).decode().replace("Better on the holdout set", payload)
    escaped = held(plain, MANIFEST).decode().replace("New features", quoted)
    model = held(plain, MODEL).decode() + f"{quoted}: {quoted}\n"
    world.commit(
        {POINTER: raw, MANIFEST: escaped, MODEL: model}, message=f"Subject {payload}\n\nBody {payload}\n"
    )

    for words in [*COMMANDS, ("check", "--ref", "origin/main", "--json"), ("status", "--json")]:
        said = world.mooring(*words)

        assert said.code != 70, said
        assert not ACTS.search(said.out + said.err), (words, said)
        if "--json" in words:
            json.loads(said.out)
    for words in (
        ("show", payload),
        ("resolve", f"iris@{payload}"),
        ("merge", payload),
        ("list", "--ref", payload),
    ):
        said = world.mooring(*words)

        assert said.code in (2, 3), said
        assert not ACTS.search(said.out + said.err), said


def test_the_name_of_a_committer_does_not_act_either(world: World) -> None:
    evil = {"GIT_AUTHOR_NAME": "Al\x1b[31mex", "GIT_COMMITTER_NAME": "Al\u202eex"}
    with world.scene.hub().repository as repository:
        tip = repository.commit_id("refs/heads/main")
    made = world.alex.git(
        "commit-tree", "-p", str(tip), "-m", "x\x1b[31mx", f"{tip}^{{tree}}", **evil
    ).stdout.strip()
    world.alex.git(
        "push", "--quiet", "--force", "origin", f"{made}:refs/heads/promote/staging/iris/1.1.0", check=False
    )
    world.alex.git("update-ref", "refs/remotes/origin/main", made)

    for words in (
        ("history", "iris"),
        ("events", f"{tip}..{made}"),
        ("proposals",),
        ("status",),
        ("show", "iris"),
    ):
        said = world.mooring(*words)

        assert said.code != 70, said
        assert not ACTS.search(said.out + said.err), (words, said)


def test_a_real_terminal_gets_no_sequence_of_a_document(world: World) -> None:
    payload = ACCEPTED["rich markup"] + " \\x1b]0;owned\\x07"
    world.commit(filled(world, payload))
    leader, follower = pty.openpty()
    environ = world.environ({"TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": "400"})

    done = subprocess.run(
        [*MOORING, "show", "iris@2.0.0"],
        cwd=world.folder,
        env=environ,
        stdout=follower,
        stderr=follower,
        timeout=60,
    )
    os.close(follower)
    shown = b""
    while chunk := read(leader):
        shown += chunk
    os.close(leader)

    assert done.returncode == 0
    assert payload in shown.decode()
    assert set(re.findall(rb"\x1b[^m]*m?", shown)) <= {
        b"\x1b[0m",
        b"\x1b[1m",
        b"\x1b[2m",
        b"\x1b[31m",
        b"\x1b[33m",
    }


def read(terminal: int) -> bytes:
    """What a terminal was sent; Linux says EIO when the other end is closed."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


@pytest.mark.parametrize(
    "address",
    first(
        2,
        [
            "https://bob:hunter2@127.0.0.1:1/x.git",
            "https://hunter2@127.0.0.1:1/x.git",
            "https://bob:hunter2@sneaky@127.0.0.1:1/x.git",
            "ssh://bob:hunter2@127.0.0.1:1/x.git",
            "https://127.0.0.1:1/x.git?access_token=hunter2",
            "https://bob:hunter2@host with blanks/x.git",
            "ftp://bob:hunter2@127.0.0.1/x.git",
        ],
    ),
)
def test_credentials_in_an_address_are_never_shown(world: World, address: str) -> None:
    world.alex.git("remote", "set-url", "origin", address)
    world.commit({".dvc/config": config(address)})
    cache = {"MOORING_CACHE": str(world.scene.root / "empty")}
    words = [
        ("promote", "iris@1.1.0", "--to", "production", "--reason", "x"),
        ("rollback", "iris", "--in", "staging", "--reason", "x"),
        ("list", "--registry", address),
        ("list", "--fetch"),
        ("status", "--fetch"),
        ("doctor",),
        ("doctor", "--json"),
        ("fetch", "iris@2.0.0"),
        ("resolve", "iris@staging", "--registry", address),
        ("proposals",),
    ]

    for command in words:
        said = world.mooring(*command, environ=cache)
        assert said.code != 70, said
        assert "hunter2" not in said.out + said.err, (command, said)


def test_credentials_in_a_bug_report_are_hidden(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("while talking to https://bob:hunter2@example.com/x.git")

    monkeypatch.setattr("mooring.wiring.open_hub", broken)

    said = world.mooring("list", "--registry", "https://bob:hunter2@example.com/x.git")

    assert (said.code, "ZeroDivisionError" in said.err, "hunter2" in said.err) == (70, True, False)


def config(address: str) -> str:
    """DVC's configuration with one remote."""
    return f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {address}\n"
