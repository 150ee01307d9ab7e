"""Which of many examples of one fact run each time, and which only with the slow tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest

T = TypeVar("T")


def first(number: int, examples: Iterable[T]) -> list[object]:
    """The examples, all but the first `number` of them marked slow."""
    return [
        example
        if place < number
        else pytest.param(*(example if isinstance(example, tuple) else (example,)), marks=pytest.mark.slow)
        for place, example in enumerate(examples)
    ]
