"""Listing and showing read what they need, and say what they could not read."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.documents.memory import MemoryFiles
from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry
from mooring.errors import NotFoundError, RefusedError
from mooring.usecases.listing import list_models
from mooring.usecases.show import show_model, show_version
from tests.support.builder import Builder
from tests.support.living import Living, living

if TYPE_CHECKING:
    from mooring.stores.git.objects import BatchReader


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    return living(tmp_path_factory.mktemp("show"))


def many(models: int, versions: int) -> Builder:
    made = Builder().settings().environment("staging")
    for number in range(models):
        made.model(f"m{number}")
        for version in range(versions):
            made.version(f"1.{version}.0")
        made.promote("1.0.0", to="staging")
    return made


def test_a_listing_says_what_is_live_where(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    found = list_models(hub.registry())

    assert found.environments == ("staging", "production")
    assert [(model.name, model.latest, model.versions) for model in found.models] == [
        ("churn", "0.1.0", 1),
        ("iris", "2.0.0", 3),
    ]
    assert {name: pointer.version for name, pointer in found.models[1].live.items()} == {
        "staging": "1.1.0",
        "production": "1.0.0",
    }


def test_memory_and_git_list_and_show_the_same(registry: Living) -> None:
    from_git = wiring.open_hub(registry.path).registry()
    from_memory = Registry(MemoryFiles(registry.builder.files, commit=from_git.commit))

    assert list_models(from_git) == list_models(from_memory)
    assert show_model(from_git, "iris") == show_model(from_memory, "iris")
    assert show_version(from_git, parse_reference("iris@latest")) == show_version(
        from_memory, parse_reference("iris@latest")
    )


BROKEN = {
    "model": ("registry/m0/model.yaml", "kind: Model\n"),
    "manifest": ("registry/m0/versions/1.0.0/manifest.yaml", "a: 1\na: 2\n"),
    "pointer": ("environments/staging/m0.yaml", "\ttab\n"),
    "status": ("registry/m0/status/1.0.0.yaml", "state: odd\n"),
    "policy": ("environments/staging.yaml", "kind: 7\n"),
    "settings": ("mooring.yaml", "{"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_said_and_hides_nothing_else(broken: str) -> None:
    made = many(2, 2).write(*BROKEN[broken])
    registry = Registry(MemoryFiles(made.files))
    listing, page, other = list_models(registry), show_model(registry, "m0"), show_model(registry, "m1")
    said = [*page.problems, *(row.problem for row in page.versions if row.problem)]

    assert [model.name for model in listing.models] == ["m0", "m1"]
    assert other == show_model(Registry(MemoryFiles(many(2, 2).files)), "m1")
    assert bool(said) is (broken in ("model", "manifest", "pointer", "status"))
    assert not any(BROKEN[broken][0] not in text for text in said)


def test_a_version_that_cannot_be_read_is_refused_with_its_place() -> None:
    made = many(1, 2).write(*BROKEN["manifest"])
    with pytest.raises(RefusedError, match=r"registry/m0/versions/1\.0\.0/manifest\.yaml:2:1"):
        show_version(Registry(MemoryFiles(made.files)), parse_reference("m0@1.0.0"))


def test_an_unknown_model_is_not_found_with_what_is_close(registry: Living) -> None:
    with pytest.raises(NotFoundError) as refused:
        show_model(wiring.open_hub(registry.path).registry(), "irs")

    assert refused.value.hint == "Did you mean iris?"


def test_showing_one_model_does_not_cost_more_among_many(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    for models in (2, 40):
        made = Living(tmp_path_factory.mktemp("many") / "clone", many(models, 3))
        made.path.mkdir()
        from tests.support.gitrepo import make_repository

        make_repository(made.path)
        made.record("Many models")
        asked.append(questions(made, monkeypatch))

    assert asked[0] == asked[1]


def questions(made: Living, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many objects of each sort Git is asked for when one model is shown."""
    counted: Counter[str] = Counter()
    hub = wiring.open_hub(made.path)
    reader: BatchReader = hub.repository.objects
    ask = reader._ask

    def counting(requests: list[str]) -> object:
        counted.update(request.split(" ")[0] for request in requests)
        return ask(requests)

    monkeypatch.setattr(reader, "_ask", counting)
    show_model(hub.registry(), "m1", limit=20)
    return counted
