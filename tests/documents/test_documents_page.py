"""docs/documents.md says that it has every field: it has, and what it shows is strict YAML of these fields."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mooring.documents import schemas, yaml

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "documents.md").read_text(encoding="utf-8")
EXAMPLES = {
    str(example["kind"]): example
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    if isinstance(example := yaml.load(text.encode()), dict)
}


def fields(schema: object) -> Iterator[str]:
    """Every name of a field anywhere in a published schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties":
                yield from value
            yield from fields(value)


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_every_field_of_a_document_stands_on_the_page(kind: str) -> None:
    missing = {name for name in fields(schemas.published(kind)) if not re.search(rf"\b{name}:", PAGE)}

    assert missing == set()


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_the_example_of_a_document_has_its_fields_and_no_other(kind: str) -> None:
    published = schemas.published(kind)
    example = EXAMPLES[str(published["title"])]
    optional = {"override"} if kind == "pointer" else set()

    assert set(example) | optional == set(published["properties"])
