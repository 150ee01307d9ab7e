"""Worlds are made from one that is made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laws.world import World, Worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    """For laws, which need a new world for each example."""
    return Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    """One world, for a test that is one example."""
    with worlds.new() as made:
        yield made
