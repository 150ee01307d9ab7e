"""A scene whose versions have bytes: a folder that is DVC's remote, and main's `.dvc/config` that names it.

scene = stocked(tmp_path)           # iris 1.0.0, 1.1.0 and 2.0.0; models are JSON: {"model": "iris", "version": ...}
registry = mooring.Registry.open(scene.remote.as_uri(), cache=tmp_path / "cache")
registry.load("iris@production").model["version"]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mooring.domain import layout
from tests.support.builder import Builder
from tests.support.scene import Scene, standard


def stocked(root: Path, *, approvals: int = 0, hook: bool = False) -> Scene:
    """Build the scene in the empty folder `root`; the bytes lie in `root/storage`."""
    storage = root / "storage"

    def states(signers: bytes) -> Sequence[tuple[str, Builder]]:
        found = standard(approvals=approvals, signers=signers)
        for path, data in found[-1][1].objects.items():
            place = storage / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for _, builder in found:
            configure(builder, storage)
        return found

    return Scene.build(root, states, hook=hook)


def configure(builder: Builder, storage: Path) -> None:
    """Make `storage` the registry's DVC remote."""
    text = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {storage}\n"
    builder.write(layout.DVC_CONFIG, text)
