"""Rules about single files: whether they can be read, and whether they say what such a document may say."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mooring.documents import codec, schemas, yaml
from mooring.domain.document import Document
from mooring.domain.finding import KeyPath, Place, Problem, Unreadable
from mooring.domain.registry import Registry
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import FileAt


@state_rule(FileAt, waivable=False)
def unreadable_yaml(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A file is no strict YAML.

    Found are broken syntax, duplicate keys, anchors, aliases, tags, tabs, invisible characters, byte order
    marks, text that is not UTF-8, documents that are too large or too deep, and unquoted text that readers of
    YAML 1.1 and 1.2 take for different things (`no`, `012`, `1e3`, `12:30`).

    Why it matters: two programs that read the same file differently act differently on it. With duplicate
    keys one takes the first and one the last; a reviewer sees one version and production gets the other.

    How to mend it: correct the line that is named. Quote text that looks like a number, a date or a truth
    value; write out what an anchor stands for.
    """
    for problem in _problems(registry, file, "unreadable-yaml"):
        yield Fault(
            Place(file.path),
            problem.message,
            problem.hint or "Correct the line; 'mooring check' reads the file again.",
            # The text has no key path, so all of it is what stands at the place.
            value=file.entry.oid,
            line=problem.line,
            column=problem.column,
        )


@state_rule(FileAt, waivable=False)
def invalid_document(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A document has a wrong key, lacks one, or has a value that is not allowed there.

    Every document is checked against the type of its path: unknown keys are refused, nothing is converted,
    and digests of an artifact are computed again.

    Why it matters: a misspelt key is a setting that silently does not hold: `aproved: true` protects nothing.

    How to mend it: correct the key that is named. `mooring schema` prints the JSON Schema of every document,
    and editors complete and check them by the files in `schemas/`.
    """
    for problem in _problems(registry, file, "invalid-document"):
        yield Fault(
            Place(file.path, problem.keys),
            problem.message,
            problem.hint or f"See what the document may say: mooring schema{_kind_of(file)}",
            value=f"{_standing(registry, file, problem.keys)} {problem.message}",
        )


def _kind_of(file: FileAt) -> str:
    """The argument that `mooring schema` takes for such a document."""
    kind = codec.kind_of(file.path)
    return "".join(f" {name}" for name, known in schemas.KINDS.items() if known is kind)


def _problems(registry: Registry, file: FileAt, rule: str) -> Iterator[Problem]:
    kind: type[Document] | None = codec.kind_of(file.path)
    if kind is None or not file.is_regular:
        return
    found = registry.load(file.path, kind)
    if isinstance(found, Unreadable):
        yield from (problem for problem in found.problems if problem.rule == rule)


def _standing(registry: Registry, file: FileAt, keys: KeyPath) -> str:
    """The value at a key path of a file, in one fixed notation."""
    value = yaml.load(registry.files.read(file.entry))
    for key in keys:
        if isinstance(value, dict) and isinstance(key, str):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
    return json.dumps(value, sort_keys=True)
