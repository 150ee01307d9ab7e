"""The answer to "which version is this?", for scripts. Imported on the fast path: it imports next to nothing."""

from __future__ import annotations

from typing import Final, NamedTuple

SCHEMA: Final = "mooring/resolve/v1"


class Answer(NamedTuple):
    """What `mooring resolve` says; `shares` are versions with basis points where an environment was asked for."""

    reference: str
    model: str
    version: str
    manifest: str
    path: str
    commit: str | None
    environment: str | None = None
    promotion: str | None = None
    key: str | None = None
    shares: tuple[tuple[str, int], ...] = ()
    blocked: str | None = None
    warnings: tuple[str, ...] = ()


FORMS: Final = ("json", "version", "digest", "path", "commit")


def text(answer: Answer, form: str | None) -> str:
    """The answer in one of `FORMS`, or `MODEL@VERSION` where none is asked for; one line but for JSON."""
    if form == "json":
        import json

        return json.dumps(as_data(answer), indent=2) + "\n"
    line = {
        None: f"{answer.model}@{answer.version}",
        "version": answer.version,
        "digest": answer.manifest,
        "path": answer.path,
        "commit": answer.commit or "",
    }[form]
    return f"{line}\n"


def as_data(answer: Answer) -> dict[str, object]:
    """The answer as plain data of the shape `mooring/resolve/v1`; keys are only ever added to it."""
    return {
        "schema": SCHEMA,
        "reference": answer.reference,
        "ref": f"{answer.model}@{answer.version}",
        "model": answer.model,
        "version": answer.version,
        "manifest": answer.manifest,
        "path": answer.path,
        "commit": answer.commit,
        "environment": answer.environment,
        "promotion": answer.promotion,
        "key": answer.key,
        "shares": [{"version": version, "basis_points": points} for version, points in answer.shares],
        "blocked": answer.blocked,
        "warnings": list(answer.warnings),
    }
