"""Credentials in URLs are shown to nobody, however long and odd the text is that holds them."""

from __future__ import annotations

import time

import pytest

from mooring.stores.git.url import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://bob:hunter2@host/x", "https://***@host/x"),
        ("https://ghp_token@host/x", "https://***@host/x"),
        ("at https://a:b@c@host/x and http://u:p@h:1/y", "at https://***@host/x and http://***@h:1/y"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("SSH://git@host/x", "SSH://git@host/x"),
        ("ssh://git:pw@host/x", "ssh://***@host/x"),
        ("xssh://token@host/x", "xssh://***@host/x"),
        ("1https://u:p@host", "1https://***@host"),
        ("https://host/x@y", "https://host/x@y"),
        ("https://host/x?token=abc&b=1", "https://host/x?token=***&b=1"),
    ],
)
def test_what_is_secret_is_hidden_and_nothing_else(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.slow
@pytest.mark.parametrize("part", ["x", "a://", "ssh://", "https://u:p", "?token=", "://@"])
def test_a_text_of_a_megabyte_takes_no_longer_than_reading_it(part: str) -> None:
    # The words of a server are redacted, so whoever speaks them must not choose how long that takes.
    started = time.process_time()

    redact(part * (1_000_000 // len(part)))

    assert time.process_time() - started < 5
