"""Cases of the rules about what a version refers to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.domain.model import CodeReference, DataReference, Requirements, Training
from tests.rules.case_documents import MODEL, started
from tests.support.builder import Builder
from tests.support.cases import Case

COMMIT = "45b4b16258a7ca4afbd9625f7d58359f76b8332f"
BUCKET = "s3://data/iris 2026-06.parquet"


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files)


def _trained(
    *,
    uri: str | None = BUCKET,
    version: str | None = "v847",
    repository: str | None = None,
    path: str | None = None,
    dirty: bool = False,
) -> Callable[[Builder], Builder]:
    training = Training(
        data=(DataReference(name="iris", uri=uri, version=version),),
        code=CodeReference(repository=repository, commit=COMMIT, path=path, dirty=dirty),
    )
    return lambda it: it.version("1.1.0", training=training)


def cases() -> Iterator[Case]:
    """Every case."""
    for rule, name, step in (
        ("malformed-reference", "a-token-for-the-code", _trained(repository="https://me@host.example/iris")),
        ("malformed-reference", "an-address-that-runs-a-program", _trained(repository="ext::sh -c id")),
        ("malformed-reference", "a-password-in-the-address-of-the-data", _trained(uri="s3://me:1234@data/iris.csv")),
        ("malformed-reference", "a-blank-in-a-web-address", _trained(uri="https://data.example/iris 2026.csv")),
        ("malformed-reference", "a-bucket-and-code-over-ssh", _trained(repository="git@host.example:a/iris.git")),
        ("local-reference", "a-home-folder", _trained(uri="~/data/iris.csv", path="../train.py")),
        ("local-reference", "a-repository-on-a-laptop", _trained(repository="/srv/git/iris")),
        ("local-reference", "a-path-in-the-repository", _trained(uri="data/iris.csv", path="train.py")),
        ("unpinned-data", "an-address-and-no-version", _trained(version=None)),
        ("unpinned-data", "a-name-and-nothing-else", _trained(uri=None, version=None)),
        ("unpinned-data", "a-version-of-the-data", _trained()),
        ("uncommitted-code", "trained-before-the-commit", _trained(dirty=True)),
        ("uncommitted-code", "trained-before-the-push", _trained(repository="https://host.example/iris", dirty=True)),
        ("uncommitted-code", "committed-first", _trained()),
    ):  # fmt: skip
        yield _case(rule, name, started(), step)
    yield from _malformed_requirement()
    yield from _unknown_license()


def _malformed_requirement() -> Iterator[Case]:
    rule = "malformed-requirement"

    def needs(*lines: str) -> Callable[[Builder], Builder]:
        return lambda it: it.version("1.1.0", requirements=Requirements(packages=lines))

    yield _case(
        rule, "an-option-of-the-installer", started(), needs("--index-url https://packages.example/simple")
    )
    yield _case(rule, "one-equals-sign", started(), needs("numpy==2.4.6", "python=3.11"))
    yield _case(
        rule, "an-address-with-a-password", started(), needs("tool @ https://me:1234@host.example/tool.whl")
    )
    yield _case(
        rule,
        "versions-markers-and-addresses",
        started(),
        needs("numpy>=2,<3", 'tomli; python_version < "3.11"', "tool @ https://host.example/tool.whl"),
    )


def _unknown_license() -> Iterator[Case]:
    rule = "unknown-license"
    for name, text in (
        ("a-name-as-people-say-it", "Apache 2.0"),
        ("a-word-that-names-none", "proprietary"),
        ("several-by-their-names", "MIT OR (Apache-2.0 AND LicenseRef-Acme)"),
    ):
        written = f"\nlicense: {text}\n"
        yield _case(
            rule,
            name,
            started(),
            lambda it, written=written: it.write(MODEL, it.files[MODEL].rstrip() + written.encode()),
        )
