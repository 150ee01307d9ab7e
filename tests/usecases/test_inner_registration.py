"""A registry whose remote lies inside it: a registration brings its bytes along, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mooring.domain import layout
from mooring.stores.forge import local
from mooring.stores.forge.proposal import Proposal
from tests.support.builder import Builder
from tests.support.scene import Person, Scene

CONFIG = b"[core]\n    remote = inner\n['remote \"inner\"']\n    url = ../storage\n"
BYTES = b"the model"
KEY = hashlib.md5(BYTES, usedforsecurity=False).hexdigest()
OBJECT = f"storage/files/md5/{KEY[:2]}/{KEY[2:]}"


@pytest.fixture
def alex(tmp_path: Path) -> Person:
    builder = Builder().settings().environment("staging").model("iris").version("1.0.0")
    builder.write(layout.DVC_CONFIG, CONFIG).write("storage/files/md5/aa/" + "b" * 30, b"older")
    scene = Scene.build(tmp_path, lambda _: [("Start", builder)])
    return scene.person("alex")


def _proposed(alex: Person, extra: dict[str, bytes]) -> Proposal:
    after = Builder().settings().environment("staging").model("iris").version("1.0.0").version("1.1.0").files
    new = {path: data for path, data in after.items() if "/1.1.0/" in path}
    pushed = alex.push(alex.commit({**new, **extra}), "refs/heads/register/iris/1.1.0")
    assert pushed.returncode == 0, pushed.stderr
    hub = alex.hub()
    (found,) = local.proposals(hub, hub.refresh())
    return found


def test_its_objects_come_with_it(alex: Person) -> None:
    assert _proposed(alex, {OBJECT: BYTES}).problem is None
    assert alex.merge("register/iris/1.1.0").commit is not None


@pytest.mark.parametrize(
    "extra",
    [
        {OBJECT: b"other bytes under that address"},
        {"storage/files/md5/aa/" + "b" * 30: b"newer"},
        {"storage/readme": BYTES},
        {f"elsewhere/files/md5/{KEY[:2]}/{KEY[2:]}": BYTES},
        {layout.DVC_CONFIG: CONFIG.replace(b"../storage", b"../elsewhere")},
    ],
    ids=["another address", "changed", "no object", "another folder", "configuration"],
)
def test_anything_else_is_no_part_of_it(alex: Person, extra: dict[str, bytes]) -> None:
    problem = _proposed(alex, extra).problem

    assert problem is not None
    assert next(iter(extra)) in problem


@pytest.mark.slow
def test_the_server_takes_it_as_well(alex: Person) -> None:
    """Pushed to main by hand, as `registration: direct` does."""
    after = Builder().settings().environment("staging").model("iris").version("1.0.0").version("1.1.0").files
    new = {path: data for path, data in after.items() if "/1.1.0/" in path}

    good = alex.push(alex.commit({**new, OBJECT: BYTES}))
    assert good.returncode == 0, good.stderr
