"""Promise 5: resolving runs no program but git (and ssh), and opens no socket but to the configured hosts."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.badinput.world import MOORING, World
from tests.promises.killing import environ, why_not

needs_strace = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))
READS = [
    ("resolve", "iris@production"),
    ("resolve", "iris@latest"),
    ("resolve", "iris@1.1.0", "--json"),
    ("show", "iris"),
    ("fetch", "iris@staging"),
]
# The user's own configuration and a hostile repository's may both name programs; none of these is ever run.
PROGRAMS = {
    "core.fsmonitor": "touch pwned",
    "core.pager": "touch pwned",
    "core.editor": "touch pwned",
    "core.sshCommand": "touch pwned",
    "core.gitProxy": "touch pwned",
    "core.hooksPath": "hooks",
    "diff.external": "touch pwned",
    "gpg.program": "pwn",
    "log.showSignature": "true",
    "uploadpack.packObjectsHook": "touch pwned",
    "filter.x.smudge": "touch pwned",
    "alias.cat-file": "!touch pwned",
    "remote.origin.uploadpack": "touch pwned; git-upload-pack",
    "remote.origin.proxy": "http://127.0.0.1:9",
    "credential.helper": "!touch pwned",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A clone whose configuration names programs wherever Git takes one."""
    made = World.build(tmp_path_factory.mktemp("world"), hook=False)
    for key, value in PROGRAMS.items():
        made.alex.git("config", key, value)
    hooks = made.folder / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text("#!/bin/sh\ntouch pwned\n")
        (hooks / name).chmod(0o755)
    (made.folder / ".gitattributes").write_text("* filter=x diff=x\n")
    return made


def traced(world: World, words: tuple[str, ...], folder: Path) -> tuple[set[str], set[str]]:
    """The programs that a command line started, and the addresses it connected to (sockets of this machine aside)."""
    log = folder / "strace"
    under = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", "trace=execve,execveat,connect"]
    said = world.process(*words, under=under, environ=environ(world))
    assert said.code == 0, said
    lines = [line for line in log.read_text().splitlines() if line.endswith("= 0") or "EINPROGRESS" in line]
    programs = {
        Path(found[1]).name for line in lines if (found := re.search(r'execve(?:at)?\("([^"]+)"', line))
    }
    sockets = {line for line in lines if "connect(" in line and "AF_UNIX" not in line}
    return programs, sockets


@needs_strace
@pytest.mark.parametrize("words", READS, ids=lambda words: " ".join(words))
def test_a_read_runs_git_and_nothing_else_and_connects_to_nobody(
    world: World, tmp_path: Path, words: tuple[str, ...]
) -> None:
    programs, sockets = traced(world, words, tmp_path)

    assert programs - {Path(MOORING[0]).resolve().name, Path(MOORING[0]).name} == {"git"}
    assert sockets == set()
    assert not list(world.scene.root.rglob("pwned"))


@needs_strace
def test_an_address_that_runs_programs_is_not_followed(world: World, tmp_path: Path) -> None:
    log = tmp_path / "strace"
    under = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", "trace=execve,connect"]

    said = world.process("resolve", "iris@staging", "--registry", "ext::sh -c 'touch pwned'", under=under)

    assert said.code == 3, said
    assert not re.search(r'execve\("[^"]*/(?:sh|bash|touch)"', log.read_text())
    assert "AF_INET" not in log.read_text()


def speaks_http() -> bool:
    """Whether Git was built with curl."""
    done = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip(), "git-remote-http").exists()


@contextmanager
def listening() -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """A port that answers every connection with nothing, and the list of those who came."""
    came: list[tuple[str, int]] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def answer() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                came.append(address)
                connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield port, came
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.slow
@needs_strace
@pytest.mark.skipif(not speaks_http(), reason="this Git speaks no http")
def test_asking_the_remote_connects_to_its_host_and_to_no_other(world: World, tmp_path: Path) -> None:
    log = tmp_path / "strace"
    under = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", "trace=execve,connect"]
    with listening() as (port, came):
        address = f"http://127.0.0.1:{port}/x.git"
        words = ("resolve", "iris@staging", "--registry", address)
        said = world.process(*words, under=under, environ=environ(world))
    assert said.code == 6, said
    assert came

    text = log.read_text()
    reached = set(re.findall(r"connect\(\d+, \{sa_family=AF_INET6?, .*?sin6?_port=htons\((\d+)\)", text))
    started = {Path(name).name for name in re.findall(r'execve\("([^"]+)".*= 0$', text, re.MULTILINE)}
    assert reached == {str(port)}
    assert (
        started - {"git", "git-remote-http", Path(MOORING[0]).name, Path(MOORING[0]).resolve().name} == set()
    )
