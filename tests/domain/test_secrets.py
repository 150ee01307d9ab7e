"""What is taken for a secret, and what a registry is full of and is none."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mooring.domain.secrets import secret_in, secrets_in, without_secrets

# Put together here, so that no scanner of this repository takes them for real.
SECRETS = {
    "ghp" + "_" + 36 * "a": "a GitHub token",
    "github" + "_pat_" + 60 * "b": "a GitHub token",
    "glrt" + "-" + 20 * "c": "a GitLab token",
    "AKIA" + 16 * "D": "an AWS access key",
    "aws_secret_access_key = " + 40 * "e": "an AWS secret key",
    "secretAccessKey: '" + 40 * "E" + "'": "an AWS secret key",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=" + 86 * "f" + "==": "an Azure storage key",
    "https://x.blob.core.windows.net/m?sv=2022&sig=abcdef%2Fgh": "a token in a URL",
    "https://b.s3.amazonaws.com/m?X-Amz-Signature=0123456789ab": "a token in a URL",
    "https://hooks.slack.com/services/T00000/B00000/" + 24 * "g": "a Slack token",
    "xoxb-" + 12 * "1": "a Slack token",
    "ya29." + 40 * "h": "a Google token",
    "sk-" + "ant-" + 40 * "i": "a key of a language model's API",
    "dapi" + 32 * "0": "a Databricks token",
    "sk" + "_live_" + 24 * "j": "a Stripe key",
    "npm" + "_" + 36 * "k": "a package registry's token",
    "-----BEGIN " + "RSA PRIVATE KEY-----": "a private key",
    "-----BEGIN " + "PGP PRIVATE KEY BLOCK-----": "a private key",
    "AGE-SECRET-KEY-" + "1" + 58 * "Q": "a private key",
    "s3://me:" + "pass@bucket/x": "a URL with a password",
}


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_wherever_it_stands_and_never_repeated(secret: str) -> None:
    text = f"Use\n{secret} here"

    ((kind, start),) = secrets_in(text)
    shown = without_secrets(text)

    assert kind == SECRETS[secret] == secret_in(text)
    assert 4 <= start < 4 + len(secret)
    assert shown.startswith("Use\n")
    assert f"[{kind}]" in shown
    assert not any(secret[at : at + 12] in shown for at in range(start - 4, len(secret) - 12))


_HEX = "0123456789abcdef"
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ordinary = st.one_of(
    st.text(_HEX, min_size=32, max_size=64),
    st.text(_ULID, min_size=26, max_size=26),
    st.binary(min_size=20, max_size=400).map(lambda data: base64.b64encode(data).decode()),
    st.uuids().map(str),
    st.from_regex(r"[a-z]{2,9}(?:[-_][a-z0-9]{1,9}){1,6}", fullmatch=True),
    st.from_regex(
        r"https://[a-z]{1,9}\.example\.com(?:/[a-z0-9]{1,9}){0,3}\?step=[0-9]{1,9}", fullmatch=True
    ),
    st.sampled_from(
        ["risk-sk-learn", "task-sk-model-v2-without-any-digits-in-it-at-all-and-more", "git@github.com:a/b"]
    ),
)


@given(
    st.lists(ordinary, max_size=5).map(" ".join),
    st.sampled_from(["sha256:", "md5: ", "commit: ", "promotion: "]),
)
@example("abfss://container@account.dfs.core.windows.net/x", "uri: ")
@example("https://me@example.com/x?token_count=512", "")
def test_digests_ids_and_names_are_no_secrets(text: str, before: str) -> None:
    assert secret_in(before + text) is None
    assert without_secrets(before + text) == before + text


@pytest.mark.parametrize(
    "piece",
    ["a://x:y@", "?sig=", "eyJ-", "xoxb-", "secret_access_key=", "-----BEGIN ", "AKIA", "sk-", "a://:"],
)
def test_secrets_are_found_in_time_by_the_length_of_the_text(piece: str) -> None:
    text = piece * (262_144 // len(piece))
    started = time.process_time()
    without_secrets(text)

    assert time.process_time() - started < 1
