"""Reasons: one line of prose that whoever reads the history in a year can rely on."""

from __future__ import annotations

from typing import Final

from mooring.domain.secrets import secret_in
from mooring.errors import UsageError

LONGEST: Final = 500


def check_reason(text: str, what: str = "reason") -> str:
    """Return `text` without blanks around it; raise UsageError unless it is one visible line without a secret.

    Every reason is judged here, also one that goes into a commit's message alone: a second line could pretend to be a
    trailer, and a control character acts on the terminal of whoever reads the log.
    """
    from mooring.domain.text import hidden_character

    text = text.strip(" ")
    if not text:
        raise UsageError(f"the {what} is blank", f"Say why in a few words: --{what} 'CHG-1234: ...'")
    if len(text) > LONGEST:
        raise UsageError(
            f"the {what} has {len(text):,} characters, and {LONGEST} are allowed",
            "Say it in one line, and link to the rest.",
        )
    if "\n" in text or "\r" in text:
        raise UsageError(f"the {what} has more than one line", "Say it in one line, and link to the rest.")
    if problem := hidden_character(text):
        raise UsageError(f"the {what} cannot be kept: {problem}", "Write it in plain text.")
    if kind := secret_in(text):
        raise UsageError(
            f"the {what} seems to hold {kind}, and Git never forgets",
            "Leave it out; if it is real, it has been seen: replace it.",
        )
    return text
