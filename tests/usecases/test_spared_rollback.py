"""A rollback is not refused for what is only badly said in the state that it brings back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain.pointer import Rollout, Strategy
from mooring.usecases.judging import FindingsError
from mooring.usecases.rollback import RollbackOutcome
from tests.support.builder import Builder
from tests.support.scene import Person, Scene

# Nothing is measured over the window: what an older version of the tool let through.
ODD = Rollout(strategy=Strategy.BLUE_GREEN, window="1h")


@pytest.fixture
def alex(tmp_path: Path) -> Person:
    builder = Builder().settings().environment("staging").model("iris").version("1.0.0").version("1.1.0")
    states = [("Start", builder.copy())]
    states.append(("Promote 1.0.0", builder.promote("1.0.0", to="staging", rollout=ODD).copy()))
    states.append(("Promote 1.1.0", builder.promote("1.1.0", to="staging").copy()))
    return Scene.build(tmp_path, lambda _: states, hook=False).person("alex")


def test_what_was_live_before_comes_back_with_a_warning(alex: Person) -> None:
    done = alex.roll_back("iris", "staging")

    assert done.outcome is RollbackOutcome.DONE
    assert [(found.rule, str(found.level)) for found in done.warnings] == [
        ("contradictory-rollout", "warning")
    ]


def test_a_promotion_that_says_the_same_is_refused(alex: Person) -> None:
    with pytest.raises(FindingsError, match="contradictory-rollout"):
        alex.promote("iris@1.0.0", "staging", rollout=ODD)  # type: ignore[arg-type]
