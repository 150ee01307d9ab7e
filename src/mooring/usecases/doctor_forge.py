"""What the forge in front of the remote enforces, as the doctor asks it: one check for each thing that is missing."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain import layout
from mooring.errors import MooringError
from mooring.render.doctor_page import Check, Health
from mooring.stores.forge.connect import Connection
from mooring.stores.hub import Hub
from mooring.usecases import protection


def ask_forge(hub: Hub, connection: Connection) -> Iterator[Check]:
    """Whether the forge protects main as the promises need it, and asks the people whom the policies name."""
    yield from _protection(hub, connection)
    yield from _owners(hub, connection)


def _protection(hub: Hub, connection: Connection) -> Iterator[Check]:
    forge, host = connection.forge, connection.address.host
    if forge is None:
        yield Check(
            "protection",
            Health.WARN,
            f"there is no token for {host}, so what it enforces on {hub.branch} cannot be asked",
            "Set MOORING_TOKEN to a token that may read the repository's settings; then: mooring doctor --forge",
        )
        return
    try:
        missing = protection.gaps(forge.protection(hub.branch))
    except MooringError as error:
        yield Check("protection", Health.FAIL, error.message, error.hint)
        return
    for gap in missing:
        yield Check(
            "protection",
            # What the forge does not tell may well be enforced.
            Health.WARN if gap.found == "unknown" else Health.FAIL,
            f"{gap.name} is {gap.found} and should be {gap.wanted}; else {gap.why}",
            "mooring forge protect --apply",
        )
    if not missing:
        yield Check("protection", Health.OK, f"{forge.name} protects {hub.branch} as it should be")


def _owners(hub: Hub, connection: Connection) -> Iterator[Check]:
    registry = hub.registry(hub.tip())
    kind = connection.address.kind
    file = protection.OWNERS[kind]
    try:
        ours = protection.owners(registry, kind)
    except MooringError as error:
        yield Check("code owners", Health.FAIL, error.message, error.hint)
        return
    if ours == f"{protection.BEGIN}\n{protection.END}\n":
        yield Check(
            "code owners",
            Health.WARN,
            "no policy names who approves, so anybody who may review can approve a promotion",
            f"Name them in {layout.policy_path('ENV')}: approvals: {{principals: [alex@example.com]}}",
        )
        return
    entry = registry.files.entry(file)
    there = registry.files.read(entry).decode("utf-8", "replace") if entry is not None else ""
    if protection.with_owners(there, ours) == there:
        yield Check("code owners", Health.OK, f"{file} says what the policies say")
    else:
        message = f"{file} of {hub.branch} does not say what the policies say"
        yield Check("code owners", Health.FAIL, message, "mooring forge codeowners --write")
