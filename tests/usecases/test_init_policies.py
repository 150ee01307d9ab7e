"""The policies of a new registry: what its environments ask for from the first day."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mooring import wiring
from mooring.documents import codec
from mooring.domain.environment import Policy
from mooring.domain.requirements import Requirement
from mooring.usecases.check import check_all
from mooring.usecases.init import environments, initialise


def policies(folder: Path, chain: list[str]) -> dict[str, Policy]:
    """What a new registry with these environments has."""
    initialise(
        folder,
        environ=os.environ,
        name="models",
        storage=str(folder / "storage"),
        chain=environments(chain, approvals=0),
    )
    read = {name: folder / "environments" / f"{name}.yaml" for name in chain}
    decoded = {name: codec.decode(Policy, path.read_bytes(), str(path)) for name, path in read.items()}
    return {name: found for name, found in decoded.items() if isinstance(found, Policy)}


def test_the_last_environment_asks_what_one_wants_to_know_at_night(tmp_path: Path) -> None:
    found = policies(tmp_path / "registry", ["staging", "production"])

    assert found["staging"].requires == ()
    assert set(found["production"].requires) == {
        Requirement.OWNERS,
        Requirement.METRICS,
        Requirement.DATA_DIGEST,
        Requirement.LIMITATIONS,
    }


def test_an_environment_that_stands_alone_asks_for_nothing(tmp_path: Path) -> None:
    assert policies(tmp_path / "registry", ["lab"])["lab"].requires == ()


@pytest.mark.parametrize("name", ["models", "on", "a: b # c", "Modelle für 'Ärzte'", "1.0"])
def test_a_new_registry_has_no_finding_and_is_called_what_was_asked_for(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "registry"
    initialise(
        folder,
        environ=os.environ,
        name=name,
        storage=str(tmp_path / "storage"),
        chain=environments(["staging", "production"], approvals=1),
    )
    hub = wiring.open_hub(folder)

    assert check_all(hub, hub.tip()).findings == ()
    assert hub.registry(hub.tip()).settings.name == name
