"""References: `model@2.3.1`, `model@v2.3.1`, `model@latest`, `model@production`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mooring.domain.names import check_environment_name, check_model_name
from mooring.errors import UsageError


class SelectorKind(StrEnum):
    """What the part after the @ selects a version by."""

    VERSION = "version"
    LATEST = "latest"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class Reference:
    """One model and the selector of one of its versions."""

    model: str
    kind: SelectorKind
    selector: str

    def __str__(self) -> str:
        return f"{self.model}@{self.selector}"


def parse_reference(text: str) -> Reference:
    """Read `MODEL@VERSION`, `MODEL@latest` or `MODEL@ENVIRONMENT`; raises UsageError with what is expected.

    Environment names have no dot and versions always have one, so the two never meet.
    """
    model, at, selector = text.partition("@")
    if not at or not selector:
        raise UsageError(
            f"{text!r} names no version",
            f"Write {model or 'MODEL'}@VERSION, {model or 'MODEL'}@latest or {model or 'MODEL'}@ENVIRONMENT.",
        )
    check_model_name(model)
    if selector == "latest":
        return Reference(model, SelectorKind.LATEST, selector)
    if "." in selector:
        from mooring.domain import versions

        bare = selector[1:] if selector[:1] == "v" else selector
        return Reference(model, SelectorKind.VERSION, versions.parse(bare).text)
    return Reference(model, SelectorKind.ENVIRONMENT, check_environment_name(selector))
