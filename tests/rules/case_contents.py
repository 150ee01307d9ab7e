"""Cases of the rules about what files hold, and what they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.rules.case_documents import MODEL, started
from tests.support.builder import Builder
from tests.support.cases import Case


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files)


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _colliding_names()


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
