"""Cases of the rules about rollouts, in pointers and in policies."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.pointer import Rollout, Step, Strategy
from tests.rules.case_documents import POINTER, started
from tests.rules.case_environments import case
from tests.rules.case_pointers import Main, split
from tests.support.cases import Case

CANARY = Rollout(strategy=Strategy.CANARY, steps=(Step(weight=10, hold="1h"), Step(weight=100)))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _unreadable_abort_condition()
    yield from _unheld_step()
    yield from _contradictory_rollout()
    yield from _skipped_rollout()


def _by(
    strategy: Strategy, *steps: Step, abort_on: tuple[str, ...] = (), window: str | None = None
) -> Rollout:
    return Rollout(strategy=strategy, steps=steps, abort_on=abort_on, window=window)


def _unreadable_abort_condition() -> Iterator[Case]:
    rule = "unreadable-abort-condition"
    words = CANARY.model_copy(
        update={"abort_on": ("latency_p95 > 200ms", "when it is slow", "error_rate == 0.5%")}
    )
    yield case(
        rule,
        "words-instead-of-a-condition",
        started(),
        lambda it: it.promote("1.0.0", to="staging", rollout=words),
    )
    factor = CANARY.model_copy(update={"abort_on": ("error_rate > stable * 2",)})
    yield case(
        rule, "a-factor-of-what-is-live", started(), lambda it: it.environment("production", rollout=factor)
    )
    good = CANARY.model_copy(
        update={
            "abort_on": (
                "latency_p95 > 200ms",
                "error_rate > 0.5%",
                "error_rate>=stable+5%",
                "revenue < stable - 1.5 %",
                "http:errors_total > 10",
            )
        }
    )
    yield case(
        rule,
        "absolute-and-relative-conditions",
        started(),
        lambda it: it.promote("1.0.0", to="staging", rollout=good),
    )


def _unheld_step() -> Iterator[Case]:
    rule = "unheld-step"
    yield case(
        rule,
        "a-step-in-the-middle",
        started(),
        lambda it: it.promote(
            "1.0.0",
            to="staging",
            rollout=_by(
                Strategy.CANARY, Step(weight=5, hold="1h"), Step(weight=25), Step(weight=100, hold="0s")
            ),
        ),
    )
    yield case(
        rule,
        "the-last-step-leaves-it-open",
        started(),
        lambda it: it.environment(
            "production", rollout=_by(Strategy.CANARY, Step(weight=5, hold="1h"), Step(weight=50))
        ),
    )
    yield case(
        rule,
        "all-traffic-after-the-last-hold",
        started(),
        lambda it: it.promote(
            "1.0.0",
            to="staging",
            rollout=_by(Strategy.CANARY, Step(weight=0, hold="30m"), Step(weight=50, hold="1h")),
        ),
    )


def _contradictory_rollout() -> Iterator[Case]:
    rule = "contradictory-rollout"
    yield case(
        rule,
        "a-canary-without-steps",
        started(),
        lambda it: it.promote("1.0.0", to="staging", rollout=_by(Strategy.CANARY)),
    )
    yield case(
        rule,
        "blue-green-in-steps",
        started(),
        lambda it: it.environment(
            "production", rollout=_by(Strategy.BLUE_GREEN, Step(weight=50, hold="1h"), Step(weight=100))
        ),
    )
    yield case(
        rule,
        "an-experiment-for-every-version",
        started(),
        lambda it: it.environment("production", rollout=split(v1_0_0=100)),
    )
    yield case(
        rule,
        "a-shadow-that-grows",
        started(),
        lambda it: it.promote(
            "1.0.0",
            to="staging",
            rollout=_by(
                Strategy.SHADOW, Step(weight=10, hold="1h"), Step(weight=50, hold="1h"), window="10m"
            ),
        ),
    )
    yield case(
        rule,
        "a-watched-canary",
        started(),
        lambda it: it.environment(
            "production",
            rollout=_by(Strategy.CANARY, *CANARY.steps, abort_on=("error_rate > 0.5%",), window="10m"),
        ),
    )


def _skipped_rollout() -> Iterator[Case]:
    rule = "skipped-rollout"
    main = Main(started().environment("staging", rollout=CANARY).version("1.1.0").version("1.2.0"))
    main.then(lambda it: it.promote("1.0.0", to="staging", rollout=CANARY))
    yield main.case(rule, "the-rollout-is-left-out-by-hand", lambda it: it.promote("1.1.0", to="staging"))
    older = Main(started().version("1.1.0")).then(lambda it: it.promote("1.0.0", to="staging"))
    older.then(lambda it: it.environment("staging", rollout=CANARY))
    yield older.case(rule, "proposed-before-the-policy-had-one", lambda it: it.promote("1.1.0", to="staging"))
    yield main.case(
        rule,
        "all-at-once-is-said",
        lambda it: it.promote("1.1.0", to="staging", rollout=_by(Strategy.BLUE_GREEN)),
    )
    back = main.then(lambda it: it.promote("1.1.0", to="staging", rollout=CANARY))
    yield back.case(rule, "a-rollback-goes-at-once", lambda it: it.restore(POINTER, back.states[1]))
