"""Documents ↔ bytes: strict YAML becomes a frozen document once, and a document is always written the same way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from mooring.domain import layout
from mooring.domain.document import Document
from mooring.domain.environment import Policy, Settings, Waivers
from mooring.domain.finding import KeyPath, Problem, Unreadable
from mooring.domain.layout import FileKind
from mooring.domain.model import Model, ModelVersion, VersionStatus
from mooring.domain.pointer import Pointer
from mooring.domain.signature import VersionSignature

# YAML is read by few commands: most find what they need in the cache of parsed documents.
if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from mooring.documents.yaml import Document as Yaml

D = TypeVar("D", bound=Document)

KINDS: Mapping[FileKind, type[Document]] = {
    FileKind.SETTINGS: Settings,
    FileKind.MODEL: Model,
    FileKind.MANIFEST: ModelVersion,
    FileKind.STATUS: VersionStatus,
    FileKind.WAIVERS: Waivers,
    FileKind.POLICY: Policy,
    FileKind.POINTER: Pointer,
    FileKind.SIGNATURE: VersionSignature,
}
# Read by programs that know no YAML.
_IN_JSON: tuple[type[Document], ...] = (VersionSignature,)


def kind_of(path: str) -> type[Document] | None:
    """The kind of document that belongs at `path`, or None where none does."""
    identity = layout.identify(path)
    return None if identity is None else KINDS.get(identity.kind)


def decode(kind: type[D], data: bytes, path: str) -> D | Unreadable:
    """Read `data` as a document of `kind`; problems are an answer, not an exception."""
    from mooring.documents import jsontext
    from mooring.documents.yaml import load_with_spans
    from mooring.documents.yaml_problem import TextProblem

    try:
        if kind in _IN_JSON:
            jsontext.load(data)  # Strict JSON is strict YAML too, and the places are told by that reader.
        yaml = load_with_spans(data)
    except TextProblem as problem:
        found = Problem("unreadable-yaml", (), problem.reason, problem.hint, problem.line, problem.column)
        return Unreadable(path, (found,))
    try:
        text = json.dumps(yaml.value, ensure_ascii=False)
        # By name a field would have a second spelling (`from_`, `api_version`) that no published schema knows.
        return kind.model_validate_json(text, by_alias=True, by_name=False)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True)
        return Unreadable(path, tuple(_problem(detail, yaml, kind) for detail in details))
    except ValueError as error:
        return Unreadable(path, (Problem("invalid-document", (), str(error)),))


def build(kind: type[D], data: Mapping[str, Any], path: str) -> D | Unreadable:
    """A document from plain data that a person or a program gave, judged as if it were read from `path`.

    The document is one that `encode` can write and `decode` reads back as the same.
    """
    from mooring.documents.yaml import YamlProblem
    from mooring.documents.yaml_write import dump

    try:
        text = dump(data)
    except YamlProblem as problem:
        return Unreadable(path, (Problem("invalid-document", (), problem.reason, problem.hint),))
    return decode(kind, text, path)


def revive(kind: type[D], stored: str) -> D:
    """A document from the JSON text that `store` gave; it was checked when it was stored."""
    return kind.model_validate_json(stored)


def store(document: Document) -> str:
    """A document as JSON text for the cache of parsed documents."""
    return document.model_dump_json(by_alias=True, exclude_unset=True)


def plain(document: Document) -> dict[str, Any]:
    """A document as plain data in the order in which it is written; what is not set is left out.

    The fields of a pointer's identity are written even where they are null: their lines must stay adjacent.
    """
    data = document.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    full = document.model_dump(mode="json", by_alias=True)
    always = {"apiVersion", "kind"} | _required(type(document))
    return {key: data.get(key, value) for key, value in full.items() if key in data or key in always}


@cache
def _required(kind: type[Document]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in kind.model_fields.items() if field.is_required())


def encode(document: Document) -> bytes:
    """The canonical text of a document: fixed key order, LF, one final newline; `decode` gives the document back.

    It is YAML, or JSON where other programs than Mooring are to read it (`signature.json`).
    """
    from mooring.documents.yaml_write import dump

    if isinstance(document, _IN_JSON):
        return (json.dumps(plain(document), indent=2, ensure_ascii=False) + "\n").encode()
    return dump(plain(document))


def _problem(detail: ErrorDetails, yaml: Yaml, kind: type[Document]) -> Problem:
    keys = _existing(tuple(part for part in detail["loc"] if part not in ("function-after", "[key]")), yaml)
    message, hint = _words(detail, yaml.plain.get(keys))
    if detail["type"] == "extra_forbidden":
        hint = _close(str(detail["loc"][-1]), kind) if len(detail["loc"]) == 1 else None
    span = yaml.spans.get(keys)
    line, column = (span.line, span.column) if span is not None else (None, None)
    return Problem("invalid-document", keys, message, hint, line, column)


def _existing(keys: KeyPath, yaml: Yaml) -> KeyPath:
    """pydantic names the missing key and the member of a union too; a place must exist in the text."""
    while keys and keys not in yaml.spans:
        shorter = tuple(key for key in keys[:-1])
        keys = shorter
    return keys


def _close(key: str, kind: type[Document]) -> str | None:
    from difflib import get_close_matches

    known = [field.alias or name for name, field in kind.model_fields.items()]
    close = get_close_matches(key, known, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"The keys are: {', '.join(known)}."


def _words(detail: ErrorDetails, raw: str | None) -> tuple[str, str | None]:
    sort, last = detail["type"], detail["loc"][-1] if detail["loc"] else ""
    if sort == "missing":
        return f"the key '{last}' is missing", None
    if sort == "extra_forbidden":
        return f"the key '{last}' is unknown here", None
    if sort == "string_type" and raw is not None and raw not in ("null", "true", "false"):
        return f"{raw} is a number here and a string is meant", f'Quote it: "{raw}"'
    if sort == "value_error":
        return str(detail["ctx"]["error"]), None
    if sort == "literal_error":
        return f"{_shown(detail['input'])} stands where {detail['ctx']['expected']} is expected", None
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return f"{message}, not {_shown(detail['input'])}", None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."
