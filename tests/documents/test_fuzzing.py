"""Readers of foreign text under random bytes and damaged documents: they answer or refuse, and raise nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.documents.yaml_corpus import commented, damaged, token_soups
from tests.support.fuzzing import read_as_yaml, read_everything, seeds

SEEDS = sorted({seed for seed in seeds() if len(seed) < 3_000})
PIECES = [
    *(
        b"\n",
        b" ",
        b"  ",
        b": ",
        b"- ",
        b"#",
        b'"',
        b"'",
        b"[",
        b"]",
        b"{",
        b"}",
        b",",
        b"|\n",
        b">-\n",
        b"\\",
        b"\t",
    ),
    *(
        b"\xff",
        b"\xc3\xa9",
        b"\xe2\x80\xae",
        b"\x00",
        b"\r",
        b"\xef\xbb\xbf",
        b"&a ",
        b"*a",
        b"!!str ",
        b"<<: ",
        b"---\n",
    ),
    *(
        b"null",
        b"true",
        b"1.5",
        b"1e3",
        b"0x1",
        b"9" * 50,
        b"kind",
        b"version",
        b"\\u0041",
        b"\\ud800",
        b"  # c\n",
    ),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real file with pieces put in, cut out, doubled, swapped or taken from another."""
    data = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 40)))
        match draw(st.integers(0, 4)):
            case 0:
                data = data[:start] + draw(st.sampled_from(PIECES)) + data[start:]
            case 1:
                data = data[:start] + data[end:]
            case 2:
                data = data[:end] + data[start:]
            case 3:
                data = data[:start] + draw(st.binary(max_size=6)) + data[end:]
            case _:
                data = data[:start] + draw(st.sampled_from(SEEDS))[start:]
    return data


@settings(max_examples=150)
@given(mutated() | st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_errors(data: bytes) -> None:
    read_everything(data)


@pytest.mark.slow
@settings(max_examples=100)
@given(token_soups | damaged() | commented())
def test_the_laws_of_yaml_hold_for_any_text(text: str) -> None:
    read_as_yaml(text.encode())


@pytest.mark.slow
@settings(max_examples=2_000)
@given(mutated() | st.binary(max_size=2_000))
def test_no_bytes_raise_anything_but_our_errors_tried_often(data: bytes) -> None:
    read_everything(data)
