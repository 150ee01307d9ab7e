"""Over all 10 000 buckets, each version of a split gets its share to a basis point (DESIGN 4.7)."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.pointer import Pointer, Rollout, Step, Strategy
from mooring.domain.traffic import BASIS_POINTS, bucket, choose
from tests.laws.lines import examples
from tests.support.builder import promotion_id


@cache
def one_key_for_each_bucket() -> tuple[str, ...]:
    """Keys that fall into the buckets 0 to 9 999 of promotion 1, in this order."""
    found: dict[int, str] = {}
    for number in count():
        if len(found) == BASIS_POINTS:
            break
        found.setdefault(bucket(promotion_id(1), f"user-{number}"), f"user-{number}")
    return tuple(found[place] for place in range(BASIS_POINTS))


def split(rollout: Rollout) -> Pointer:
    """A pointer that goes from 1.0.0 to 2.0.0 in this way."""
    return Pointer(
        version="2.0.0",
        manifest="sha256:" + "a" * 64,
        promotion=promotion_id(1),
        replaces="1.0.0",
        reason="Better",
        requested_by="Alex",
        rollout=rollout,
    )


@pytest.mark.slow
@examples(3)
@given(weight=st.integers(1, 99))
def test_a_canary_gets_its_weight_and_the_stable_version_the_rest(weight: int) -> None:
    pointer = split(Rollout(strategy=Strategy.CANARY, steps=(Step(weight=weight), Step(weight=100))))
    dealt = Counter(choose(pointer, key) for key in one_key_for_each_bucket())

    assert dealt == {"2.0.0": weight * 100, "1.0.0": BASIS_POINTS - weight * 100}


@pytest.mark.slow
@examples(3)
@given(one=st.integers(1, 98), data=st.data())
def test_every_arm_of_an_ab_test_gets_its_weight(one: int, data: st.DataObject) -> None:
    other = data.draw(st.integers(1, 99 - one))
    weights = {"2.0.0": one, "1.0.0": other, "3.0.0": 100 - one - other}
    dealt = Counter(
        choose(split(Rollout(strategy=Strategy.AB_TEST, weights=weights)), key)
        for key in one_key_for_each_bucket()
    )

    assert dealt == {version: weight * 100 for version, weight in weights.items()}
