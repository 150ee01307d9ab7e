"""What people and programs read: golden transcripts, and JSON held against its published shape.

`MOORING_WRITE_GOLDEN=1 pytest tests/cli/test_transcripts.py` writes the transcripts anew, for review.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry as References

from mooring.cli.main import run
from tests.support.gitrepo import git
from tests.support.living import Living, living

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Read while the module is imported: for a test the environment is emptied.
WRITE = bool(os.environ.get("MOORING_WRITE_GOLDEN"))


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    made = living(tmp_path_factory.mktemp("transcripts"))
    made.publish()
    b = made.builder.copy().about("iris").promote("2.0.0", to="staging", reason="Twice the features")
    proposal = Living(made.path, b, list(made.commits), list(made.states))
    git(made.path, "switch", "--quiet", "--create", "promote/staging/iris/2.0.0")
    proposal.record("Promote iris 1.1.0 -> 2.0.0 in staging")
    git(made.path, "push", "--quiet", "origin", "HEAD")
    git(made.path, "switch", "--quiet", "main")
    b = made.builder
    b.model("broken").version("1.0.0").promote("1.0.0", to="staging")
    b.write("registry/broken/versions/1.0.0/manifest.yaml", "version: 1.10\nversion: 2\n")
    b.write("environments/production/broken.yaml", "kind: Pointer\n")
    made.record("Break a model")
    git(made.path, "push", "--quiet", "origin", "HEAD:main")
    git(made.path, "fetch", "--quiet", "origin")
    return made


COMMANDS = {
    "help": ["--help"],
    "list": ["list"],
    "list-model": ["list", "iris"],
    "show-model": ["show", "iris"],
    "show-limited": ["show", "iris", "--limit", "1"],
    "show-broken-model": ["show", "broken"],
    "show-version": ["show", "iris@staging"],
    "show-unreadable-version": ["show", "broken@1.0.0"],
    "show-unknown": ["show", "irs"],
    "resolve": ["resolve", "iris@staging"],
    "resolve-nothing": ["resolve", "churn@production"],
    "status": ["status"],
    "diff": ["diff", "iris@production", "latest"],
    "diff-same": ["diff", "iris@production", "iris@1.0.0"],
    "history": ["history", "iris"],
    "history-production": ["history", "iris", "--env", "production", "--limit", "2"],
    "history-at": ["history", "iris", "--at", "2026-01-02T03:06:30Z"],
    "history-at-before": ["history", "iris", "--at", "2025-12-31"],
    "history-unknown": ["history", "nobody"],
    "events": ["events", "HEAD~4..HEAD"],
    "check": ["check"],
    "check-range": ["check", "--base", "HEAD~1"],
    "explain": ["explain", "dangling-pointer"],
    "explain-unknown": ["explain", "dangling"],
    "doctor": ["doctor"],
    "unknown-command": ["shwo"],
    "unknown-option": ["list", "--jsno"],
}
STATUSES = {
    "show-unreadable-version": 1,
    "show-unknown": 3,
    "resolve-nothing": 3,
    "history-unknown": 3,
    "check": 1,
    "check-range": 1,
    "explain-unknown": 3,
    "doctor": 1,
    "unknown-command": 2,
    "unknown-option": 2,
}


def ran(
    arguments: list[str], capsys: pytest.CaptureFixture[str], made: Living, variables: Mapping[str, str]
) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.path)
        for name, value in variables.items():
            patch.setenv(name, value)
        capsys.readouterr()
        status = run(arguments)
    said = capsys.readouterr()
    return status, steady(said.out, made), steady(said.err, made)


def steady(text: str, made: Living) -> str:
    """`text` without what differs from run to run: folders, ages, versions of Git."""
    text = text.replace(str(made.path.parent), "/srv")
    text = re.sub(r"(fetched\s+)\d.*", r"\g<1>2 min ago", text)
    text = re.sub(r"git version [\d.]+", "git version 2.39.5", text)
    return re.sub(r"\d+ KiB", "28 KiB", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_transcript_is_the_reviewed_one(
    name: str, registry: Living, capsys: pytest.CaptureFixture[str]
) -> None:
    # FORCE_COLOR asks for what a terminal gets, NO_COLOR for no escapes in it.
    terminal = {"FORCE_COLOR": "1", "NO_COLOR": "1", "COLUMNS": "110"}
    status, out, err = ran(COMMANDS[name], capsys, registry, terminal)
    _, piped, _ = ran(COMMANDS[name], capsys, registry, {})
    parts = [f"$ mooring {' '.join(COMMANDS[name])}", out.rstrip("\n"), err.rstrip("\n"), f"[exit {status}]"]
    if piped != out:
        parts += ["", f"$ mooring {' '.join(COMMANDS[name])} | cat", piped.rstrip("\n")]
    transcript = "\n".join(part for number, part in enumerate(parts) if part or number > 3) + "\n"
    golden = HERE / "golden" / f"{name}.txt"
    if WRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(transcript, encoding="utf-8")

    assert transcript == golden.read_text(encoding="utf-8")
    assert status == STATUSES.get(name, 0)


def test_no_transcript_is_left_over() -> None:
    assert {path.stem for path in (HERE / "golden").glob("*.txt")} == COMMANDS.keys()


JSON = {
    "list": "list",
    "list-model": "show-model",
    "show-model": "show-model",
    "show-broken-model": "show-model",
    "show-version": "show-version",
    "resolve": "resolve",
    "status": "status",
    "diff": "diff",
    "history": "history",
    "history-at": "live-at",
    "history-at-before": "live-at",
    "events": "events",
    "check": "findings",
    "doctor": "doctor",
}


def output_schema(shape: str) -> dict[str, object]:
    text = (ROOT / "schemas" / "output" / f"{shape}.schema.json").read_text(encoding="utf-8")
    return json.loads(text)


@pytest.mark.parametrize("name", JSON)
def test_json_has_its_published_shape(
    name: str, registry: Living, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = ran([*COMMANDS[name], "--json"], capsys, registry, {})
    data, schema = json.loads(out), output_schema(JSON[name])

    assert data["schema"] == f"mooring/{JSON[name]}/v1"
    Draft202012Validator(schema, registry=References()).validate(data)
    assert undescribed(data, schema) == []


def undescribed(value: object, schema: Mapping[str, object], path: str = "") -> list[str]:
    """The keys of `value` that its schema does not speak of."""
    options = schema.get("anyOf")
    if isinstance(options, list):
        fitting = [one for one in options if Draft202012Validator(one).is_valid(value)]
        return min((undescribed(value, one, path) for one in fitting), key=len)
    found: list[str] = []
    if isinstance(value, list):
        for item in value:
            found += undescribed(item, schema.get("items", {}), f"{path}[]")
    if isinstance(value, dict):
        known, others = schema.get("properties"), schema.get("additionalProperties")
        for key, item in value.items():
            if known is not None and key in known:
                found += undescribed(item, known[key], f"{path}.{key}")
            elif isinstance(others, dict):
                found += undescribed(item, others, f"{path}.{key}")
            elif known is not None:
                found.append(f"{path}.{key}")
    return found


@pytest.mark.parametrize(
    "path", sorted((ROOT / "schemas" / "output").glob("*.json")), ids=lambda path: path.stem
)
def test_every_output_schema_is_a_schema_with_a_version(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)

    shape = path.name.removesuffix(".schema.json")
    assert schema["properties"]["schema"] == {"const": f"mooring/{shape}/v1"}
    assert schema["$id"] == f"urn:mooring:schema:output:v1:{shape}"
