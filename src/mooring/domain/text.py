"""Field types of the registry's documents, each with the JSON Schema that editors and other languages see.

A published pattern is made of searches that need no end anchor: `$` accepts a trailing newline in some dialects and
`\\z` is unknown in others, so "only these characters" is published as "not: any other character".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, WithJsonSchema

from mooring.domain import digests, names, versions

_TIMESTAMP: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z")
_DURATION: Final = re.compile(
    r"(?:[0-9]{1,5}d)?(?:[0-9]{1,5}h)?(?:[0-9]{1,5}m)?(?:[0-9]{1,7}(?:\.[0-9]{1,3})?s)?"
)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def _schema(
    description: str,
    *,
    longest: int,
    starts: str | None = None,
    only: str | None = None,
    example: str | None = None,
) -> WithJsonSchema:
    published: dict[str, object] = {
        "type": "string",
        "description": description,
        "maxLength": longest,
        "minLength": 1,
    }
    if starts is not None:
        published["pattern"] = starts
    if only is not None:
        published["not"] = {"pattern": f"[^{only}]"}
    if example is not None:
        published["examples"] = [example]
    return WithJsonSchema(published)


def _refuse(problem: Callable[[str], str | None]) -> AfterValidator:
    def check(value: str) -> str:
        if reason := problem(value):
            raise ValueError(reason)
        return value

    return AfterValidator(check)


def hidden_character(value: str, *, allow: str = "") -> str | None:
    """Why `value` is refused for a control or invisible formatting character, or None.

    Bidirectional controls make a reviewer read other text than the machine does (Trojan Source, CVE-2021-42574).
    """
    for character in value:
        if character not in allow and unicodedata.category(character) in _HIDDEN:
            return f"the invisible or control character U+{ord(character):04X} is not allowed"
    return None


def _line_problem(value: str) -> str | None:
    if not value.strip():
        return "it is blank"
    return hidden_character(value)


def _text_problem(value: str) -> str | None:
    if not value.strip():
        return "it is blank"
    return hidden_character(value, allow="\n\t")


def _version_problem(value: str) -> str | None:
    return None if versions.try_parse(value) else "it is neither SemVer (1.2.0) nor CalVer (2024.01.15)"


def _timestamp_problem(value: str) -> str | None:
    if _TIMESTAMP.fullmatch(value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return None
    return 'it is no UTC time such as "2026-06-02T15:30:00.000Z"'


def _duration_problem(value: str) -> str | None:
    return None if value and _DURATION.fullmatch(value) else "it is no duration such as 3h24m, 45m or 1.5s"


def seconds_of(duration: str) -> float:
    """The seconds that a duration such as `1d2h3m4.5s` stands for."""
    units = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
    return sum(float(number) * units[unit] for number, unit in re.findall(r"([0-9.]+)([dhms])", duration))


def _parent_problem(value: str) -> str | None:
    model, at, version = value.partition("@")
    if not at:
        return "it is no MODEL@VERSION"
    return names.model_name_problem(model) or _version_problem(version)


def _baseline_problem(value: str) -> str | None:
    if value == "live":
        return None
    if _version_problem(value) and _parent_problem(value):
        return "it is neither live, nor a version of the same model (1.2.0), nor MODEL@VERSION"
    return None


def _digest_problem(value: str) -> str | None:
    return None if digests.is_digest(value) else "it is not sha256: and 64 lower-case hexadecimal digits"


def _matches(pattern: str, otherwise: str) -> Callable[[str], str | None]:
    compiled = re.compile(pattern)
    return lambda value: None if compiled.fullmatch(value) else otherwise


Line = Annotated[
    str,
    Field(max_length=500),
    _refuse(_line_problem),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 500, "not": {"pattern": "[\\n\\r]"}}),
]
Text = Annotated[
    str,
    Field(max_length=20_000),
    _refuse(_text_problem),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 20_000}),
]
ModelName = Annotated[
    str,
    _refuse(names.model_name_problem),
    _schema(
        "A model: lower-case letters, digits, inner hyphens; at most one slash (team/model).",
        longest=127,
        starts="^[a-z0-9]",
        only="a-z0-9/-",
        example="iris-classifier",
    ),
]
EnvironmentName = Annotated[
    str,
    _refuse(names.environment_name_problem),
    _schema("An environment.", longest=63, starts="^[a-z0-9]", only="a-z0-9-", example="production"),
]
VersionText = Annotated[
    str,
    _refuse(_version_problem),
    _schema(
        "SemVer or CalVer, always quoted.", longest=63, starts="^[0-9]", only="0-9A-Za-z.-", example="1.2.0"
    ),
]
ParentReference = Annotated[
    str,
    _refuse(_parent_problem),
    _schema(
        "MODEL@VERSION.",
        longest=191,
        starts="^[a-z0-9]",
        only="0-9A-Za-z./@-",
        example="iris-embeddings@2.0.0",
    ),
]
Digest = Annotated[
    str,
    _refuse(_digest_problem),
    _schema("A SHA-256 digest.", longest=71, starts="^sha256:", only="0-9a-f:sh"),
]
Sha256 = Annotated[
    str,
    _refuse(_matches("[0-9a-f]{64}", "it is not 64 lower-case hexadecimal digits")),
    _schema("A SHA-256 in hexadecimal.", longest=64, only="0-9a-f"),
]
Md5 = Annotated[
    str,
    _refuse(_matches(r"[0-9a-f]{32}(?:\.dir)?", "it is not 32 lower-case hexadecimal digits (and .dir)")),
    _schema("DVC's address of the bytes: an MD5, with .dir for a folder.", longest=36, only="0-9a-fir."),
]
CommitId = Annotated[
    str,
    _refuse(_matches("[0-9a-f]{40}|[0-9a-f]{64}", "it is no full commit id (40 or 64 hexadecimal digits)")),
    _schema("A full Git commit id.", longest=64, only="0-9a-f"),
]
PromotionId = Annotated[
    str,
    _refuse(_matches("[0-7][0-9A-HJKMNP-TV-Z]{25}", "it is no ULID (26 characters of Crockford's base 32)")),
    _schema("A ULID, never used twice.", longest=26, starts="^[0-7]", only="0-9A-HJKMNP-TV-Z"),
]
Timestamp = Annotated[
    str,
    _refuse(_timestamp_problem),
    _schema(
        "A UTC time.", longest=27, starts="^[0-9]{4}-", only="0-9TZ:.-", example="2026-06-02T15:30:00.000Z"
    ),
]
Duration = Annotated[
    str,
    _refuse(_duration_problem),
    _schema("A duration.", longest=40, starts="^[0-9]", only="0-9dhms.", example="3h24m"),
]
ArtifactPath = Annotated[
    str,
    _refuse(names.relative_path_problem),
    _schema("A file of the artifact: relative, POSIX, without .. parts.", longest=240, only=r" -\[\]-~"),
]
Identifier = Annotated[
    str,
    _refuse(_matches("[A-Za-z_][A-Za-z0-9_.@/-]{0,99}", "it is no identifier such as accuracy or f1_score")),
    _schema("An identifier.", longest=100, starts="^[A-Za-z_]", only="A-Za-z0-9_.@/-"),
]
Baseline = Annotated[
    str,
    _refuse(_baseline_problem),
    _schema(
        "What a metric is compared with: live, a version of the same model, or MODEL@VERSION.",
        longest=191,
        starts="^[a-z0-9]",
        only="0-9A-Za-z./@-",
        example="live",
    ),
]
CheckName = Annotated[
    str,
    _refuse(_matches("[a-z0-9][a-z0-9-]{0,62}", "it is no name of a check such as load-test")),
    _schema(
        "A check that somebody runs.", longest=63, starts="^[a-z0-9]", only="a-z0-9-", example="load-test"
    ),
]
