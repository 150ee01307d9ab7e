"""Cases of the rules about lineage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.domain.model import State
from tests.support.builder import Builder
from tests.support.cases import Case


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files)


def _started() -> Builder:
    """An embedding, and a classifier that was made from it."""
    return (
        Builder()
        .model("embeddings")
        .version("2.0.0")
        .model("iris")
        .version("1.0.0", parents=["embeddings@2.0.0"])
    )


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _unknown_parent()
    yield from _lineage_cycle()
    yield from _retired_parent()


def _unknown_parent() -> Iterator[Case]:
    rule = "unknown-parent"
    yield _case(
        rule, "a-mistyped-version", _started(), lambda it: it.version("1.1.0", parents=["embeddings@2.1.0"])
    )
    yield _case(
        rule,
        "the-parent-is-removed",
        _started(),
        lambda it: it.remove("registry/embeddings/versions/2.0.0"),
    )
    yield _case(
        rule,
        "parent-and-child-come-together",
        _started(),
        lambda it: (
            it.about("embeddings")
            .version("2.1.0")
            .about("iris")
            .version("1.1.0", parents=["iris@1.0.0", "embeddings@2.1.0"])
        ),
    )


def _lineage_cycle() -> Iterator[Case]:
    rule = "lineage-cycle"
    yield _case(rule, "its-own-parent", _started(), lambda it: it.version("1.1.0", parents=["iris@1.1.0"]))
    yield _case(
        rule,
        "two-versions-are-made-from-each-other",
        _started(),
        lambda it: (
            it.version("1.1.0", parents=["embeddings@2.1.0"])
            .about("embeddings")
            .version("2.1.0", parents=["embeddings@2.0.0", "iris@1.1.0"])
        ),
    )
    yield _case(
        rule,
        "a-missing-parent-comes-and-closes-the-circle",
        _started().version("1.1.0", parents=["iris@1.2.0"]),
        lambda it: it.version("1.2.0", parents=["iris@1.1.0"]),
    )
    yield _case(
        rule,
        "two-ways-to-one-ancestor",
        _started().version("1.1.0", parents=["iris@1.0.0"]),
        lambda it: it.version("1.2.0", parents=["iris@1.0.0", "iris@1.1.0", "embeddings@2.0.0"]),
    )


def _retired_parent() -> Iterator[Case]:
    rule = "retired-parent"
    banned = _started().about("embeddings").status("2.0.0", State.QUARANTINED, reason="Poisoned data")
    yield _case(
        rule,
        "a-quarantined-parent",
        banned,
        lambda it: it.about("iris").version("1.1.0", parents=["iris@1.0.0", "embeddings@2.0.0"]),
    )
    yield _case(
        rule,
        "an-archived-parent",
        _started().status("1.0.0", State.ARCHIVED),
        lambda it: it.version("1.1.0", parents=["iris@1.0.0"]),
    )
    yield _case(
        rule,
        "a-deprecated-parent",
        _started().status("1.0.0", State.DEPRECATED),
        lambda it: it.version("1.1.0", parents=["iris@1.0.0"]),
    )
    yield _case(
        rule,
        "the-quarantine-comes-after-the-child",
        _started(),
        lambda it: it.about("embeddings").status("2.0.0", State.QUARANTINED, reason="Poisoned data"),
    )
