"""What a registration may bring: files of its model and, where the remote lies in the repository, the bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from mooring.documents.dvcconfig import ConfigSource, read_config
from mooring.domain import layout
from mooring.domain.change import FileChange
from mooring.domain.registry import Registry
from mooring.errors import MooringError
from mooring.stores.hub import Hub

_OBJECT: Final = re.compile(r"files/md5/([0-9a-f]{2})/([0-9a-f]{30})(\.dir)?")


def strange_file(hub: Hub, base: str, model: str, files: Sequence[FileChange]) -> str | None:
    """The first path that a registration of `model` may not change, None where it changes nothing but what is its own.

    Objects of a remote inside the repository, as `base` configures it, are its own: added, never changed, and each
    under the MD5 of its very bytes, so that none takes a place that another version will need.
    """
    own = f"{layout.model_folder(model)}/"
    others = [file for file in files if not file.path.startswith(own)]
    if not others:
        return None
    folder = inner_folder(hub.registry(base))
    return next((file.path for file in others if folder is None or not _is_object(hub, folder, file)), None)


def inner_folder(registry: Registry) -> str | None:
    """The folder of the repository that is the registry's remote, by the committed configuration alone."""
    entry = registry.files.entry(layout.DVC_CONFIG)
    if entry is None or entry.kind != "blob":
        return None
    text = registry.files.read(entry).decode("utf-8", "replace")
    try:
        source = ConfigSource(text, layout.DVC_CONFIG, None, committed=True)
        return read_config([source], home="/").remote(None).inner
    except MooringError:
        return None


def _is_object(hub: Hub, folder: str, file: FileChange) -> bool:
    after = file.after
    if file.before is not None or after is None or after.mode != "100644":
        return False
    if not file.path.startswith(f"{folder}/"):
        return False
    found = _OBJECT.fullmatch(file.path.removeprefix(f"{folder}/"))
    if found is None:
        return False
    hub.repository.prefetch([after.oid])
    # An address and no proof: what is loaded is held against the manifest's SHA-256.
    actual = hashlib.md5(hub.repository.read(after.oid), usedforsecurity=False).hexdigest()
    return actual == found[1] + found[2]
