"""The machine that every test runs on: its environment is empty and its network ends at loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.machine import hermetic_environment


def git(*arguments: str, cwd: Path) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_home_is_empty_and_lies_among_the_temporary_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = Path.home()

    assert home.is_relative_to(tmp_path_factory.getbasetemp())
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("visit", [1, 2])
def test_what_a_test_leaves_at_home_is_not_found_by_the_next(visit: int) -> None:
    footprint = Path.home() / ".footprint"

    assert not footprint.exists()
    footprint.touch()


def test_settings_of_the_caller_do_not_reach_a_test(tmp_path: Path) -> None:
    inherited = {
        "PATH": "/bin",
        "GIT_DIR": "x",
        "MOORING_CACHE": "x",
        "DVC_STUDIO_TOKEN": "x",
        "GH_TOKEN": "x",
    }

    environment = hermetic_environment(tmp_path / "machine", inherited)

    assert environment.keys().isdisjoint({"GIT_DIR", "MOORING_CACHE", "DVC_STUDIO_TOKEN", "GH_TOKEN"})


def test_no_setting_of_mooring_is_set() -> None:
    assert [name for name in os.environ if name.startswith("MOORING_")] == []


def test_commits_have_the_test_author_and_the_fixed_date(tmp_path: Path) -> None:
    git("init", "-q", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "first", cwd=tmp_path)

    assert git("log", "-1", "--format=%an <%ae> %aI %cI", cwd=tmp_path) == (
        "Test Author <test.author@example.com> 2026-01-02T03:04:05+00:00 2026-01-02T03:04:05+00:00"
    )
    assert git("branch", "--show-current", cwd=tmp_path) == "main"


def test_the_clock_shows_utc() -> None:
    assert time.localtime(0).tm_hour == 0
    assert time.tzname[0] == "UTC"


@pytest.mark.parametrize("address", [("192.0.2.1", 443), ("2001:db8::1", 443), ("10.0.0.1", 22)])
def test_a_connection_to_another_machine_is_refused(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_STREAM) as client,
        pytest.raises(AssertionError, match="nothing but this machine"),
    ):
        client.connect(address)


def test_no_name_of_another_machine_is_looked_up() -> None:
    with pytest.raises(AssertionError, match=r"registry\.example\.com"):
        socket.getaddrinfo("registry.example.com", 443)


def test_a_datagram_to_another_machine_is_refused() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        pytest.raises(AssertionError, match=r"192\.0\.2\.1"),
    ):
        client.sendto(b"x", ("192.0.2.1", 53))


def test_loopback_and_local_sockets_are_reachable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
