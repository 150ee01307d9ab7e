"""The benchmarks run: every table at its smallest size, without GTO, MLflow and DVC, which take seconds each."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from benchmarks import run
from benchmarks.make import Shape, Workshop
from benchmarks.measure import Timing, clean_environment, duration, ratio_text
from benchmarks.settings import Settings
from mooring import wiring
from mooring.rules.engine import check_registry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path, clean_environment(tmp_path / "home"))


def test_made_registries_break_no_rule(workshop: Workshop) -> None:
    hub = wiring.open_hub(workshop.registry(Shape(2, 12)), environ=workshop.environ)

    assert hub.registry().model_names() == ("model-00000", "model-00001")
    assert hub.registry().pointers("model-00001")["production"].version == "1.10.0"
    assert len(hub.history().of("production", "model-00000").events) == 2
    assert check_registry(hub.registry()) == ()
    hub.repository.close()


def test_a_made_registry_is_kept_for_the_next_run(workshop: Workshop) -> None:
    made = workshop.registry(Shape(1, 2))
    (made / "mark").touch()

    assert (workshop.registry(Shape(1, 2)) / "mark").exists()
    assert not (workshop.copy(workshop.registry(Shape(1, 3)), "other") / "mark").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["writing", "in-process"])
def test_a_table_runs_at_its_smallest_size(workshop: Workshop, name: str) -> None:
    settings = replace(Settings().small(), with_gto=False)

    tables = [table.markdown() for table in run.run_table(name, workshop, settings)]

    assert tables
    assert all(table.count("\n| ") > 2 for table in tables)


@pytest.mark.slow
@pytest.mark.parametrize("name", run.TABLES)
def test_every_table_runs_at_its_smallest_size(workshop: Workshop, name: str) -> None:
    settings = replace(Settings().small(), with_gto=True)

    assert [table.markdown() for table in run.run_table(name, workshop, settings)]


def test_an_unknown_table_is_refused_with_the_names_there_are() -> None:
    done = subprocess.run(
        [sys.executable, run.__file__, "nothing"],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        check=False,
    )

    assert done.returncode == 2
    assert "the tables are: resolve" in done.stderr


def test_times_and_ratios_are_written_for_people() -> None:
    assert [duration(seconds) for seconds in (12.3456, 0.0234, 0.0000205)] == ["12.3 s", "23.4 ms", "20.5 µs"]
    assert [ratio_text(ratio) for ratio in (1234.5, 12.34, 1.234, 0.005)] == ["1234", "12.3", "1.23", "1/200"]
    assert Timing("a", (2.0, 4.0, 9.0), (1.0,)).cpu_over(Timing("b", (2.0,))) is None
    assert Timing("a", (2.0, 4.0, 9.0)).over(Timing("b", (2.0,))) == 2.0
