"""What the strict YAML reader refuses, with which words, and where."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mooring.documents import yaml_reader
from mooring.documents.yaml import YamlProblem, load, load_with_spans
from mooring.documents.yaml_text import UNPRINTABLE
from mooring.errors import ExitCode
from tests.documents.yaml_corpus import ACCEPTED, AMBIGUOUS, REFUSED, damaged, token_soups


def problem_of(data: bytes) -> YamlProblem | None:
    try:
        load_with_spans(data, any_top=True)
    except YamlProblem as problem:
        return problem
    return None


@pytest.mark.parametrize(("data", "line", "column", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_what_is_wrong_and_where(data: bytes, line: int, column: int, words: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        load(data)

    assert words in caught.value.reason
    assert (caught.value.line, caught.value.column) == (line, column)
    assert caught.value.message == f"line {line}, column {column}: {caught.value.reason}"
    assert caught.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(("data", "line", "column", "words"), REFUSED.values(), ids=REFUSED)
def test_reading_with_spans_refuses_the_same(data: bytes, line: int, column: int, words: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        load_with_spans(data)

    assert words in caught.value.reason


@pytest.mark.parametrize("scalar", AMBIGUOUS)
def test_an_ambiguous_scalar_is_to_be_quoted(scalar: str) -> None:
    with pytest.raises(YamlProblem) as caught:
        load(f"a: {scalar}\n".encode())

    assert "quotes" in (caught.value.hint or "")
    assert load(f'a: "{scalar}"\n'.encode()) == {"a": scalar}


def test_the_caller_adds_the_file() -> None:
    with pytest.raises(YamlProblem) as caught:
        load(b"a: 1\na: 2\n")

    there = caught.value.at("environments/production/iris.yaml")

    assert there.message == "environments/production/iris.yaml:2:1: duplicate key 'a'"
    assert (there.line, there.column, there.hint) == (2, 1, caught.value.hint)


def test_an_escape_in_double_quotes_is_how_an_invisible_character_is_written() -> None:
    with pytest.raises(YamlProblem) as caught:
        load("a: x\u200dy\n".encode())

    assert '"\\u200d"' in (caught.value.hint or "")
    assert load(b'a: "x\\u200dy"\n') == {"a": "x\u200dy"}


def test_every_invisible_format_character_and_control_is_refused() -> None:
    invisible = {
        code for code in range(0x110000) if unicodedata.category(chr(code)) in ("Cf", "Cc", "Zl", "Zp")
    }

    assert {code for code in invisible if not UNPRINTABLE.match(chr(code))} == set(map(ord, "\t\n\r"))


@pytest.mark.parametrize("top", ["- a\n", "a\n", "[]\n", "null\n"])
def test_another_top_level_is_read_where_the_caller_allows_it(top: str) -> None:
    assert load(top.encode(), any_top=True) == yaml.safe_load(top)


@given(st.binary(max_size=60) | token_soups.map(str.encode) | damaged().map(str.encode))
def test_no_bytes_raise_anything_but_a_problem(data: bytes) -> None:
    problem = problem_of(data)
    lines = data.decode("utf-8", "replace").split("\n")

    assert problem is None or 1 <= problem.line <= len(lines) + 1
    assert problem is None or problem.column >= 1


@given(st.text(max_size=40))
def test_no_text_raises_anything_but_a_problem(text: str) -> None:
    problem = problem_of(text.encode("utf-8", "surrogatepass"))

    assert problem is None or problem.reason


@pytest.mark.parametrize(("text", "value"), ACCEPTED.values(), ids=ACCEPTED)
def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch, text: str, value: object) -> None:
    monkeypatch.setattr(yaml_reader, "Parser", yaml.SafeLoader)

    assert load(text.encode()) == value


@given(token_soups | damaged())
def test_without_libyaml_the_same_documents_are_accepted(text: str) -> None:
    outcomes = []
    for parser in (yaml_reader.CParser, yaml.SafeLoader):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_reader, "Parser", parser)
            try:
                outcomes.append(load_with_spans(text.encode(), any_top=True))
            except YamlProblem:
                outcomes.append(None)

    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("escape", ["\\UFFFFFFFF", "\\U00110000", "\\ud800"])
def test_without_libyaml_a_bad_escape_is_a_problem(monkeypatch: pytest.MonkeyPatch, escape: str) -> None:
    monkeypatch.setattr(yaml_reader, "Parser", yaml.SafeLoader)

    with pytest.raises(YamlProblem):
        load(f'a: "{escape}"\n'.encode())


def test_importing_the_reader_imports_nothing_heavy() -> None:
    code = "import sys, mooring.documents.yaml; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()

    assert not {"pydantic", "ruamel.yaml", "dvc", "click", "git", "jsonschema"} & set(loaded)
