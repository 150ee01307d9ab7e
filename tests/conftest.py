"""Every test runs on an equal, empty machine: no user, no configuration, no network, fixed dates in Git."""

from __future__ import annotations

import gc
import itertools
import os
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.support.machine import hermetic_environment, refuse_network

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# Thousands of collected tests stay alive to the end: looking for garbage among them took a fifth of the time.
gc.set_threshold(100_000, 50, 100)

# How fast an example runs depends on what else the machine is doing, so neither limit may fail a test.
settings.register_profile(
    "default", deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default"))


def _enter(environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    for name in os.environ.keys() - environment.keys():
        patch.delenv(name)
    for name, value in environment.items():
        patch.setenv(name, value)
    time.tzset()


@pytest.fixture(scope="session")
def _machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("machines")
    return (root / str(number) for number in itertools.count())


@pytest.fixture(scope="session", autouse=True)
def _hermetic_session(_machines: Iterator[Path]) -> Iterator[None]:
    """Fixtures of a module or the session live on such a machine too."""
    with pytest.MonkeyPatch.context() as patch:
        _enter(hermetic_environment(next(_machines), os.environ), patch)
        yield


@pytest.fixture(autouse=True)
def hermetic(_machines: Iterator[Path], _hermetic_session: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of its own for each test, so that none finds what another left."""
    inherited = {name: value for name, value in os.environ.items() if name != "PATH"}
    environment = hermetic_environment(next(_machines), inherited)
    _enter(environment | {"PATH": os.environ["PATH"]}, monkeypatch)


sys.addaudithook(refuse_network)
