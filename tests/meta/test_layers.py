"""The architecture holds in every file of the package, and the reader that says so can say no."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from tests.meta.architecture import FILE_LIMIT, LAYERS, faults_in, machine_words

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "mooring"

LAWFUL = [
    ("domain/names.py", "import re\nimport semver\nfrom mooring.errors import UsageError"),
    ("rules/pointers.py", "from mooring.domain.change import Change\nfrom mooring.documents import yaml"),
    ("rules/pointers.py", "from . import engine\nfrom .engine import rule"),
    ("stores/dvc.py", "def _add():\n    import dvc.repo\n    from dvc_data.hashfile import db"),
    ("stores/cache.py", "def _fetch():\n    import fsspec"),
    ("stores/cache.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import fsspec"),
    ("wiring.py", "import os\nfrom mooring.stores import git\nCACHE = os.environ.get('MOORING_CACHE')"),
    ("cli/show.py", "import click\nfrom datetime import UTC, datetime\nprint(datetime.now(UTC))"),
    ("api/follow.py", "import time\nstarted = time.time()"),
    ("api/load.py", "def _load():\n    import onnxruntime"),
    ("documents/yaml.py", "from typing import Any\nimport yaml"),
    ("usecases/promote.py", "import time\ndeadline = time.monotonic()"),
    ("domain/clock.py", "from datetime import datetime\n_parsed = datetime.fromisoformat('2026-01-02')"),
    ("domain/rollout.py", "def _weights():\n    pass\nclass _Step:\n    def total(self): pass"),
    ("domain/rollout.py", "def print(text): 'A name of its own.'\ndef f():\n    'x'\n    def inner(): pass"),
]

UNLAWFUL = [
    ("domain/names.py", "from mooring.documents import yaml", "domain may not import documents"),
    ("domain/names.py", "from ..stores.git import Git", "domain may not import stores"),
    ("domain/names.py", "from mooring import wiring", "domain may not import wiring"),
    ("domain/names.py", "import mooring.cli.show", "domain may not import cli"),
    ("domain/names.py", "import yaml", "may not import the package yaml"),
    ("domain/names.py", "def f():\n    'x'\n    import yaml", "may not import the package yaml"),
    ("rules/pointers.py", "import pydantic", "may not import the package pydantic"),
    ("rules/pointers.py", "from mooring.stores import git", "rules may not import stores"),
    ("stores/cache.py", "def f():\n    'x'\n    import dvc.api", "only stores/dvc.py may import dvc"),
    ("stores/dvc.py", "import dvc.repo", "dvc is imported only inside functions"),
    ("stores/cache.py", "import fsspec", "fsspec is imported only inside functions"),
    ("usecases/promote.py", "from mooring import wiring", "usecases may not import wiring"),
    ("wiring.py", "from mooring.cli import show", "wiring may not import cli"),
    ("cli/show.py", "import rich.table", "rich is imported only inside functions"),
    ("api/load.py", "import numpy as np", "numpy is imported only inside functions"),
    ("tricks/__init__.py", "", "tricks is in no layer"),
    ("stores/git.py", "import os\nenv = dict(os.environ)", "only wiring reads"),
    ("stores/git.py", "from os import getenv", "only wiring reads"),
    ("stores/git.py", "from pathlib import Path\nHOME = Path.home()", "only wiring reads"),
    (
        "stores/git.py",
        "from pathlib import Path\nx = Path('~').expanduser()",
        "only wiring reads the environment",
    ),
    (
        "usecases/promote.py",
        "import datetime as dt\nnow = dt.datetime.now()",
        "only cli and api ask the time",
    ),
    ("usecases/promote.py", "from datetime import date\nx = date.today()", "only cli and api ask"),
    ("stores/git.py", "from time import time\nx = time()", "only cli and api ask"),
    ("render/plan.py", "print('x')", "only cli prints and exits"),
    ("render/plan.py", "import sys\nsys.exit(1)", "only cli prints and exits"),
    ("render/plan.py", "import sys\nsys.stdout.write('x')", "only cli talks to the terminal"),
    ("api/follow.py", "raise SystemExit(1)", "only cli talks to the terminal"),
    ("domain/names.py", "from typing import Any", "only documents may meet"),
    (
        "domain/names.py",
        "import typing as t\nx: dict[str, t.Any] = {}",
        "only documents may meet untyped data",
    ),
    ("domain/names.py", "def parse(): pass", "parse has no docstring"),
    (
        "domain/names.py",
        "class Name:\n    'A name.'\n    def parse(self): pass",
        "function parse has no docstring",
    ),
    ("domain/names.py", "class Name: pass", "class Name has no docstring"),
    ("domain/names.py", "x = 1\n" * (FILE_LIMIT + 1), "351 lines"),
]

SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.relative_to(PACKAGE).as_posix())
def test_every_file_keeps_to_the_architecture(source: Path) -> None:
    faults = faults_in(PurePosixPath(source.relative_to(PACKAGE)), source.read_text(encoding="utf-8"))

    assert faults == [], "\n" + "\n".join(map(str, faults))


@pytest.mark.parametrize(("path", "body"), LAWFUL)
def test_the_reader_accepts(path: str, body: str) -> None:
    assert faults_in(PurePosixPath(path), f'"""A module."""\n{body}\n') == []


@pytest.mark.parametrize(("path", "body", "expected"), UNLAWFUL)
def test_the_reader_refuses(path: str, body: str, expected: str) -> None:
    faults = faults_in(PurePosixPath(path), f'"""A module."""\n{body}'.removesuffix("\n"))

    assert expected in "\n".join(map(str, faults))


def test_a_module_without_a_docstring_is_refused() -> None:
    assert [fault.text for fault in faults_in(PurePosixPath("domain/names.py"), "x = 1\n")] == [
        "the module has no docstring"
    ]


def test_a_fault_names_file_and_line() -> None:
    (fault,) = faults_in(PurePosixPath("domain/names.py"), '"""A module."""\n\nimport yaml\n')

    assert str(fault) == "src/mooring/domain/names.py:3: domain may not import the package yaml"


def test_imports_only_point_downwards() -> None:
    def below(part: str, seen: tuple[str, ...] = ()) -> None:
        assert part not in seen, " -> ".join([*seen, part])
        for other in LAYERS[part].parts:
            below(other, (*seen, part))

    for part in LAYERS:
        below(part)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    own = tuple(
        place
        for place in (str(ROOT), pwd.getpwuid(os.getuid()).pw_dir)
        # "/app" or "/" would be found in files that do not mean this machine.
        if place.count("/") >= 2
    )
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    found = []
    for name in filter(None, listed.decode().split("\0")):
        path = ROOT / name
        data = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        if b"\0" not in data:
            found += [f"{name}: {word}" for word in machine_words(data.decode("utf-8", "replace"), own)]

    assert found == []


@pytest.mark.parametrize("home", ["home", "root", "Users"])
def test_a_path_of_one_machine_is_found(home: str) -> None:
    path = f"/{home}/somebody"

    assert list(machine_words(f"see {path}/notes.txt")) == [path]
    assert list(machine_words(f"https://example.com{path}")) == []
    assert list(machine_words("a /srv/checkout/x b", ("/srv/checkout",))) == ["/srv/checkout"]


def test_the_lock_names_no_package_index() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text(encoding="utf-8")
