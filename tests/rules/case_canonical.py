"""Cases of the rules about how documents are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.domain.model import State
from tests.rules.case_documents import MODEL, POINTER, live, started
from tests.rules.case_pointers import Main, twice
from tests.support.builder import Builder
from tests.support.cases import Case

POLICY = "environments/staging.yaml"
NEW = "registry/iris/versions/1.1.0/manifest.yaml"


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files, history=())


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _documents()
    yield from _manifests()
    yield from _pointers()


def _documents() -> Iterator[Case]:
    rule = "non-canonical-document"
    yield _case(
        rule,
        "keys-in-another-order",
        started(),
        lambda it: it.write(POLICY, "kind: Environment\nname: staging\napiVersion: mooring/v1\n"),
    )
    yield _case(
        rule,
        "quotes-that-nobody-needs",
        started(),
        lambda it: it.edit(MODEL, "task: classification", "task: 'classification'"),
    )
    yield _case(
        rule,
        "lines-that-end-as-on-windows",
        started(),
        lambda it: it.write(POLICY, it.files[POLICY].replace(b"\n", b"\r\n")),
    )
    yield _case(
        rule,
        "no-newline-at-the-end",
        started(),
        lambda it: it.write(POLICY, it.files[POLICY].removesuffix(b"\n")),
    )
    yield _case(
        rule,
        "comments-and-what-could-be-left-out-are-fine",
        started(),
        lambda it: it.write(
            POLICY,
            b"# Who may change it: see CODEOWNERS\n\n" + it.files[POLICY] + b"signed: false  # not yet\n",
        ),
    )
    yield _case(
        rule,
        "what-cannot-be-read-is-not-judged",
        started(),
        lambda it: it.write(POLICY, b"name: 'staging'\nname: staging\n"),
    )


def _manifests() -> Iterator[Case]:
    rule = "non-canonical-manifest"
    yield _case(
        rule,
        "a-version-that-was-written-by-hand",
        started(),
        lambda it: it.version("1.1.0").edit(NEW, "model: iris\n", "model: 'iris'\n"),
    )
    yield _case(
        rule,
        "brackets-where-lines-stand",
        started(),
        lambda it: it.version("1.1.0").edit(
            NEW,
            "framework: {name: scikit-learn, version: 1.5.2}".replace("1.5.2", '"1.5.2"'),
            'framework:\n  name: scikit-learn\n  version: "1.5.2"',
        ),
    )
    old = started().version("1.1.0").edit(NEW, "model: iris\n", "model: 'iris'\n")
    yield _case(rule, "it-was-there-before", old, lambda it: it.status("1.1.0", State.DEPRECATED))
    yield _case(
        rule,
        "a-version-with-a-comment",
        started(),
        lambda it: it.version("1.1.0").edit(NEW, "model: iris\n", "model: iris  # the small one\n"),
    )


def _pointers() -> Iterator[Case]:
    rule = "non-canonical-pointer"
    by_hand = 'reason: "Better on the holdout set"'
    yield _case(
        rule,
        "the-lines-of-its-identity-stand-apart",
        started(),
        lambda it: (
            it.promote("1.0.0", to="staging")
            .edit(POINTER, "kind: Pointer\n", "")
            .edit(POINTER, "replaces: null\n", "kind: Pointer\nreplaces: null\n")
        ),
    )
    yield twice().case(
        rule,
        "a-comment-makes-another-blob-of-the-same-promotion",
        lambda it: it.promote("1.0.0", to="staging", reason="Back").edit(
            POINTER, "replaces:", "# because I say so\nreplaces:"
        ),
    )
    hand_made = (
        Main(started().version("1.1.0"))
        .then(
            lambda it: it.promote("1.0.0", to="staging").edit(
                POINTER, "reason: Better on the holdout set", by_hand
            )
        )
        .then(lambda it: it.promote("1.1.0", to="staging"))
    )
    first = hand_made.states[1]
    yield hand_made.case(
        rule, "a-rollback-to-one-that-was-written-by-hand", lambda it: it.restore(POINTER, first)
    )
    yield _case(rule, "as-mooring-writes-it", live(), lambda it: it.withdraw(environment="staging"))
