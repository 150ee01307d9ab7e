"""Secrets in prose: what a person pastes into a reason stays in Git for ever, in every clone."""

from __future__ import annotations

import re
from typing import Final

# Only shapes that are nothing else, by the prefixes that their issuers chose so that they can be found.
_SHAPES: Final = (
    ("a URL with a password", r"[A-Za-z]://[^\s/@:]*:[^\s/@]+@"),
    ("a private key", r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY"),
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{30}"),
    ("a Slack token", r"\bxox[abeprs]-[A-Za-z0-9-]{10}"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{10,4000}\.eyJ[A-Za-z0-9_-]{10}"),
    ("a token in a URL", r"(?i)[?&](?:access_token|private_token|token|api_key|password|sig)=[^\s&#]{6}"),
)


def secret_in(text: str) -> str | None:
    """What kind of secret `text` seems to hold ("a GitHub token"), or None; the secret itself is never repeated."""
    return next((kind for kind, shape in _SHAPES if re.search(shape, text)), None)
