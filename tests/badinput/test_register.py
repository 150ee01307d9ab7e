"""What register refuses, with a word that tells where the fault is; nothing is uploaded and no ref moves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.badinput.world import Said, World


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model that could be registered."""
    return write(tmp_path / "m" / "model.json", '{"weights": [1, 2]}')


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def register(world: World, *words: str | Path, name: str = "iris", version: str = "3.0.0") -> Said:
    """Register something that must be refused, for real and not as a dry run; nothing may change."""
    before = world.snapshot()
    said = world.mooring("register", f"--version={version}", *map(str, words[1:]), "--", name, str(words[0]))
    assert world.snapshot() == before
    assert "Traceback" not in said.err
    return said


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Iris", "only lower-case"),
        ("\u0456ris", "U+0456 (CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I)"),
        ("\u0131r\u0131s", "U+0131 (LATIN SMALL LETTER DOTLESS I)"),
        ("\uff49ris", "U+FF49 (FULLWIDTH LATIN SMALL LETTER I)"),
        ("iri\u200bs", "U+200B"),
        ("a" * 64, "it has 64 characters, 63 are allowed"),
        ("-iris", "inner hyphens"),
        ("--to", "inner hyphens"),
        ("../iris", "only lower-case"),
        ("/iris", "it is empty"),
        ("a/b/c", "one slash at most"),
        ("versions", "reserved word"),
        ("con", "device name"),
        ("iris_1", "only lower-case"),
        ("iris\n", "only lower-case"),
        ("", "it is empty"),
    ],
)
def test_a_name_that_no_model_may_have(shared: World, model: Path, name: str, told: str) -> None:
    said = register(shared, model, name=name)

    assert (said.code, told in said.message) == (2, True), said
    assert said.hint == "Use a name such as fraud-detector or risk/churn.\n"


@pytest.mark.parametrize(
    "version",
    ["1.10", "3", "v3", "01.0.0", "3.0.0-", "3.0.0+build", "2024.01.15", "-1.0.0", "3.0.0\n", "../3", ""],
)
def test_a_version_that_is_none(shared: World, model: Path, version: str) -> None:
    said = register(shared, model, version=version)

    assert said.code == 2, said
    assert f"{version.removeprefix('v')!r}" in said.message or "which version" in said.message


def test_a_version_that_is_there_already(shared: World, model: Path) -> None:
    said = register(shared, model, version="1.0.0")

    assert said.code == 1
    assert "iris@1.0.0 is registered already with other bytes" in said.message
    assert "--bump" in said.hint


@pytest.mark.parametrize(
    ("file", "content", "code", "told"),
    [
        ("empty.json", "", 2, ":1:1: not JSON"),
        ("binary.json", b"\xff\x00", 2, ":1:1: byte 0xff is not UTF-8"),
        ("nan.json", '{"accuracy": NaN}', 2, ":1:14: NaN is not JSON"),
        ("infinite.json", '{"accuracy": -Infinity}', 2, ":1:14: -Infinity is not JSON"),
        ("huge.json", '{"accuracy": 1e999}', 2, ":1:14: number 1e999"),
        ("twice.json", '{"accuracy": 1,\n "accuracy": 2}', 2, ":2:2: duplicate key 'accuracy'"),
        ("list.json", "[1]", 2, "holds no mapping"),
        ("deep.json", "[" * 9_000, 2, "nested deeper than 64 levels"),
        ("words.json", '{"accuracy": "high"}', 1, "metrics.accuracy"),
        ("null.json", '{"accuracy": null}', 1, "metrics.accuracy"),
        ("names.json", '{"a b": 1}', 1, "metrics.a b"),
        ("empty.yaml", "", 2, ":1:1: the document is empty"),
        ("nan.yaml", "accuracy: .nan\n", 2, ":1:11: unquoted '.nan'"),
        ("anchor.yaml", "a: &x 1\nb: *x\n", 2, ':1:4: anchor "&x"'),
        ("tag.yaml", "a: !!python/object:os.system 1\n", 2, ":1:4: "),
        ("twice.yaml", "a: 1\na: 2\n", 2, ":2:1: duplicate key 'a'"),
        ("octal.yaml", "a: 0123456\n", 2, ":1:4: "),
        ("large.yaml", "#" + "x" * 2_000_000, 2, ":1:1: document of 2000001 bytes; at most 262144"),
    ],
)
def test_metrics_in_a_file_that_cannot_be_taken(
    shared: World, model: Path, tmp_path: Path, file: str, content: str | bytes, code: int, told: str
) -> None:
    path = write(tmp_path / file, content)

    said = register(shared, model, "--metrics", path)

    assert (said.code, told in said.message) == (code, True), said
    if ":" in told:
        assert f"{path}{told}" in said.message


