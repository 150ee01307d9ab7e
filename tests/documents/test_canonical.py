"""The canonical text of every kind of document: what Mooring writes, and what it makes of what people write."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from mooring.documents import codec
from mooring.documents.canonical import canonical, key_order, layout_of
from mooring.documents.yaml import load
from mooring.documents.yaml_write import dump
from mooring.domain import layout
from mooring.domain.document import Document
from mooring.domain.environment import Policy
from mooring.domain.finding import Unreadable
from mooring.domain.model import ModelVersion
from mooring.domain.signature import VersionSignature
from tests.support.builder import Builder
from tests.support.samples import SAMPLES, with_right_digest

ROOT = Path(__file__).resolve().parents[2]
PATHS = [
    "mooring.yaml",
    "registry/waivers.yaml",
    "registry/iris/model.yaml",
    "registry/iris/status/1.0.0.yaml",
]
PATHS += [
    "registry/iris/versions/1.0.0/manifest.yaml",
    "environments/staging.yaml",
    "environments/staging/iris.yaml",
]
KINDS = {kind.model_fields["kind"].default: kind for path in PATHS if (kind := layout_of(path)) is not None}


def test_every_kind_but_what_is_json_has_a_layout() -> None:
    assert set(KINDS.values()) == set(codec.KINDS.values()) - {VersionSignature}
    assert layout_of("registry/iris/versions/1.0.0/signature.json") is None


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same with the keys of every mapping in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def said(name: str) -> dict[str, Any]:
    """A document of a kind that says everything that it may say."""
    (sample,) = (sample for sample in SAMPLES.values() if sample["kind"] == name)
    return with_right_digest(dict(sample))


@pytest.mark.parametrize("name", KINDS)
def test_what_is_encoded_is_canonical(name: str) -> None:
    document = codec.build(KINDS[name], said(name), "x")
    assert isinstance(document, Document), document

    data = codec.encode(document)

    assert canonical(KINDS[name], data) == data


@pytest.mark.parametrize("name", KINDS)
def test_keys_come_in_the_order_of_the_fields_whatever_order_they_were_written_in(name: str) -> None:
    kind, sample = KINDS[name], said(name)
    whole = codec.decode(kind, dump(sample), "x")
    assert not isinstance(whole, Unreadable), whole

    for seed in range(5):
        mixed = dump(shuffled(sample, random.Random(seed)))
        text = canonical(kind, mixed)

        assert load(text) == sample
        assert codec.decode(kind, text, "x") == whole
        assert list(load(text)) == [key for key in key_order(kind).keys if key in sample]  # type: ignore[arg-type]


def test_the_order_reaches_into_lists_and_maps_and_leaves_free_keys_as_they_are() -> None:
    text = canonical(
        Policy,
        b"gates: [{min: 0.9, metric: accuracy}, {soak: {for: 1d, in: staging}}]\n"
        b"rollout: {steps: [{hold: 1h, weight: 5}], strategy: canary}\nname: x\nodd: 1\nkind: Environment\n",
    )

    assert text.decode() == (
        "kind: Environment\n"
        "name: x\n"
        "gates:\n"
        "  - {metric: accuracy, min: 0.9}\n"
        "  - soak: {in: staging, for: 1d}\n"
        "rollout:\n"
        "  strategy: canary\n"
        "  steps:\n"
        "    - {weight: 5, hold: 1h}\n"
        "odd: 1\n"
    )
    free = b"hyperparameters: {b: 1, a: 2}\nmetrics: {z: 1, a: 2}\n"
    assert canonical(ModelVersion, free) == free


def test_a_default_that_is_written_out_stays() -> None:
    text = b"name: x\nrollback: propose\nsigned: false\n"

    assert canonical(Policy, text) == text


def test_what_the_tests_build_is_canonical() -> None:
    built = Builder().settings().environment("staging", approvals=2).model("iris").version("1.0.0")

    for path, data in built.promote("1.0.0", to="staging").files.items():
        if (kind := layout_of(path)) is not None:
            assert canonical(kind, data) == data, path


def test_the_registry_of_this_repository_is_canonical() -> None:
    paths = [layout.SETTINGS, layout.WAIVERS]
    for top in (layout.REGISTRY, layout.ENVIRONMENTS):
        paths += [str(path.relative_to(ROOT)) for path in sorted((ROOT / top).rglob("*.yaml"))]
    checked = 0
    for path in dict.fromkeys(paths):
        kind = layout_of(path)
        if kind is not None and (ROOT / path).is_file():
            assert canonical(kind, (ROOT / path).read_bytes()).decode() == (ROOT / path).read_text(), path
            checked += 1

    assert checked > 10
