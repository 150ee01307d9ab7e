"""The composition root: paths, addresses and the environment become stores. Only this module reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mooring.errors import UnavailableError, UsageError

# The stores are imported where they are opened: a quick answer needs only the environment.
if TYPE_CHECKING:
    from pathlib import Path

    from mooring.stores.forge.connect import Connection
    from mooring.stores.git.repository import Repository
    from mooring.stores.hub import Hub

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:")


def is_url(where: str) -> bool:
    """Whether `where` names a repository elsewhere (https://, ssh://, file://, user@host:path) and not a folder."""
    return _URL.match(where) is not None


def cache_directory(environ: Mapping[str, str] | None = None) -> Path:
    """Where downloads are kept: `MOORING_CACHE`, else `XDG_CACHE_HOME/mooring`, else `~/.cache/mooring`."""
    from pathlib import Path

    variables = os.environ if environ is None else environ
    if chosen := variables.get("MOORING_CACHE"):
        return Path(chosen)
    base = variables.get("XDG_CACHE_HOME")
    # The XDG specification says that a relative path is to be ignored.
    if base and Path(base).is_absolute():
        return Path(base) / "mooring"
    return Path(variables.get("HOME") or Path.home()) / ".cache" / "mooring"


def open_hub(
    where: str | Path | None = None, *, environ: Mapping[str, str] | None = None, offline: bool = False
) -> Hub:
    """Open the registry at a folder or address; None means `MOORING_REGISTRY`, else the current folder.

    A folder is opened as it is, from any folder inside it; an address gets a cached bare mirror that is brought up to
    date unless `offline`. Raises NotFoundError where there is no repository, UnavailableError when an address does not
    answer and was never fetched, UsageError for an address that Git must not be given.
    """
    from pathlib import Path

    from mooring.stores.cache import Cache
    from mooring.stores.git.repository import Repository
    from mooring.stores.hub import Hub

    variables = dict(os.environ if environ is None else environ)
    place = str(where) if where is not None else variables.get("MOORING_REGISTRY") or "."
    if is_url(place):
        return _open_mirror(place, variables, offline=offline)
    if not place.strip():
        raise UsageError(
            "the name of the registry is empty", "Give a folder or an address, or leave --registry out."
        )
    repository = Repository.open(Path(place), environ=variables)
    repository.offline = offline
    remotes = repository.remotes()
    remote = "origin" if "origin" in remotes else next(iter(sorted(remotes)), None)
    cache = Cache.in_git_directory(repository.common_dir)
    artifacts = cache_directory(variables) / "artifacts"
    return Hub(repository, cache, remote, _branch(repository), artifacts=artifacts)


def _open_mirror(url: str, variables: Mapping[str, str], *, offline: bool) -> Hub:
    from mooring.stores.cache import Cache
    from mooring.stores.git.mirror import mirror_exists, open_mirror
    from mooring.stores.hub import Hub

    folder, unreachable = cache_directory(variables) / "mirrors", None
    try:
        repository = open_mirror(url, folder, environ=variables, refresh=not offline)
    except UnavailableError as error:
        if offline or not mirror_exists(url, folder):
            raise
        # An outage must not stop reads: what was fetched last answers, and says how old it is.
        repository, unreachable = open_mirror(url, folder, environ=variables, refresh=False), error
    repository.offline = offline
    cache = Cache.in_git_directory(repository.common_dir)
    artifacts = cache_directory(variables) / "artifacts"
    branch = _branch(repository)
    return Hub(
        repository, cache, "origin", branch, in_mirror=True, unreachable=unreachable, artifacts=artifacts
    )


def open_connection(hub: Hub, *, environ: Mapping[str, str] | None = None) -> Connection | None:
    """The forge in front of a registry's remote; None for a plain Git server. Raises as `connect.connect` does."""
    from mooring.stores.forge.connect import connect

    address = hub.repository.remotes().get(hub.remote) if hub.remote is not None else None
    return connect(address, os.environ if environ is None else environ) if address is not None else None


def _branch(repository: Repository) -> str:
    return repository.config("mooring.branch") or "main"


def user_path(path: str | Path) -> Path:
    """A path with a leading ~ replaced by the home folder, which no shell does after an equals sign."""
    from pathlib import Path

    return Path(path).expanduser()


def principal(environ: Mapping[str, str] | None = None) -> str | None:
    """Who a server says is pushing (`MOORING_PRINCIPAL`), or None where it says nothing."""
    return (os.environ if environ is None else environ).get("MOORING_PRINCIPAL") or None


def variables() -> dict[str, str]:
    """A copy of the environment, for those who start programs."""
    return dict(os.environ)