@pytest.mark.parametrize(
    "word", ["accuracy=nan", "accuracy=inf", "accuracy=", "accuracy=1e400", "a b=1", "=1"]
)
def test_metrics_in_words_that_cannot_be_taken(shared: World, model: Path, word: str) -> None:
    said = register(shared, model, "--metrics", word)

    assert (said.code, bool(said.hint)) == (2 if word == "=1" else 1, True), said


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "/nowhere.json", "/"])
def test_metrics_that_are_no_file(shared: World, model: Path, place: str) -> None:
    said = register(shared, model, "--metrics", place)

    assert (said.code, place in said.message) == (3 if place in ("/", "/nowhere.json") else 2, True), said


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        ("", 2, ":1:1: not JSON"),
        (b"\x89PNG\r\n\x1a\n", 2, ":1:1: byte 0x89 is not UTF-8"),
        ("[]", 2, "holds no mapping"),
        ('{"input": {}, "input": {}}', 2, ":1:15: duplicate key 'input'"),
        ('{"input": {"type": 5}}', 1, "interface.input.type"),
        ('{"output": {"$ref": "http://127.0.0.1:1/x"}}', 1, "leads out of the document"),
        ('{"input": {"type": "string", "pattern": "^(a+)+b"}}', 1, "exponential time"),
        ('{"input": {"type": "object"}, "inputs": {}}', 1, "the key 'inputs' is unknown"),
    ],
)
def test_an_interface_that_nobody_could_validate_with(
    shared: World, model: Path, tmp_path: Path, content: str | bytes, code: int, told: str
) -> None:
    said = register(shared, model, "--interface", write(tmp_path / "interface.json", content))

    assert (said.code, told in said.message) == (code, True), said


def test_links_are_not_followed(shared: World, model: Path, tmp_path: Path) -> None:
    link, folder = tmp_path / "link.json", tmp_path / "folder"
    link.symlink_to(model)
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "model.json").symlink_to("/etc/passwd")
    (tmp_path / "dangling.json").symlink_to("/nowhere")

    one, inside = register(shared, link), register(shared, folder)
    dangling = register(shared, tmp_path / "dangling.json")

    assert (one.code, one.message) == (1, f"error: {link} is a link")
    assert (inside.code, inside.message) == (1, f"error: {folder}/deep/model.json is a link")
    assert dangling.code in (1, 3)


@pytest.mark.parametrize(
    ("file", "content", "code", "told"),
    [
        ("model.pkl", b"\x80\x04.", 1, "runs code when it is loaded"),
        ("model.skops", b"PK", 1, "no sound skops file"),
        ("model.onnx", b"", 1, "no sound onnx file"),
        ("model.json", b"", 1, "no sound json file"),
        ("model.bin", b"\0\1", 1, "no format that Mooring knows"),
        ("model \n.json", b"{}", 2, "only printable ASCII"),
        ("модель.json", b"{}", 2, "only printable ASCII"),
        ("aux.json", b"{}", 2, "reserved"),
        (".git/hooks/x.json", b"{}", 2, "reserved"),
    ],
)
def test_files_that_no_artifact_may_have(
    shared: World, tmp_path: Path, file: str, content: bytes, code: int, told: str
) -> None:
    write(tmp_path / "f" / file, content)

    said = register(shared, tmp_path / "f")

    assert (said.code, told in said.message, bool(said.hint)) == (code, True, True), said


def test_what_is_no_file_at_all(shared: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "empty").mkdir()

    answers = {
        "/dev/zero": 1,
        str(tmp_path / "pipe.json"): 1,
        str(tmp_path / "empty"): 2,
        str(tmp_path / "absent.json"): 3,
    }

    assert {place: register(shared, place).code for place in answers} == answers


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--bump", "auto"], 2, "--version and --bump say the same thing twice"),
        (["--parent", "iris@9.9.9"], 3, "iris has no version 9.9.9"),
        (["--parent", "irsi@1.0.0"], 3, "there is no model 'irsi'"),
        (["--parent", "nonsense"], 1, "it is no MODEL@VERSION"),
        (
            ["--changelog", "see https://bob:hunter2@host/x"],
            1,
            "changelog seems to hold a URL with a password",
        ),
        (["--label", "key=AKIAIOSFODNN7EXAMPLE"], 1, "labels.key seems to hold an AWS access key"),
        (["--changelog", "\x1b[31m"], 1, "U+001B"),
        (["--description", "a\u202eb"], 1, "U+202E"),
        (["--changelog", "x" * 30_000], 1, "at most 20000 characters"),
        (["--duration", "soon"], 1, "no duration"),
        (["--code-commit", "abc"], 1, "no full commit id"),
        (["--code", "/nowhere"], 3, "there is no training code at /nowhere"),
        (["--role", "model.json"], 2, "is no role"),
        (["--role", "other.json=model"], 2, "there is no file 'other.json'"),
        (["--metrics", "a=1", "--from", "/nowhere.yaml"], 3, "/nowhere.yaml cannot be read"),
        (["--limitation", ""], 1, "limitations.0: it is blank"),
    ],
)
def test_options_that_say_what_cannot_be(
    shared: World, model: Path, words: list[str], code: int, told: str
) -> None:
    said = register(shared, model, *words)

    assert (said.code, told in said.message, bool(said.hint)) == (code, True, True), said
    assert "hunter2" not in said.err


def test_without_a_place_for_the_bytes_nothing_is_registered(world: World, model: Path) -> None:
    world.commit({".dvc/config": None})
    none = register(world, model)
    world.commit({".dvc/config": "[core\n"})
    broken = register(world, model)

    assert (none.code, none.message) == (3, "error: no DVC remote is set")
    assert "dvc remote add" in none.hint
    assert (broken.code, ".dvc/config:" in broken.message) == (1, True), broken
