"""One sentence to a remote: whom it may be said to, and under which configuration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mooring.errors import UnavailableError
from mooring.stores.git.grammar import is_remote_name
from mooring.stores.git.process import TALKING_SECONDS, Completed, GitRunner, Profile
from mooring.stores.git.url import check_url, is_loopback_http

if TYPE_CHECKING:
    from mooring.stores.git.repository import Repository

__all__ = ["TALKING_SECONDS", "Progress", "Spoken", "spoken", "talk"]

Progress: TypeAlias = Callable[[int, str | float, str | float | None, str], None]
"""Called as GitPython calls it: operation code, current count, maximum (None: unknown), message."""

_OURS = (
    # Objects that Git itself would refuse to make (T30) stay outside.
    "transfer.fsckObjects=true",
    "push.followTags=false",
    "push.gpgSign=false",
    "push.recurseSubmodules=no",
    "fetch.recurseSubmodules=no",
    "fetch.writeCommitGraph=false",
)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A remote as it is put on Git's command line, and the URL that is meant."""

    argument: str
    url: str


def spoken(runner: GitRunner, remote: str) -> Spoken:
    """Check a remote's name or URL and find the URL that it stands for; UnavailableError if there is no such remote."""
    if not is_remote_name(remote) or "/" in remote:
        return Spoken(check_url(remote), remote)
    known = runner.run("remote", "get-url", "--", remote, profile=Profile.TALKING, ok=(0, 2, 128))
    if known.returncode != 0:
        raise UnavailableError(
            f"{runner.cwd} has no remote {remote!r}", f"add it: git remote add {remote} https://host/path"
        )
    # What the configuration says may be relative to the repository; a URL that runs programs it may not be.
    url = known.line
    if ":" in url.split("/", 1)[0] or url.startswith("-"):
        check_url(url)
    return Spoken(remote, url)


def talk(
    repository: Repository,
    remote: str,
    command: Sequence[str],
    operands: Sequence[str],
    *,
    stdin: bytes = b"",
    ok: Sequence[int] = (0,),
    progress: Progress | None = None,
    timeout: float | None = None,
) -> Completed:
    """Run `git COMMAND REMOTE OPERANDS` under the user's configuration; http is allowed on this machine only."""
    whom = spoken(repository.runner, remote)
    protocols = {"GIT_ALLOW_PROTOCOL": "https:ssh:file:http"} if is_loopback_http(whom.url) else {}
    settings = [word for setting in _OURS for word in ("-c", setting)]
    return repository.runner.run(
        *settings,
        *command,
        "--end-of-options",
        whom.argument,
        *operands,
        profile=Profile.TALKING,
        stdin=stdin,
        ok=ok,
        timeout=timeout,
        extra=protocols,
        on_stderr=_progress_reader(progress) if progress is not None else None,
    )


def _progress_reader(progress: Progress) -> Callable[[bytes], None]:
    from git.util import CallableRemoteProgress

    handle = CallableRemoteProgress(progress).new_message_handler()
    left = ""

    def read(data: bytes) -> None:
        nonlocal left
        # Git ends a line of progress that it will overwrite with a carriage return.
        *lines, left = (left + data.decode("utf-8", "replace")).replace("\r", "\n").split("\n")
        for line in lines:
            handle(line)

    return read
