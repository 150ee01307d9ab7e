"""Rules about where the bytes lie: what the committed configuration of DVC may say."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.documents.dvcconfig import ConfigSource, read_config
from mooring.domain import layout
from mooring.domain.finding import Place
from mooring.domain.registry import Registry
from mooring.errors import RefusedError
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import FileAt


@state_rule(FileAt, waivable=False)
def unsafe_remote(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """The committed `.dvc/config` holds what a committed file must not: a secret, an operator's choice, an odd remote.

    Allowed are the default remote and, for each remote, its address and the settings that are no secret. Keys
    and passwords, certificates that go unchecked, remotes that DVC 3 does not address by content, and unknown
    settings are found.

    Why it matters: Git never forgets a secret, and every clone has it. The file also decides where every
    machine that loads a model goes for its bytes; one that is refused there stops every download.

    How to mend it: move secrets and machine settings to `.dvc/config.local`, which Git ignores. A secret that
    was pushed has been seen: replace it.
    """
    if file.path != layout.DVC_CONFIG or not file.is_regular:
        return
    try:
        text = registry.files.read(file.entry).decode("utf-8")
    except UnicodeDecodeError as error:
        words = f"byte 0x{error.object[error.start]:02x} is not UTF-8, and DVC reads none of it"
        yield Fault(Place(file.path), words, "Save the file as UTF-8.", value=file.entry.oid)
        return
    try:
        read_config([ConfigSource(text, file.path, None, committed=True)])
    except RefusedError as error:
        yield Fault(
            Place(file.path),
            error.message.removeprefix(f"{file.path}: "),
            error.hint or "Keep it in .dvc/config.local: dvc config --local",
            value=file.entry.oid,
        )
