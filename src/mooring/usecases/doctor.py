"""Look at this machine, this clone and its remote, and say what mends what is not well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from mooring.domain import layout
from mooring.errors import MooringError
from mooring.render.doctor_page import Check, Health
from mooring.stores.forge.connect import Connection
from mooring.stores.git.locks import describe_lock
from mooring.stores.git.profile import Profile
from mooring.stores.git.remote import ls_remote
from mooring.stores.git.url import redact
from mooring.stores.hub import Hub
from mooring.stores.storage import remote_config
from mooring.usecases import hooks
from mooring.usecases.doctor_forge import ask_forge

_LEAST_GIT: Final = (2, 39)
_REMOTE_SECONDS: Final = 15.0
_LOCKS: Final = ("*.lock", "refs/**/*.lock", "objects/info/**/*.lock")


def examine(
    hub: Hub, *, offline: bool = False, fix: bool = False, connection: Connection | None = None
) -> tuple[Check, ...]:
    """Every check, one after the other; none stops another. `fix` writes what is safe to write: the commit graph.

    With a `connection` the forge that it leads to is asked what it enforces, which takes some seconds.
    """
    checks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("git", lambda: _git(hub)),
        ("identity", lambda: _identity(hub)),
        ("registry", lambda: _registry(hub)),
        ("history", lambda: _history(hub)),
        ("locks", lambda: _locks(hub)),
        ("commit graph", lambda: _commit_graph(hub, fix=fix)),
        ("cache", lambda: _cache(hub)),
        ("remote", lambda: _remote(hub, offline=offline)),
        ("protection", lambda: _protection(hub) if connection is None else ask_forge(hub, connection)),
        ("storage", lambda: _storage(hub)),
        ("hooks", lambda: _hooks(hub)),
    ]
    return tuple(check for name, look in checks for check in _told(name, look))


def _told(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from look()
    except MooringError as error:
        yield Check(name, Health.FAIL, error.message, error.hint)


def _git(hub: Hub) -> Iterator[Check]:
    said = hub.repository.git("version")
    numbers = re.search(r"(\d+)\.(\d+)", said)
    found = (int(numbers[1]), int(numbers[2])) if numbers is not None else (0, 0)
    if found < _LEAST_GIT:
        yield Check("git", Health.FAIL, f"{said} is too old", "Install Git 2.39 or newer.")
    else:
        yield Check("git", Health.OK, said)


def _identity(hub: Hub) -> Iterator[Check]:
    yield Check("identity", Health.OK, str(hub.repository.identity()))


def _registry(hub: Hub) -> Iterator[Check]:
    registry = hub.registry(hub.tip())
    if registry.files.entry(layout.SETTINGS) is None:
        message = f"{hub.branch} has no {layout.SETTINGS}"
        yield Check("registry", Health.FAIL, message, "Start a registry: mooring init")
        return
    if registry.settings.branch != hub.branch:
        yield Check(
            "registry",
            Health.WARN,
            f"{layout.SETTINGS} names the branch {registry.settings.branch!r}, and this clone reads {hub.branch!r}",
            f"git config mooring.branch {registry.settings.branch}",
        )
    environments = registry.environment_names()
    counts = f"{len(registry.model_names())} models, environments: {', '.join(environments) or 'none'}"
    yield Check("registry", Health.OK if environments else Health.WARN, counts)


def _history(hub: Hub) -> Iterator[Check]:
    if hub.repository.is_shallow:
        yield Check(
            "history",
            Health.WARN,
            "this clone is shallow: history, rollback and check of promotions do not work",
            "git fetch --unshallow",
        )
    else:
        yield Check("history", Health.OK, "complete")


def _locks(hub: Hub) -> Iterator[Check]:
    # Our own reader works in this repository too, and would be taken for a holder.
    hub.repository.close()
    folders = dict.fromkeys([hub.repository.git_dir, hub.repository.common_dir])
    found = {lock for folder in folders for pattern in _LOCKS for lock in folder.glob(pattern)}
    # Files of that name are Mooring's own: they stay, and the kernel frees what a process held.
    found = {lock for lock in found if not lock.name.startswith("mooring-")}
    for lock in sorted(found):
        message, cure = describe_lock(lock, relative_to=hub.repository.path)
        yield Check("locks", Health.FAIL, message, cure)
    if not found:
        yield Check("locks", Health.OK, "none left behind")


def _commit_graph(hub: Hub, *, fix: bool) -> Iterator[Check]:
    if fix:
        hub.repository.write_commit_graph()
    if _has_changed_paths(hub.repository.common_dir / "objects" / "info"):
        yield Check("commit graph", Health.OK, "written, with changed-path filters")
    else:
        message = "no changed-path filters: the history of one model walks all of main"
        yield Check("commit graph", Health.WARN, message, "mooring doctor --fix")


def _has_changed_paths(info: Path) -> bool:
    """Whether a commit-graph file has the chunk of Bloom filters (gitformat-commit-graph(5): BIDX)."""
    files = [info / "commit-graph", *(info / "commit-graphs").glob("graph-*.graph")]
    for file in files:
        try:
            with file.open("rb") as stream:
                header = stream.read(8)
                if header[:4] == b"CGPH" and b"BIDX" in stream.read(12 * (header[6] + 1)):
                    return True
        except (OSError, IndexError):
            continue
    return False


def _cache(hub: Hub) -> Iterator[Check]:
    folder = hub.repository.common_dir / "mooring"
    if not hub.cache.works():
        message = f"{folder} cannot be written: everything works, and is worked out anew each time"
        yield Check("cache", Health.WARN, message, f"Check who may write there: ls -ld {folder}")
        return
    size = sum(file.stat().st_size for file in folder.glob("cache.sqlite3*"))
    yield Check("cache", Health.OK, f"{size / 1024:.0f} KiB in {folder}")


def _remote(hub: Hub, *, offline: bool) -> Iterator[Check]:
    if hub.remote is None:
        if hub.repository.is_bare:
            yield Check("remote", Health.OK, "this bare repository is its own")
        else:
            yield Check(
                "remote",
                Health.WARN,
                "none: nothing can be proposed or merged from here",
                "git remote add origin ADDRESS",
            )
        return
    url = redact(hub.repository.remotes().get(hub.remote, hub.remote))
    if offline:
        yield Check("remote", Health.OK, f"{url} (not asked: --offline)")
        return
    found = ls_remote(hub.repository, hub.remote, [f"refs/heads/{hub.branch}"], timeout=_REMOTE_SECONDS)
    if not found:
        yield Check(
            "remote", Health.FAIL, f"{url} has no branch {hub.branch}", f"git push {hub.remote} {hub.branch}"
        )
    elif found[f"refs/heads/{hub.branch}"] != hub.repository.commit_id(hub.main_ref):
        yield Check("remote", Health.WARN, f"{url} answers and has moved on", "mooring status --fetch")
    else:
        yield Check("remote", Health.OK, f"{url} answers; what was fetched is what it has")


def _protection(hub: Hub) -> Iterator[Check]:
    folder = _local_remote(hub)
    if folder is None:
        if hub.remote is not None:
            yield Check(
                "protection",
                Health.WARN,
                "whether the server protects main cannot be seen from here",
                "A plain Git server needs the pre-receive hook; a forge is asked by: mooring doctor --forge",
            )
        return
    hook = folder / "hooks" / "pre-receive"
    try:
        installed = hook.read_bytes()
    except OSError:
        installed = b""
    if not installed:
        yield Check(
            "protection",
            Health.FAIL,
            f"{folder} has no pre-receive hook: anybody who can push can move a pointer",
            _install(hook, "exec mooring hook pre-receive"),
        )
    elif not hook.stat().st_mode & 0o100:
        yield Check(
            "protection", Health.FAIL, f"{hook} is not executable, so Git ignores it", f"chmod +x {hook}"
        )
    elif installed != hooks.pre_receive() and b"hook pre-receive" not in installed:
        yield Check(
            "protection",
            Health.WARN,
            f"{hook} is not Mooring's",
            "See that it runs: mooring hook pre-receive",
        )
    else:
        yield Check("protection", Health.OK, f"{hook} judges every push")


def _local_remote(hub: Hub) -> Path | None:
    """The folder of a remote on this machine, or the bare repository itself."""
    if hub.remote is None:
        return hub.repository.git_dir if hub.repository.is_bare else None
    url = hub.repository.remotes().get(hub.remote, "").removeprefix("file://")
    folder = hub.repository.path / url
    if "://" in url or not folder.is_dir():
        return None
    return folder / ".git" if (folder / ".git").is_dir() else folder


def _storage(hub: Hub) -> Iterator[Check]:
    config = remote_config(hub)
    yield Check("storage", Health.OK, f"DVC remote {config.name}: {config.address}")


def _hooks(hub: Hub) -> Iterator[Check]:
    if hub.repository.is_bare:
        return
    folder = _hooks_folder(hub)
    for name in ("pre-push", "pre-commit"):
        hook = folder / name
        if hook.exists():
            yield Check("hooks", Health.OK, f"{name} is installed")
        else:
            message = f"no {name} hook: mistakes are met only by the server"
            command = (
                'exec mooring hook pre-push "$@"' if name == "pre-push" else "exec mooring check --staged"
            )
            yield Check("hooks", Health.WARN, message, _install(hook, command))


def _hooks_folder(hub: Hub) -> Path:
    """Where Git looks for this clone's hooks, but for the setting on our own command line that turns them off."""
    said = hub.repository.git(
        "config", "--show-scope", "--get-all", "core.hooksPath", profile=Profile.TALKING, ok=(0, 1)
    )
    chosen = [line.partition("\t")[2] for line in said.splitlines() if not line.startswith("command\t")]
    return hub.repository.path / chosen[-1] if chosen else hub.repository.common_dir / "hooks"


def _install(hook: Path, command: str) -> str:
    import shlex

    script = shlex.quote(f"#!/bin/sh\\n{command}\\n")
    return f"printf {script} > {shlex.quote(str(hook))} && chmod +x {shlex.quote(str(hook))}"
