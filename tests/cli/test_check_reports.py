"""`mooring check`: its formats, its report in a file, its list of rules; `mooring explain`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry as References

from mooring.cli.main import run
from mooring.rules.catalogue import RULES
from tests.cli.test_transcripts import output_schema, undescribed
from tests.support.living import Living, living


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    """A registry whose only fault is a card of a version that there is not."""
    made = living(tmp_path_factory.mktemp("reports"))
    made.builder.write("registry/iris/cards/9.9.9.md", "# A card\n")
    made.record("Write a card")
    return made


def ran(made: Living, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.path)
        status = run([*arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_every_format_tells_the_same_finding_and_ends_alike(
    registry: Living, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for form in ("text", "json", "github", "sarif", "junit", "markdown"):
        status, told[form], err = ran(registry, capsys, "check", "--format", form)

        assert (status, err) == (1, "")
        assert "missing-manifest" in told[form]
        assert "registry/iris/cards/9.9.9.md" in told[form]
    (result,) = json.loads(told["sarif"])["runs"][0]["results"]
    suite = Xml.fromstring(told["junit"].encode())

    assert json.loads(told["json"])["errors"] == 1
    assert result["ruleId"] == "missing-manifest"
    assert (suite.get("tests"), suite.get("failures")) == (str(len(RULES)), "1")
    assert told["markdown"].startswith("## mooring check: Found 1 error.\n")


def test_a_report_goes_into_the_file_and_text_to_the_terminal(
    registry: Living, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place = tmp_path / "check.sarif"
    place.write_text("what stood there before")
    place.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(place)
    status, out, err = ran(registry, capsys, "check", "--format", "sarif", "--output", str(link))

    assert (status, err) == (1, "")
    assert out == ran(registry, capsys, "check")[1]
    assert json.loads(place.read_text())["version"] == "2.1.0"
    assert link.is_symlink()
    assert (place.stat().st_mode & 0o777, sorted(tmp_path.iterdir())) == (0o640, [place, link])


def test_a_new_report_is_readable_as_any_new_file(
    registry: Living, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    place, other = tmp_path / "check.json", tmp_path / "other"
    other.touch()
    status, out, _ = ran(registry, capsys, "check", "--quiet", "--json", "--output", str(place))

    assert status == 1
    assert "error[missing-manifest]" in out
    assert json.loads(place.read_text())["errors"] == 1
    assert place.stat().st_mode == other.stat().st_mode


def test_a_pipe_is_written_and_not_replaced(
    registry: Living, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        ran(registry, capsys, "check", "--format", "markdown", "--output", str(pipe))
        told = os.read(reader, 65_536)
    finally:
        os.close(reader)

    assert told.startswith(b"## mooring check: Found 1 error.")
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["", "missing/check.xml"])
def test_a_file_that_cannot_be_written_is_said(
    registry: Living, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    status, _, err = ran(registry, capsys, "check", "--format", "junit", "--output", str(tmp_path / name))

    assert status == 2
    assert f"{tmp_path / name} cannot be written" in err
    assert list(tmp_path.iterdir()) == []


def test_rules_are_listed_for_people_and_for_programs(
    registry: Living, capsys: pytest.CaptureFixture[str]
) -> None:
    _, rows, _ = ran(registry, capsys, "check", "--list-rules")
    status, text, _ = ran(registry, capsys, "check", "--list-rules", "--json")
    _, one, _ = ran(registry, capsys, "explain", RULES[0].id, "--json")
    data, schema = json.loads(text), output_schema("rules")
    Draft202012Validator(schema, registry=References()).validate(data)

    assert status == 0
    assert undescribed(data, schema) == []
    assert [row.split("\t")[0] for row in rows.splitlines()] == [rule.id for rule in RULES]
    assert [rule["rule"] for rule in data["rules"]] == [rule.id for rule in RULES]
    assert json.loads(one)["rules"] == data["rules"][:1]
    assert ran(registry, capsys, "check", "--list-rules", "--format", "sarif")[0] == 2


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Dangling_Pointer", "Did you mean dangling-pointer?"),
        ("wrong-digset", "Did you mean wrong-digest?"),
        ("nothing-like-it", "Run 'mooring check --list-rules'."),
    ],
)
def test_a_rule_that_there_is_not_is_answered_with_one_that_there_is(
    registry: Living, capsys: pytest.CaptureFixture[str], word: str, hint: str
) -> None:
    status, _, err = ran(registry, capsys, "explain", word)

    assert (status, err) == (3, f"error: there is no rule '{word}'\nhint: {hint}\n")
