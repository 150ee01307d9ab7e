"""The machine that every test runs on: an empty home, no foreign settings, fixed dates in Git, no network."""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FIXED_DATE = "2026-01-02T03:04:05+00:00"

# What a developer's shell, a hook or a CI runner may have set and what would change an answer.
FOREIGN_PREFIXES = (
    "AWS_",
    "AZURE_",
    "CLICOLOR",
    "DVC_",
    "EMAIL",
    "FORCE_COLOR",
    "GH_",
    "GIT_",
    "GITHUB_",
    "GITLAB_",
    "GOOGLE_",
    "LC_",
    "MOORING_",
    "SSH_",
    "XDG_",
    "_MOORING_",
)

GITCONFIG = """\
[user]
\tname = Test Author
\temail = test.author@example.com
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
"""


def hermetic_environment(directory: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """Make an empty home under `directory` and return the environment of a process that lives there."""
    home = directory / "home"
    home.mkdir(parents=True)
    gitconfig = directory / "gitconfig"
    gitconfig.write_text(GITCONFIG, encoding="utf-8")
    kept = {name: value for name, value in inherited.items() if not name.startswith(FOREIGN_PREFIXES)}
    return kept | {
        # The commands that belong to the interpreter under test: mooring, dvc, pre-commit.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(directory / "cache"),
        "XDG_CONFIG_HOME": str(directory / "config"),
        "XDG_DATA_HOME": str(directory / "data"),
        "XDG_STATE_HOME": str(directory / "state"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(gitconfig),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_DATE": FIXED_DATE,
        "GIT_COMMITTER_DATE": FIXED_DATE,
        "DVC_NO_ANALYTICS": "1",
        "DVC_GLOBAL_CONFIG_DIR": str(directory / "dvc-global"),
        "DVC_SITE_CACHE_DIR": str(directory / "dvc-site-cache"),
        "DVC_SYSTEM_CONFIG_DIR": str(directory / "dvc-system"),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "PAGER": "cat",
        "TERM": "dumb",
        "TZ": "UTC",
    }


class NetworkUsedError(AssertionError):
    """A test tried to reach a host that is not this one."""


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook that refuses every address but a local one."""
    # An audit hook, not a patched socket class: it also sees sockets made by extension modules' Python calls.
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        # A path is AF_UNIX; None is a socket that is connected already and was judged then.
        if not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    if not _is_local(host):
        raise NetworkUsedError(f"{event} to {host!r}: tests reach nothing but this machine")
