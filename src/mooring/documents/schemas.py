"""The JSON Schemas (draft 2020-12) of the registry's documents, published from the types that read them.

Whatever a type accepts its schema accepts (promise 14). The other way round a type may refuse more: a digest that
does not fit, weights that do not sum to 100.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mooring.domain.document import Document
from mooring.domain.environment import Policy, Settings, Waivers
from mooring.domain.model import Model, ModelVersion, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.domain.signature import VersionSignature
from mooring.errors import NotFoundError

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

KINDS: Final[Mapping[str, type[Document]]] = {
    "registry": Settings,
    "model": Model,
    "manifest": ModelVersion,
    "status": VersionStatus,
    "waivers": Waivers,
    "environment": Policy,
    "pointer": Pointer,
    "signature": VersionSignature,
}
"""The kinds of documents by the name that people give them, `mooring.yaml` first."""


def published(kind: str) -> dict[str, Any]:
    """The schema of the documents called `kind`; raises NotFoundError naming the kinds there are."""
    if kind not in KINDS:
        raise NotFoundError(f"there is no kind of document {kind!r}", f"The kinds are: {', '.join(KINDS)}.")
    document = KINDS[kind]
    found = document.model_json_schema(by_alias=True, mode="validation")
    body = {key: _lean(value) for key, value in found.items() if key not in ("title", "description")}
    return {
        "$schema": DIALECT,
        # A name, not an address: nothing may be fetched to validate a document.
        "$id": f"urn:mooring:schema:v1:{kind}",
        "title": document.model_fields["kind"].default,
        "description": _plain(document.__doc__ or ""),
        **body,
        "required": ["apiVersion", "kind", *body.get("required", [])],
    }


def published_files() -> dict[str, bytes]:
    """All schemas as the files of `schemas/`: name and content."""
    return {f"{kind}.schema.json": rendered(published(kind)) for kind in KINDS}


def rendered(schema: Mapping[str, Any]) -> bytes:
    """A schema as it is written into a file."""
    return (json.dumps(schema, indent=2, ensure_ascii=False) + "\n").encode()


def _plain(docstring: str) -> str:
    # Docstrings mark code by backquotes; readers of a schema see plain text.
    return " ".join(docstring.split()).replace("`", "")


def _lean(value: Any, *, names: bool = False) -> Any:
    """The schema without the titles that pydantic makes of field names; a field may itself be called `title`."""
    if isinstance(value, list):
        return [_lean(item) for item in value]
    if not isinstance(value, dict):
        return value
    lean: dict[str, Any] = {}
    for key, item in value.items():
        if names:
            lean[key] = _lean(item)
        elif key == "description" and isinstance(item, str):
            lean[key] = _plain(item)
        elif key != "title" and not (key == "default" and item is None):
            lean[key] = _lean(item, names=key in ("properties", "$defs", "patternProperties"))
    return lean
