"""The tour of the README, run as it is written in a fresh clone of this repository, with no network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOUR = (ROOT / "README.md").read_text("utf-8").partition("<!-- tour -->")[2]
MODEL = "iris-classifier"

# What somebody who types it expects to see.
SHOWN = {
    "mooring list": [MODEL],
    f"mooring show {MODEL}": [MODEL, "versioning", "production"],
    f"mooring resolve {MODEL}@production": [f"{MODEL}@"],
    f"mooring fetch {MODEL}@production": [f"{MODEL}@", "verified", "sha256"],
    f"mooring history {MODEL} --env production": ["promoted", "production"],
    "mooring check --all": ["No problems found."],
}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TOUR, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = "".join(blocks("console")).splitlines()
    return [line.removeprefix("$ ").partition("   #")[0].rstrip() for line in lines]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tour") / "mooring"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    if not any((place / "registry").glob("*/model.yaml")):
        pytest.skip("registry/ has no model yet, so there is nothing to tour")
    return place


def ran(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=at, capture_output=True, text=True, timeout=120, check=False)


def test_the_tour_has_commands_and_all_of_them_are_expected_to_show_something() -> None:
    assert commands() == list(SHOWN)
    assert len(blocks("python")) == 2


@pytest.mark.parametrize("command", commands())
def test_a_command_shows_what_it_promises(command: str, clone: Path) -> None:
    done = ran("sh", "-c", command, at=clone)

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert [words for words in SHOWN[command] if words not in said] == []
    assert [words for words in ("error", "warning", "hint", "problem:") if words in done.stderr] == []


def test_the_snippets_load_follow_and_predict(clone: Path) -> None:
    live = ran("mooring", "resolve", f"{MODEL}@production", "--version", at=clone).stdout.strip()
    done = ran(sys.executable, "-c", "".join(blocks("python")), at=clone)
    first, second = done.stdout.splitlines()

    assert done.returncode == 0, done.stderr
    assert first == f"{live} [0]"
    assert re.fullmatch(rf"{re.escape(live)} \d+\.\d+(e-\d+)?", second)
