"""Cases of the rules about what files hold, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.rules.case_documents import MODEL, started
from tests.support.builder import Builder
from tests.support.cases import Case

CARD = "registry/iris/cards/1.0.0.md"


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files)


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _colliding_names()
    yield from _secret_in_document()
    yield from _unreadable_card()
    yield from _mislabelled_format()


def _colliding_names() -> Iterator[Case]:
    rule = "colliding-names"
    yield _case(
        rule,
        "versions-that-differ-by-capitals",
        started().version("1.1.0-rc.1"),
        lambda it: it.version("1.1.0-RC.1"),
    )
    yield _case(
        rule,
        "a-folder-in-capitals-beside-a-model",
        started(),
        lambda it: it.write("registry/Iris/model.yaml", it.files[MODEL]),
    )
    yield _case(
        rule,
        "capitals-that-nothing-else-is-called",
        started(),
        lambda it: it.version("1.1.0-RC.1").version("1.1.0-rc.2"),
    )


# Shapes and no more: their checksums are wrong.
_TOKEN = "ghp" + "_" + 9 * "a1B2"
_KEY = "AKIA" + 4 * "B2C3"


def _secret_in_document() -> Iterator[Case]:
    rule = "secret-in-document"
    yield _case(
        rule,
        "a-token-in-a-comment",
        started(),
        lambda it: it.write(MODEL, it.files[MODEL] + f"# push with {_TOKEN}\n".encode()),
    )
    yield _case(
        rule,
        "keys-in-a-card",
        started(),
        lambda it: it.write(CARD, f"# Irises\n\nSet the key {_KEY}, or\nuse s3://me:{_KEY}@bucket/iris.\n"),
    )
    yield _case(
        rule,
        "a-secret-where-no-such-key-is",
        started(),
        lambda it: it.write(MODEL, it.files[MODEL] + f"token: {_TOKEN}\n".encode()),
    )
    yield _case(
        rule,
        "where-the-secret-can-be-had",
        started(),
        lambda it: it.write(
            CARD, "# Irises\n\nThe key is $AWS_ACCESS_KEY_ID; see https://vault.example.com/iris?step=3\n"
        ),
    )


def _unreadable_card() -> Iterator[Case]:
    rule = "unreadable-card"
    yield _case(rule, "not-utf-8", started(), lambda it: it.write(CARD, b"# Irises\n\nGr\xfc\xdfe\n"))
    yield _case(
        rule,
        "characters-that-reorder-text",
        started(),
        lambda it: it.write(CARD, "# Irises\n\nNot \u202efor medical use.\n"),
    )
    yield _case(
        rule,
        "a-key-twice-in-the-front-matter",
        started(),
        lambda it: it.write(CARD, "---\nlicense: mit\nlicense: apache-2.0\n---\n# Irises\n"),
    )
    yield _case(
        rule,
        "prose-of-many-lands",
        started(),
        lambda it: it.write(
            CARD, "---\nlicense: mit\n---\n# Irises\n\nGr\u00f6\u00dfe, \u66f4\u597d\r\n\t\u2713\n"
        ),
    )


def _mislabelled_format() -> Iterator[Case]:
    rule = "mislabelled-format"
    manifest = "registry/iris/versions/1.1.0/manifest.yaml"
    yield _case(
        rule,
        "a-pickle-that-is-called-safetensors",
        started(),
        lambda it: it.version("1.1.0", artifact={"model.safetensors": b"x"}, allow_unsafe_format=True).edit(
            manifest, "format: safetensors", "format: pickle"
        ),
    )
    yield _case(
        rule,
        "a-model-that-is-called-a-pickle",
        started(),
        lambda it: it.version("1.1.0", artifact={"model.pkl": b"x"}).edit(
            manifest, "format: pickle", "format: skops"
        ),
    )
    yield _case(
        rule,
        "names-that-say-what-they-are",
        started(),
        lambda it: it.version("1.1.0", artifact={"model.onnx": b"x", "vocabulary.json": b"{}"}).edit(
            manifest, "format: json", "format: text"
        ),
    )
