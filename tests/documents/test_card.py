"""The sections of a card are the headings that a renderer of Markdown shows."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mooring.documents.card import front_matter, sections

CARD = """---
license: apache-2.0
---
# Irises

Intended use
------------

To tell irises apart.

```sh
# no heading
```

## Known **limits** ##

- # of a list
> # of a quotation

<!--
## hidden
-->
### `snake_case` and [links](https://example.com)
#5 is a number
"""


def test_the_sections_of_a_card_are_its_headings_without_marks() -> None:
    assert sections(CARD) == ("Irises", "Intended use", "Known limits", "snake_case and links")
    assert front_matter(CARD) == "license: apache-2.0\n"


def test_a_card_may_have_neither_front_matter_nor_sections() -> None:
    assert sections("Just prose.\n\n---\n\nMore of it.") == ()
    assert front_matter("Just prose.\n---\n---\n") is None
    assert sections("   ### Indented a little #\n\n\t# code") == ("Indented a little",)
    assert sections("---\n---\n# One") == ("One",)


LINES = [
    "# One", "## Two ##", "#Four", "    # Five", "Six", "===", "---", "", "", "```", "~~~", "````",
    "- item", "> quoted", "***", "<!-- note -->", "Eight nine", "#", "```sh",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_a_renderer_of_markdown_shows_the_same_headings(lines: list[str]) -> None:
    # The first line is never that of front matter, which Markdown does not know.
    text = "\n".join(["Prose.", "", *lines])
    tokens = MarkdownIt("commonmark").parse(text)
    shown = [after.content for token, after in pairwise(tokens) if _is_heading(token)]

    assert sections(text) == tuple(" ".join(title.split()) for title in shown if title)


def _is_heading(token) -> bool:
    return token.type == "heading_open" and token.level == 0


@pytest.mark.parametrize("line", ["- a", "# a", "> " * 40, "a", "```", "<!--", "[" * 80, "# " + "_*" * 40])
def test_a_card_takes_time_by_its_length(line: str) -> None:
    started = time.process_time()
    sections("\n".join([line] * (65_536 // (len(line) + 1))))

    assert time.process_time() - started < 1
