"""Which remote holds the bytes of a registry: DVC's configuration as main (never a proposal) and the operator say."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from pathlib import Path

from mooring.documents.dvcconfig import ConfigSource, RemoteConfig, config_folders, read_config
from mooring.domain import layout
from mooring.stores.hub import Hub
from mooring.stores.remotes import Remote, open_remote


def remote_config(hub: Hub, commit: str | None = None, *, name: str | None = None) -> RemoteConfig:
    """The remote `name` (the default one, when None) as configured at `commit` of main.

    The system's and the user's configuration, and `.dvc/config.local` of the work tree, are laid over it as DVC does.
    Raises NotFoundError where none is configured, RefusedError for a configuration that is not allowed.
    """
    variables = hub.repository.environ
    home = variables.get("HOME", "/")
    system, user = config_folders(variables, home)
    top = hub.repository.work_tree
    sources = [_from_file(Path(folder) / "config") for folder in (system, user)]
    committed = read_committed(hub, commit)(layout.DVC_CONFIG)
    if committed is not None:
        text = committed.decode("utf-8", "replace")
        folder = posixpath.join(str(top), ".dvc") if top is not None else None
        sources.append(ConfigSource(text, layout.DVC_CONFIG, folder, committed=True))
    if top is not None:
        sources.append(_from_file(top / ".dvc" / "config.local"))
    return read_config([source for source in sources if source is not None], home=home).remote(name)


def artifact_remote(
    hub: Hub, commit: str | None = None, *, name: str | None = None, held_by: str | None = None
) -> Remote:
    """The remote to read from; one inside the repository is read from the tree of `held_by`, else of `commit`."""
    return open_remote(remote_config(hub, commit, name=name), read=read_committed(hub, held_by or commit))


def read_committed(hub: Hub, commit: str | None = None) -> Callable[[str], bytes | None]:
    """A function that gives the bytes of a file of `commit` (main, when None), or None where there is none."""
    files = hub.registry(commit).files

    def read(path: str) -> bytes | None:
        entry = files.entry(path)
        return files.read(entry) if entry is not None and entry.kind == "blob" else None

    return read


def _from_file(path: Path) -> ConfigSource | None:
    try:
        return ConfigSource(path.read_text("utf-8"), str(path), str(path.parent))
    except (FileNotFoundError, NotADirectoryError):
        return None
