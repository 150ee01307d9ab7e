"""One world for everything that must be refused without a trace, and copies of it for what breaks it first."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.badinput.world import World


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that nobody changes."""
    return World.build(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(shared: World, tmp_path: Path) -> World:
    """A world of one's own."""
    return shared.copy(tmp_path / "world")
