"""Traffic splits: the same key gets the same version in every process and language (DESIGN 4.7 and section 10)."""

from __future__ import annotations

import hashlib
from typing import Final

from mooring.domain.pointer import Pointer, Strategy
from mooring.errors import NotFoundError, UsageError

BASIS_POINTS: Final = 10_000
Shares = tuple[tuple[str, int], ...]


def bucket(promotion: str, key: str) -> int:
    """The bucket of `key` (a user, a session) in 0..9999 under one promotion.

    It is the first 8 bytes, big-endian, of SHA-256 of the UTF-8 text `promotion:key`, modulo 10 000. A new promotion
    deals anew, so that the same users are not always the first to meet a new version.
    """
    digest = hashlib.sha256(f"{promotion}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BASIS_POINTS


def shares(pointer: Pointer, *, step: int | None = None) -> Shares:
    """Which versions answer, and each one's share in basis points; they sum to 10 000, or nothing answers at all.

    `step` is the place (from 0) of the last step that a deployment record reached; None while none is recorded, when a
    canary stands at its first step: no data never advances a rollout. A version whose share is 0 is left out. Raises
    UsageError for a step that the rollout does not have.
    """
    if pointer.version is None:
        return ()
    rollout, stable = pointer.rollout, pointer.replaces
    if step is not None and not (rollout is not None and 0 <= step < len(rollout.steps)):
        raise UsageError(f"promotion {pointer.promotion} has no step {step}")
    if rollout is None:
        return ((pointer.version, BASIS_POINTS),)
    if rollout.strategy is Strategy.AB_TEST:
        last = stable if stable in rollout.weights else pointer.version
        written = [(version, weight * 100) for version, weight in rollout.weights.items() if version != last]
        return _whole(written, last)
    if rollout.strategy is Strategy.SHADOW:
        # A shadow sees the requests and its answers are thrown away: what was live goes on answering.
        return _whole([], stable)
    if not rollout.steps or stable is None or stable == pointer.version:
        return ((pointer.version, BASIS_POINTS),)
    return _whole([(pointer.version, rollout.steps[step or 0].weight * 100)], stable)


def _whole(written: list[tuple[str, int]], stable: str | None) -> Shares:
    if stable is None:
        return ()
    rest = BASIS_POINTS - sum(points for _, points in written)
    return tuple((version, points) for version, points in [*written, (stable, rest)] if points)


def choose(pointer: Pointer, key: str, *, step: int | None = None) -> str:
    """The version that answers `key`; `step` as for `shares`.

    The shares take the buckets from 0 upwards in their order, the stable version last: while a canary grows, who has
    the new version keeps it. Raises NotFoundError where nothing answers.
    """
    place, top = bucket(pointer.promotion, key), 0
    for version, points in shares(pointer, step=step):
        top += points
        if place < top:
            return version
    if pointer.version is None:
        raise NotFoundError(f"nothing is deployed: {pointer.reason}")
    raise NotFoundError(f"{pointer.version} is a shadow, and nothing was live before it to answer")
