"""Which version a reference means, and that the fast path says the same to the byte."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring import wiring
from mooring.cli.main import run
from mooring.documents import codec
from mooring.domain.model import State
from mooring.domain.pointer import Pointer, Rollout, Strategy
from mooring.errors import UsageError
from mooring.usecases.quick_resolve import _POINTER, quick_answer
from mooring.usecases.resolve import resolve
from tests.support.builder import ALEX, promotion_id
from tests.support.gitrepo import git
from tests.support.living import Living, living

if TYPE_CHECKING:
    from pathlib import Path

# What a pointer may hold that the plain reader of the fast path must not misread.
REASONS = [
    "Better on the holdout set",
    "yes",
    "null",
    'it\'s: 50 % "better" #1',
    "Größer und besser",
    "a  b",
    "- x y",
]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Living:
    made = living(tmp_path_factory.mktemp("resolve"))
    b = made.builder
    for number, reason in enumerate(REASONS):
        b.environment(f"e{number}").about("iris").promote("1.0.0", to=f"e{number}", reason=reason)
    b.environment("split").promote(
        "2.0.0", to="split", rollout=Rollout(strategy=Strategy.AB_TEST, weights={"2.0.0": 30, "1.0.0": 70})
    )
    b.environment("gone").promote("1.0.0", to="gone").withdraw(environment="gone", reason="Nobody asks")
    b.environment("wrong").promote("1.0.0", to="wrong")
    pointer = b.files["environments/wrong/iris.yaml"].decode()
    digest = pointer.partition("manifest: ")[2][:71]
    b.edit("environments/wrong/iris.yaml", digest, "sha256:" + "0" * 64)
    b.environment("broken").write("environments/broken/iris.yaml", "version: 1.10\nversion: 2\n")
    b.environment("dangling").write(
        "environments/dangling/iris.yaml", b.files["environments/e0/iris.yaml"].replace(b"1.0.0", b"9.9.9")
    )
    b.model("team/spam").version("2024.01.15").promote("2024.01.15", to="staging")
    b.model("old").version("1.0.0").status("1.0.0", State.DEPRECATED).promote("1.0.0", to="staging")
    made.record("Many environments")
    made.publish()
    return made


def ordinary(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    status = run(arguments)
    said = capsys.readouterr()
    return status, said.out, said.err


ENVIRONMENTS = ["staging", "production", "split", "gone", "wrong", "broken", "dangling", "absent", "latest"]
QUESTIONS = [
    *(["resolve", f"iris@{name}"] for name in [*ENVIRONMENTS, *(f"e{n}" for n in range(len(REASONS)))]),
    *(
        ["resolve", "iris@production", form]
        for form in ["--json", "--version", "--digest", "--path", "--commit"]
    ),
    ["resolve", "--json", "iris@production"],
    ["-q", "resolve", "iris@production", "--offline"],
    ["resolve", "team/spam@staging", "--json"],
    ["resolve", "old@staging", "--json"],
    ["resolve", "iris@1.0.0"],
    ["resolve", "iris@v1.0.0", "--json"],
    ["resolve", "Iris@production"],
    ["resolve", "iris"],
    ["resolve", "iris@"],
    ["resolve"],
    ["resolve", "iris@production", "churn@production"],
    ["resolve", "iris@production", "--json", "--version"],
    ["resolve", "iris@production", "--key", "user-1"],
    ["resolve", "iris@production", "--ref", "HEAD~3"],
    ["resolve", "iris@production", "--bad"],
    ["resolve", "--registry", "nowhere", "iris@production"],
    ["--registry", "", "resolve", "iris@production"],
    ["resolve", "--help"],
]


@pytest.mark.parametrize("arguments", QUESTIONS, ids=" ".join)
def test_the_fast_path_says_what_the_ordinary_way_says(
    arguments: list[str],
    registry: Living,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(registry.path)
    first = quick_answer(arguments, wiring.variables())
    status, out, err = ordinary(arguments, capsys)
    again = quick_answer(arguments, wiring.variables())

    for answer in (first, again):
        assert answer is None or (status, out, err) == (0, answer, "")
    assert status == 0 or again is None


@pytest.mark.parametrize("question", ["iris@production", "iris@e0", "iris@e1", "team/spam@staging"])
def test_the_plain_case_is_answered_at_once(
    question: str, registry: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(registry.path / "registry" / "iris")

    assert quick_answer(["resolve", question], wiring.variables()) is not None


@pytest.mark.parametrize("question", ["iris@e3", "iris@e4", "iris@e6"])
def test_what_was_parsed_before_is_answered_from_the_cache(
    question: str, registry: Living, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(registry.path)
    _, out, _ = ordinary(["resolve", question], capsys)

    assert quick_answer(["resolve", question], wiring.variables()) == out


def test_a_bare_repository_is_its_own_main(registry: Living) -> None:
    remote = str(registry.path.parent / "remote.git")

    assert (
        quick_answer(["--registry", remote, "resolve", "iris@production"], wiring.variables())
        == "iris@1.0.0\n"
    )
    assert (
        quick_answer(["resolve", "iris@production"], wiring.variables() | {"MOORING_REGISTRY": remote})
        == "iris@1.0.0\n"
    )


@pytest.mark.parametrize(
    "setting",
    ["mooring.branch=trunk", "mooring.branch=a..b", "mooring.branch=x^{tree}", "mooring.branch="],
)
def test_the_configured_branch_counts_for_both_ways(
    setting: str, registry: Living, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(registry.path)
    git(registry.path, "branch", "--force", "trunk", registry.commits[3])
    key, _, value = setting.partition("=")
    git(registry.path, "config", key, value)
    try:
        answer = quick_answer(["resolve", "iris@production", "--json"], wiring.variables())
        status, out, _ = ordinary(["resolve", "iris@production", "--json"], capsys)
    finally:
        git(registry.path, "config", "--unset", key)

    assert answer is None or (status, answer) == (0, out)


_LINES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60) | st.sampled_from(REASONS)


@given(_LINES, _LINES)
@example("yes no", ALEX)
@example("Infinity x", "True y")
@example("a b", "a#b #c")
@example("a:b c", "a b: c")
def test_the_plain_reader_reads_what_the_strict_reader_reads(reason: str, requested_by: str) -> None:
    text = (
        'apiVersion: mooring/v1\nkind: Pointer\nversion: "1.2.0"\n'
        f"manifest: sha256:{'0' * 64}\npromotion: {promotion_id(1)}\nreplaces: null\n"
        f"reason: {reason}\nrequested_by: {requested_by}\n"
    )
    quoted = text.replace(f"reason: {reason}", f'reason: "{reason}"')
    for data in (text.encode(), quoted.encode()):
        if _POINTER.fullmatch(data) is not None:
            found = codec.decode(Pointer, data, "p")

            assert isinstance(found, Pointer)
            assert (found.version, found.promotion) == ("1.2.0", promotion_id(1))


def test_a_key_chooses_where_traffic_is_split(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    answers = {key: resolve(hub, hub.tip(), "iris@split", key=key).version for key in map(str, range(40))}

    assert set(answers.values()) == {"1.0.0", "2.0.0"}
    assert answers == {
        key: resolve(hub, hub.tip(), "iris@split", key=key).version for key in map(str, range(40))
    }
    assert resolve(hub, hub.tip(), "iris@split").shares == (("1.0.0", 7000), ("2.0.0", 3000))


def test_a_key_for_one_version_is_refused(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    with pytest.raises(UsageError):
        resolve(hub, hub.tip(), "iris@1.0.0", key="user")


def test_the_fast_path_imports_nothing_slow(registry: Living, tmp_path: Path) -> None:
    script = tmp_path / "ask.py"
    script.write_text(
        "import sys\n"
        "sys.argv = ['mooring', 'resolve', 'iris@production']\n"
        "from mooring.__main__ import main\n"
        "status = main()\n"
        "slow = {'click', 'yaml', 'pydantic', 'git', 'rich', 'semver', 'dvc'} & sys.modules.keys()\n"
        "sys.exit(f'{status} {slow}' if status or slow else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=registry.path, capture_output=True, text=True, env=dict(os.environ)
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "iris@1.0.0\n", "")
