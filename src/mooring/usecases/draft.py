"""What a person or a training script says of a new version, completed with what can be known, as a manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from mooring.documents import codec
from mooring.domain.compatibility import check_schema
from mooring.domain.digests import artifact_digest
from mooring.domain.document import API_VERSION, Document
from mooring.domain.finding import Unreadable
from mooring.domain.model import ArtifactFile, DvcOutput, Model, ModelVersion
from mooring.domain.secrets import secret_in
from mooring.domain.versions import scheme_of
from mooring.errors import RefusedError

D = TypeVar("D", bound=Document)

# The fields of a manifest that Mooring works out itself: a draft cannot claim them.
WORKED_OUT = ("apiVersion", "kind", "model", "version", "artifact", "created_at", "author")


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said of a version. `fields` are manifest fields as plain data (metrics, training, interface, ...)."""

    model: str
    fields: Mapping[str, object] = field(default_factory=dict)
    allow_unsafe_format: bool = False
    description_of_model: str | None = None
    owners: Sequence[str] = ()


def timestamp(now_ms: int) -> str:
    """`now_ms` (milliseconds since 1970) as documents write it."""
    return (
        datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


def check_fields(fields: Mapping[str, object]) -> None:
    """Raise RefusedError when a draft claims what Mooring works out, or has a field that no manifest has."""
    claimed = sorted(set(fields) & set(WORKED_OUT))
    if claimed:
        raise RefusedError(
            f"{', '.join(claimed)} cannot be given: Mooring works {'it' if len(claimed) == 1 else 'them'} out",
            "Leave it out of the draft.",
        )
    known = {spec.alias or name for name, spec in ModelVersion.model_fields.items()}
    unknown = sorted(set(fields) - known)
    if unknown:
        raise RefusedError(
            f"a manifest has no field {unknown[0]!r}", "See 'mooring schema manifest' for the fields."
        )


def manifest_of(
    draft: Draft,
    version: str,
    *,
    author: str,
    now_ms: int,
    files: Sequence[ArtifactFile],
    dvc: DvcOutput,
) -> ModelVersion:
    """The manifest of a version; raises RefusedError naming every field that is wrong."""
    _check_schemas(draft.fields.get("interface"))
    _check_for_secrets(draft.fields)
    hyperparameters = draft.fields.get("hyperparameters", {})
    if not isinstance(hyperparameters, Mapping):
        raise RefusedError("hyperparameters must be a mapping of names to values")
    data: dict[str, object] = {
        "apiVersion": API_VERSION,
        "kind": "ModelVersion",
        **draft.fields,
        "model": draft.model,
        "version": version,
        "created_at": timestamp(now_ms),
        "author": author,
        "artifact": {
            "files": [one.model_dump(mode="json") for one in files],
            "digest": artifact_digest(files, hyperparameters),
            "dvc": dvc.model_dump(mode="json", exclude_none=True),
            **({"allow_unsafe_format": True} if draft.allow_unsafe_format else {}),
        },
    }
    return _checked(ModelVersion, data, f"the manifest of {draft.model}@{version}")


def _check_schemas(interface: object) -> None:
    """Raise RefusedError for a schema that nobody could validate with: a version cannot be mended later."""
    if not isinstance(interface, Mapping):
        return
    lines = [
        f"  interface.{side}.{problem}"
        for side in ("input", "output")
        if isinstance(schema := interface.get(side), Mapping)
        for problem in check_schema(schema)
    ]
    if lines:
        raise RefusedError(
            "the interface is no JSON Schema that a version may have:\n" + "\n".join(lines),
            "Correct the schema: it is 2020-12, complete in itself, and its patterns cost linear time.",
        )


def _check_for_secrets(value: object, place: str = "") -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_for_secrets(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, str):
        if kind := secret_in(value):
            raise RefusedError(
                f"{place} seems to hold {kind}, and a manifest is kept for ever",
                "Leave it out; if it is real, it has been seen: replace it.",
            )
    elif isinstance(value, Sequence):
        for number, inner in enumerate(value):
            _check_for_secrets(inner, f"{place}.{number}")


def _checked(kind: type[D], data: Mapping[str, object], what: str) -> D:
    found = codec.build(kind, data, what)
    if isinstance(found, Unreadable):
        lines = [
            f"  {'.'.join(str(key) for key in problem.keys) or 'the whole'}: {problem.message}"
            for problem in found.problems
        ]
        hints = [problem.hint for problem in found.problems if problem.hint is not None]
        raise RefusedError(
            f"{what} would be invalid:\n" + "\n".join(lines), "\n".join(hints) or "Correct the values."
        )
    return found


def model_of(draft: Draft, version: str, *, author: str) -> Model:
    """The document of a model that is registered for the first time."""
    metrics = draft.fields.get("metrics")
    names: Sequence[str] = sorted(metrics) if isinstance(metrics, Mapping) else ()
    data: dict[str, object] = {
        "apiVersion": API_VERSION,
        "kind": "Model",
        "name": draft.model,
        "owners": list(draft.owners) or [author],
        "versioning": scheme_of(version).value,
        "metrics": {name: {"direction": guessed_direction(name)} for name in names},
    }
    if draft.description_of_model:
        data["description"] = draft.description_of_model
    return _checked(Model, data, f"the model {draft.model}")


_LOWER = (
    "latency",
    "loss",
    "error",
    "rmse",
    "mae",
    "mse",
    "mape",
    "perplexity",
    "time",
    "duration",
    "size",
    "cost",
)


def guessed_direction(metric: str) -> str:
    """Which way a metric is better, by its name; `model.yaml` says it and may be corrected there."""
    words = metric.lower().replace("-", "_").replace(".", "_").split("_")
    return "lower" if any(word in _LOWER for word in words) else "higher"
