"""Who approved is what their keys signed, judged by the keys that main had then; no commit message is believed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from mooring.domain import layout
from mooring.render.history_page import as_data
from mooring.usecases.history import history_of
from tests.support.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "output" / "history.schema.json"


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.build(tmp_path, hook=False)


def merged(scene: Scene, reference: str, environment: str, *, by: Sequence[str]) -> None:
    alex = scene.person("alex")
    branch = alex.promote(reference, environment).branch
    for name in by:
        scene.person(name).approve(branch)
    alex.merge(branch)


def told(scene: Scene, environment: str | None = None) -> list[tuple[str, tuple[str, ...] | None]]:
    hub = scene.hub()
    found = history_of(hub, hub.tip(), "iris", environment=environment, with_approvals=True)
    assert found.approved is not None
    return [(str(event.kind), who) for event, who in zip(found.events, found.approved, strict=True)]


@pytest.mark.slow
def test_every_approval_of_a_promotion_is_named(scene: Scene) -> None:
    merged(scene, "iris@1.1.0", "production", by=["sam", "kim"])

    assert told(scene, "production") == [
        ("promoted", ("kim@example.com", "sam@example.com")),
        ("promoted", ()),
    ]


@pytest.mark.slow
def test_a_rollback_has_approvals_of_its_own(scene: Scene) -> None:
    merged(scene, "iris@1.1.0", "production", by=["sam"])
    scene.person("alex").roll_back("iris", "production", propose=True)
    scene.person("kim").approve("rollback/production/iris")
    scene.person("alex").merge("rollback/production/iris")

    assert told(scene, "production")[:2] == [
        ("rolled-back", ("kim@example.com",)),
        ("promoted", ("sam@example.com",)),
    ]


def test_a_registration_is_nobodys_to_approve(scene: Scene) -> None:
    assert {who for kind, who in told(scene) if kind == "registered"} == {None}


def test_a_trailer_that_somebody_wrote_approves_nothing(scene: Scene) -> None:
    alex = scene.person("alex")
    branch = alex.promote("iris@1.1.0", "production").branch
    alex.git("fetch", "--quiet")
    blob = alex.git("show", f"origin/{branch}:environments/production/iris.yaml").stdout.encode()
    path = layout.pointer_path("production", "iris")
    alex.push(alex.commit({path: blob}, "Promote\n\nApproved-By: sam@example.com\n"))

    assert told(scene, "production")[0] == ("promoted", ())


@pytest.mark.slow
def test_a_key_that_is_taken_off_the_list_later_still_counts_for_what_it_approved(scene: Scene) -> None:
    merged(scene, "iris@1.1.0", "production", by=["sam"])
    alex = scene.person("alex")
    alex.git("fetch", "--quiet")
    alex.push(alex.commit({layout.SIGNERS: None}, "Nobody signs any more\n"))

    assert told(scene, "production")[0] == ("promoted", ("sam@example.com",))


@pytest.mark.slow
def test_the_data_says_who_approved_only_where_it_was_asked(scene: Scene) -> None:
    merged(scene, "iris@1.1.0", "production", by=["sam"])
    hub = scene.hub()
    plain = as_data(history_of(hub, hub.tip(), "iris"))
    asked = as_data(history_of(hub, hub.tip(), "iris", with_approvals=True))
    validator = Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))

    assert "approved_by" not in json.dumps(plain)
    assert '"approved_by": ["sam@example.com"]' in json.dumps(asked)
    assert list(validator.iter_errors(plain)) == list(validator.iter_errors(asked)) == []
