"""What a version needs to be live beside it: another model, in a range of versions."""

from __future__ import annotations

import re
from typing import Self

from pydantic import model_validator

from mooring.domain import names, versions
from mooring.domain.document import Part
from mooring.domain.text import ModelName, VersionText
from mooring.errors import UsageError

_WORDS = re.compile(r"(?P<model>[^<>=,]+)(?:>=(?P<least>[^<>=,]+))?(?:,?<(?P<below>[^<>=,]+))?")


class RequiredModel(Part):
    """Another model that must be live in the same environment: `at_least` this version, `below` that one."""

    model: ModelName
    at_least: VersionText | None = None
    below: VersionText | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.at_least is None or self.below is None:
            return self
        least, below = versions.parse(self.at_least), versions.parse(self.below)
        if least.scheme is not below.scheme:
            raise ValueError("at_least and below are versions of different schemes")
        if not least < below:
            raise ValueError("no version lies in this range: at_least must be lower than below")
        return self

    def __str__(self) -> str:
        """As a person writes it: `encoder>=1.2.0,<2.0.0`."""
        least = f">={self.at_least}" if self.at_least is not None else ""
        below = f"<{self.below}" if self.below is not None else ""
        return f"{self.model}{least}{',' if least and below else ''}{below}"

    def is_too_low(self, version: str) -> bool:
        """Whether `version` comes before the range; False for one of another scheme, which does not fit either."""
        bound, found = self._bound(self.at_least), versions.try_parse(version)
        return bound is not None and found is not None and found.scheme is bound.scheme and found < bound

    def fits(self, version: str) -> bool:
        """Whether `version` lies in the range; a pre-release of `below` does not: it breaks what `below` breaks."""
        found = versions.try_parse(version)
        least, below = self._bound(self.at_least), self._bound(self.below)
        bounds = [bound for bound in (least, below) if bound is not None]
        if found is None or any(bound.scheme is not found.scheme for bound in bounds):
            return False
        if below is not None and not below.is_prerelease and found.numbers >= below.numbers:
            return False
        return (least is None or found >= least) and (below is None or found < below)

    @staticmethod
    def _bound(text: str | None) -> versions.Version | None:
        return versions.try_parse(text) if text is not None else None


def parse_required(text: str) -> RequiredModel:
    """Read `MODEL`, `MODEL>=1.2.0` or `MODEL>=1.2.0,<2.0.0`; raises UsageError with what is expected."""
    found = _WORDS.fullmatch(text.replace(" ", ""))
    if found is None:
        raise UsageError(f"{text!r} requires nothing", "Write MODEL, MODEL>=1.2.0 or MODEL>=1.2.0,<2.0.0.")
    names.check_model_name(found["model"])
    least, below = (versions.parse(word).text if word else None for word in (found["least"], found["below"]))
    try:
        return RequiredModel(model=found["model"], at_least=least, below=below)
    except ValueError:
        raise UsageError(
            f"no version lies in the range {text!r}",
            "The first version must be lower, and of the same scheme.",
        ) from None
