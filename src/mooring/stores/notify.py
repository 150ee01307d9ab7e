"""Tell people elsewhere (chat, mail, pagers) what happened, by Apprise; its addresses come from the environment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from mooring.errors import MooringError, NotFoundError, UnavailableError
from mooring.stores.deadline import Deadline, call_within

_SECONDS: Final = 10.0
_LONGEST: Final = 2_000


class NoticeKind(StrEnum):
    """What there is to tell."""

    OPENED = "opened"
    MERGED = "merged"
    ROLLED_BACK = "rolled-back"
    GATE_FAILED = "gate-failed"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that happened: a line, what else there is to know, and where to look."""

    kind: NoticeKind
    title: str
    body: str = ""
    url: str | None = None


def notify(addresses: Sequence[str], notice: Notice) -> tuple[MooringError, ...]:
    """Tell everybody at `addresses` (Apprise URLs); what could not be told, one error an address that never shows it.

    It ends within ten seconds. Raises NotFoundError where Apprise is not installed.
    """
    try:
        import apprise
    except ImportError:
        raise NotFoundError(
            "MOORING_NOTIFY is set, and nothing here can send notices", "Install it: pip install apprise"
        ) from None
    deadline = Deadline(_SECONDS)
    kinds = {NoticeKind.ROLLED_BACK: "warning", NoticeKind.GATE_FAILED: "failure", NoticeKind.HELD: "warning"}
    body = "\n".join(part for part in (notice.body, notice.url) if part)[:_LONGEST] or notice.title
    errors: list[MooringError] = []
    for address in addresses:
        service = apprise.Apprise()
        name = _shown(address)
        if not service.add(address):
            errors.append(
                NotFoundError(f"{name} is no address that Apprise knows", "See its list of services.")
            )
            continue

        def send(service: apprise.Apprise = service) -> bool:
            told = service.notify(
                body=body,
                title=notice.title[:200],
                notify_type=kinds.get(notice.kind, "info"),
                body_format="text",
            )
            return bool(told)

        try:
            told = call_within(deadline, name, send)
        except UnavailableError as error:
            errors.append(error)
            continue
        if not told:
            errors.append(
                UnavailableError(f"{name} did not take the notice", "Look at its address and token.")
            )
    return tuple(errors)


def _shown(address: str) -> str:
    """An address as it may be shown: all but its scheme can be a secret."""
    scheme = urlsplit(address).scheme
    return f"{scheme}://***" if scheme else "an address without a scheme"
