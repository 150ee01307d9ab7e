"""Promise 19: the same key gets the same version in every process, and shares are exact to a basis point."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mooring.domain.pointer import Pointer
from mooring.domain.traffic import BASIS_POINTS, bucket, choose, shares
from mooring.errors import NotFoundError, UsageError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "traffic.md"
PROMOTION = "01JB2Q8ZK3T5V7W9X0Y1Z2A3B4"


def pointer(rollout: dict[str, object] | None = None, *, replaces: str | None = "1.0.0") -> Pointer:
    data = {
        "apiVersion": "mooring/v1",
        "kind": "Pointer",
        "version": "2.0.0",
        "manifest": "sha256:" + "a" * 64,
        "promotion": PROMOTION,
        "replaces": replaces,
        "reason": "better",
        "requested_by": "Alex Turner <alex@example.com>",
        "rollout": rollout,
    }
    return Pointer.model_validate_json(json.dumps(data))


def canary(*weights: int) -> Pointer:
    return pointer({"strategy": "canary", "steps": [{"weight": weight} for weight in weights]})


def vectors() -> list[tuple[str, str, int]]:
    rows = [line.split("|") for line in DOCUMENT.read_text(encoding="utf-8").splitlines()]
    cells = [[cell.strip().strip("`") for cell in row] for row in rows if len(row) == 5]
    return [(row[1], json.loads(row[2]), int(row[3])) for row in cells if row[3].isdigit()]


def test_the_documented_vectors_are_these() -> None:
    assert len(vectors()) >= 8
    for promotion, key, expected in vectors():
        assert bucket(promotion, key) == expected, (promotion, key)


def test_another_process_chooses_the_same_versions() -> None:
    keys = [f"user-{number}" for number in range(500)]
    split = canary(25, 100)
    code = (
        "import json, sys\n"
        "from mooring.domain.pointer import Pointer\n"
        "from mooring.domain.traffic import choose\n"
        "data = json.load(sys.stdin)\n"
        "split = Pointer.model_validate_json(data['pointer'])\n"
        "print(json.dumps([choose(split, key) for key in data['keys']]))\n"
    )
    given_ = json.dumps({"pointer": split.model_dump_json(by_alias=True), "keys": keys})
    done = subprocess.run(
        [sys.executable, "-c", code], input=given_, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [choose(split, key) for key in keys]


@given(st.lists(st.integers(1, 99), min_size=1, max_size=4, unique=True).map(sorted))
def test_every_bucket_goes_where_the_weights_say_to_a_basis_point(weights: list[int]) -> None:
    split = canary(*weights)
    for step, weight in enumerate(weights):
        given_ = dict(shares(split, step=step))

        assert given_ == {"2.0.0": weight * 100, "1.0.0": BASIS_POINTS - weight * 100}


def test_shares_over_many_keys_come_near_the_weights() -> None:
    split = pointer({"strategy": "ab-test", "weights": {"2.0.0": 30, "3.0.0": 20, "1.0.0": 50}})
    seen = Counter(choose(split, f"user-{number}") for number in range(100_000))

    assert {version: round(count / 1_000) for version, count in seen.items()} == {
        "1.0.0": 50,
        "2.0.0": 30,
        "3.0.0": 20,
    }


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 98))
def test_while_a_canary_grows_nobody_goes_back(key: str, weight: int) -> None:
    split = canary(weight, weight + 1)
    if choose(split, key, step=0) == "2.0.0":
        assert choose(split, key, step=1) == "2.0.0"


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(["ab", "canary", "plain"]))
def test_shares_sum_to_the_whole_and_a_chosen_version_has_one(key: str, kind: str) -> None:
    split = {
        "ab": pointer({"strategy": "ab-test", "weights": {"1.0.0": 90, "2.0.0": 10}}),
        "canary": canary(5, 100),
        "plain": pointer(),
    }[kind]

    assert sum(points for _, points in shares(split)) == BASIS_POINTS
    assert choose(split, key) in dict(shares(split))


def test_without_a_record_a_canary_stands_at_its_first_step() -> None:
    assert shares(canary(5, 50, 100)) == (("2.0.0", 500), ("1.0.0", 9_500))
    assert shares(canary(5, 50, 100), step=2) == (("2.0.0", 10_000),)
    with pytest.raises(UsageError):
        shares(canary(5), step=1)


def test_the_stable_version_takes_the_highest_buckets() -> None:
    split = pointer({"strategy": "ab-test", "weights": {"1.0.0": 50, "3.0.0": 20, "2.0.0": 30}})

    assert shares(split) == (("3.0.0", 2_000), ("2.0.0", 3_000), ("1.0.0", 5_000))


def test_a_shadow_answers_nobody() -> None:
    assert shares(pointer({"strategy": "shadow"})) == (("1.0.0", 10_000),)
    alone = pointer({"strategy": "shadow"}, replaces=None)
    assert shares(alone) == ()
    with pytest.raises(NotFoundError, match="shadow"):
        choose(alone, "user")


def test_a_withdrawal_and_a_first_canary() -> None:
    gone = pointer().model_copy(update={"version": None, "manifest": None})
    first = pointer({"strategy": "canary", "steps": [{"weight": 5}]}, replaces=None)

    assert shares(gone) == ()
    with pytest.raises(NotFoundError, match="nothing is deployed"):
        choose(gone, "user")
    assert shares(first) == (("2.0.0", 10_000),)
