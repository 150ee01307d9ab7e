"""The commands over real remotes: a scan fetches what it looks into, and a registration is signed in its own commit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from mooring.cli.main import run
from mooring.domain import layout
from tests.support.scene import Person
from tests.support.stocked import stocked

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "output"


def becomes(person: Person, monkeypatch: pytest.MonkeyPatch, cache: Path) -> list[str]:
    """Run commands as a person; the words that name their registry."""
    for name, value in person.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MOORING_CACHE", str(cache))
    return ["--registry", str(person.folder)]


def said(shape: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads((SCHEMAS / f"{shape}.schema.json").read_text("utf-8"))).validate(found)
    return found


@pytest.mark.slow
def test_a_scan_fetches_verifies_and_says_what_it_saw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = stocked(tmp_path)
    where = becomes(scene.person("alex"), monkeypatch, tmp_path / "cache")
    assert run(["scan", "iris@1.1.0", "--json", *where]) == 0
    assert said("scan", capsys)["state"] == "clean"
    assert run(["scan", "iris@1.1.0", "--attest", *where]) == 3
    assert run(["scan", "iris@9.9.9", *where]) == 3
    assert run(["scan", "iris@1.1.0", "--dry-run", *where]) == 2

    for path in (tmp_path / "storage").rglob("*"):
        if path.is_file():
            path.write_bytes(b"x" * path.stat().st_size)
    capsys.readouterr()
    assert run(["scan", "iris@2.0.0", *where]) == 5
    assert run(["scan", "iris@1.1.0", *where]) == 0


@pytest.mark.slow
def test_a_registration_is_signed_in_its_own_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = stocked(tmp_path)
    alex, zoe = scene.person("alex"), scene.person("zoe")
    where = becomes(alex, monkeypatch, tmp_path / "cache")
    model = tmp_path / "model.json"
    model.write_text('{"w": 1}')
    asked = [
        "register",
        "iris",
        str(model),
        "--version",
        "2.1.0",
        "--metrics",
        "accuracy=0.98",
        "--sign",
        *where,
    ]
    assert run([*asked, "--key", str(zoe.key)]) == 1
    assert run(["register", "iris", str(model), "--version", "2.1.0", "--key", str(alex.key), *where]) == 2
    before = scene.refs()
    assert run([*asked, "--key", str(alex.key), "--dry-run"]) == 0
    assert scene.refs() == before
    assert run([*asked, "--key", str(alex.key), "--merge"]) == 0
    assert run([*asked, "--key", str(alex.key), "--merge"]) == 0

    hub = scene.hub()
    (record,) = hub.repository.first_parent(hub.tip(), since=before["refs/heads/main"])
    assert layout.signature_path("iris", "2.1.0") in {change.path for change in record.changes}
    capsys.readouterr()
    assert run(["verify", "iris@2.1.0", "--by", "alex@example.com", "--json", *where]) == 0
    assert said("verify", capsys)["ref"] == "iris@2.1.0"
