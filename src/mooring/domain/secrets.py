"""Secrets in prose: what a person pastes into a reason stays in Git for ever, in every clone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

# Only shapes that are nothing else, by the prefixes that their issuers chose so that they can be found. Before a shape
# comes what every text has that holds one, in small letters: most texts have none of these, and are read no further.
_SHAPES: Final = tuple(
    (kind, tuple(mark.replace("%", " ") for mark in marks.split()), re.compile(shape))
    for kind, marks, shape in (
        ("a URL with a password", "://", r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/@:]{0,200}:[^\s/@]{1,200}@"),
        (
            "a private key",
            "private%key age-secret-key-",
            r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY|AGE-SECRET-KEY-1[0-9A-Z]{20}",
        ),
        ("an AWS access key", "akia asia", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        (
            "an AWS secret key",
            "secret_access_key secretaccesskey",
            r"(?i)secret_?access_?key[\"']?\s{0,3}[:=]\s{0,3}[\"']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
        ),
        (
            "a GitHub token",
            "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
            r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})",
        ),
        (
            "a GitLab token",
            "glpat- gldt- glrt- glcbt- glptt- glft- glagent- gloas-",
            r"\bgl(?:pat|dt|rt|cbt|ptt|ft|agent|oas)-[A-Za-z0-9_-]{20}",
        ),
        ("a Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30}"),
        (
            "a Slack token",
            "xox hooks.slack.com",
            r"\bxox[abeprs]-[A-Za-z0-9-]{10}|hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16}",
        ),
        ("a Google API key", "aiza", r"\bAIza[A-Za-z0-9_-]{35}"),
        ("a Google token", "ya29. gocspx-", r"\bya29\.[A-Za-z0-9_-]{30}|\bGOCSPX-[A-Za-z0-9_-]{20}"),
        ("an Azure storage key", "accountkey=", r"(?i)AccountKey=[A-Za-z0-9+/]{80,88}={0,2}"),
        (
            "a key of a language model's API",
            "sk-",
            r"\bsk-(?:(?:proj|ant|svcacct|admin)-[A-Za-z0-9_-]{32}|[A-Za-z0-9]{40})",
        ),
        ("a Databricks token", "dapi", r"\bdapi[0-9a-f]{32}\b"),
        ("a Stripe key", "_live_", r"\b[sr]k_live_[A-Za-z0-9]{20}"),
        (
            "a package registry's token",
            "npm_ pypi-",
            r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgE[A-Za-z0-9_-]{50}",
        ),
        ("a JSON web token", "eyj", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10}"),
        (
            "a token in a URL",
            "token= api_key= apikey= password= sig= signature=",
            r"(?i)[?&](?:(?:access_|private_)?token|api_?key|password|sig|x-(?:amz|goog)-signature)=[^\s&#]{6}",
        ),
    )
)  # fmt: skip
# How far a secret may go on behind what was recognized.
_REST: Final = re.compile(r"[^\s\"'&#<>(){}\[\],;]*")


def secret_in(text: str) -> str | None:
    """What kind of secret `text` seems to hold ("a GitHub token"), or None; the secret itself is never repeated."""
    return next((kind for kind, _, _ in _found(text)), None)


def secrets_in(text: str) -> Iterator[tuple[str, int]]:
    """Each secret that `text` seems to hold, kind by kind: its kind, and how many characters stand before it."""
    for kind, start, _ in _found(text):
        yield kind, start


def without_secrets(text: str) -> str:
    """`text` with a word about its kind in the place of each secret, for whatever is printed."""
    spans = sorted((start, -end, kind) for kind, start, end in _found(text))
    parts, at = [], 0
    for start, minus_end, kind in spans:
        if start >= at:
            rest = _REST.match(text, -minus_end)
            parts += [text[at:start], f"[{kind}]"]
            at = rest.end() if rest is not None else -minus_end
        at = max(at, -minus_end)
    return "".join(parts) + text[at:] if parts else text


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    small = text.lower()
    for kind, marks, shape in _SHAPES:
        if any(mark in small for mark in marks):
            yield from ((kind, found.start(), found.end()) for found in shape.finditer(text))
