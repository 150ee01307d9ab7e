"""Cases of the rules about pointers and about their history."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from mooring.domain.pointer import Override, Rollout, Step, Strategy
from tests.rules.case_documents import MANIFEST, POINTER, live, started
from tests.support.builder import SAM, Builder, promotion_id
from tests.support.cases import Case

PRODUCTION = "environments/production/iris.yaml"


class Main:
    """The line of main: the states of its commits, oldest first, each made from the one before."""

    def __init__(self, start: Builder) -> None:
        self.now = start
        self.states: list[Mapping[str, bytes]] = [start.files]

    def then(self, step: Callable[[Builder], Builder]) -> Main:
        """One more commit."""
        step(self.now)
        self.states.append(self.now.files)
        return self

    def restored(self, path: str, state: int) -> Main:
        """A commit that gives `path` the bytes it had in an earlier state: a rollback."""
        return self.then(lambda it: it.restore(path, self.states[state]))

    def case(self, rule: str, name: str, step: Callable[[Builder], Builder]) -> Case:
        """A change on top of main; of its history only pointers are kept, for nothing else of it is read."""
        history = tuple(_pointers(state) for state in self.states[:-1])
        return Case(
            rule,
            name,
            self.states[-1],
            step(self.now.copy()).files,
            tuple(state for state in history if state),
        )


def _pointers(state: Mapping[str, bytes]) -> dict[str, bytes]:
    return {
        path: data for path, data in state.items() if path.startswith("environments/") and path.count("/") > 1
    }


def twice() -> Main:
    """1.0.0 went live in staging, then 1.1.0."""
    main = Main(started().version("1.1.0"))
    return main.then(lambda it: it.promote("1.0.0", to="staging")).then(
        lambda it: it.promote("1.1.0", to="staging")
    )


def rolled_back() -> Main:
    """1.1.0 went live after 1.0.0 and was rolled back."""
    return twice().restored(POINTER, 1)


def with_production() -> Builder:
    """Two environments, the second of which is fed by the first."""
    return started().environment("production", promotes_from=["staging"]).version("1.1.0")


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _dangling_pointer()
    yield from _wrong_digest()
    yield from _bundled_pointer_change()
    yield from _deleted_pointer()
    yield from _no_op_promotion()
    yield from _wrong_replaces()
    yield from _reused_promotion_id()
    yield from _rolled_back_version()
    yield from _reverted_rollback()
    yield from _out_of_order_promotion()
    yield from _rewritten_first_parent()


def split(**weights: int) -> Rollout:
    """An A/B test: `split(v1_0_0=90, v1_1_0=10)`."""
    named = {version.replace("v", "").replace("_", "."): weight for version, weight in weights.items()}
    return Rollout(strategy=Strategy.AB_TEST, weights=named)


def _dangling_pointer() -> Iterator[Case]:
    rule = "dangling-pointer"
    yield Main(started()).case(
        rule, "a-version-that-was-never-registered", lambda it: it.promote("2.0.0", to="staging")
    )
    yield Main(started()).case(
        rule,
        "a-share-of-an-unknown-version",
        lambda it: it.promote("1.0.0", to="staging", rollout=split(v1_0_0=90, v2_0_0=10)),
    )
    yield Main(live()).case(
        rule, "the-version-under-a-pointer-is-removed", lambda it: it.remove("registry/iris/versions/1.0.0")
    )
    gone = twice().then(lambda it: it.remove("registry/iris/versions/1.0.0"))
    yield gone.case(
        rule, "a-rollback-to-a-version-that-is-gone", lambda it: it.restore(POINTER, gone.states[1])
    )
    yield Main(started()).case(rule, "a-registered-version", lambda it: it.promote("1.0.0", to="staging"))
    yield twice().case(rule, "a-withdrawal-points-to-nothing", lambda it: it.withdraw(environment="staging"))


def _wrong_digest() -> Iterator[Case]:
    rule = "wrong-digest"
    yield Main(started()).case(
        rule,
        "a-pointer-written-by-hand",
        lambda it: it.promote("1.0.0", to="staging").write(
            POINTER, re.sub(rb"sha256:[0-9a-f]{12}", b"sha256:" + b"0" * 12, it.files[POINTER])
        ),
    )
    yield Main(live()).case(
        rule,
        "a-manifest-changed-after-its-approval",
        lambda it: it.edit(MANIFEST, "scikit-learn", "xgboost"),
    )
    yield Main(started()).case(
        rule, "the-digest-of-the-manifest", lambda it: it.promote("1.0.0", to="staging")
    )


def _bundled_pointer_change() -> Iterator[Case]:
    rule = "bundled-pointer-change"
    yield Main(started()).case(
        rule,
        "a-version-registered-and-promoted-at-once",
        lambda it: it.version("1.1.0").promote("1.1.0", to="staging"),
    )
    yield Main(started().environment("canary")).case(
        rule,
        "two-environments-at-once",
        lambda it: it.promote("1.0.0", to="staging").promote("1.0.0", to="canary"),
    )
    yield Main(with_production()).case(
        rule,
        "a-promotion-that-loosens-the-policy-it-is-judged-by",
        lambda it: it.environment("production").promote("1.0.0", to="production"),
    )
    yield Main(started()).case(rule, "one-pointer-alone", lambda it: it.promote("1.0.0", to="staging"))


def _deleted_pointer() -> Iterator[Case]:
    rule = "deleted-pointer"
    yield twice().case(rule, "the-file-is-removed", lambda it: it.remove(POINTER))
    withdrawn = Main(live()).then(lambda it: it.withdraw(environment="staging"))
    yield withdrawn.case(rule, "the-file-of-a-withdrawal-is-removed", lambda it: it.remove(POINTER))
    yield (
        Main(started())
        .then(lambda it: it.promote("1.0.0", to="staging"))
        .case(rule, "the-first-promotion-is-undone", lambda it: it.remove(POINTER))
    )


def _no_op_promotion() -> Iterator[Case]:
    rule = "no-op-promotion"
    yield Main(live()).case(rule, "what-is-live-again", lambda it: it.promote("1.0.0", to="staging"))
    yield (
        Main(live())
        .then(lambda it: it.withdraw(environment="staging"))
        .case(rule, "what-is-withdrawn-is-withdrawn-again", lambda it: it.withdraw(environment="staging"))
    )
    steps = Rollout(strategy=Strategy.CANARY, steps=(Step(weight=10, hold="1h"), Step(weight=100)))
    yield Main(live()).case(
        rule, "the-same-version-with-a-rollout", lambda it: it.promote("1.0.0", to="staging", rollout=steps)
    )


def _wrong_replaces() -> Iterator[Case]:
    rule = "wrong-replaces"
    main = twice()
    main.then(lambda it: it.version("1.2.0"))
    yield main.case(
        rule,
        "another-version-went-live-meanwhile",
        lambda it: it.promote("1.2.0", to="staging").edit(POINTER, 'replaces: "1.1.0"', 'replaces: "1.0.0"'),
    )
    yield main.case(
        rule,
        "something-is-live-and-null-is-said",
        lambda it: it.promote("1.2.0", to="staging").edit(POINTER, 'replaces: "1.1.0"', "replaces: null"),
    )
    yield main.case(rule, "what-is-live-is-replaced", lambda it: it.promote("1.2.0", to="staging"))
    withdrawn = Main(live()).then(lambda it: it.withdraw(environment="staging"))
    yield withdrawn.case(
        rule, "nothing-is-replaced-after-a-withdrawal", lambda it: it.promote("1.0.0", to="staging")
    )


def _reused_promotion_id() -> Iterator[Case]:
    rule = "reused-promotion-id"
    main = Main(live().environment("canary").version("1.1.0"))
    yield main.case(
        rule,
        "a-pointer-is-copied-to-another-environment",
        lambda it: it.promote("1.0.0", to="canary", promotion=promotion_id(1)),
    )
    yield main.case(
        rule,
        "the-next-version-keeps-the-id",
        lambda it: it.promote("1.1.0", to="staging", promotion=promotion_id(1)),
    )
    yield main.case(rule, "a-new-id", lambda it: it.promote("1.1.0", to="staging"))


def _rolled_back_version() -> Iterator[Case]:
    rule = "rolled-back-version"
    yield rolled_back().case(
        rule, "automation-promotes-it-again", lambda it: it.promote("1.1.0", to="staging", requested_by="Bot")
    )
    yield rolled_back().case(
        rule,
        "the-override-names-another-promotion",
        lambda it: it.promote(
            "1.1.0", to="staging", override=Override(promotion=promotion_id(1), reason="Fixed upstream")
        ),
    )
    yield rolled_back().case(
        rule,
        "the-override-says-why",
        lambda it: it.promote(
            "1.1.0",
            to="staging",
            requested_by=SAM,
            override=Override(
                promotion=promotion_id(2), reason="The feature store was at fault, not the model"
            ),
        ),
    )
    again = twice()
    # 1.1.0 with a rollout, then without: two pointers of one version. The second is undone, down to 1.0.0.
    again = again.then(lambda it: it.promote("1.1.0", to="staging", rollout=split(v1_1_0=100)))
    down = again.restored(POINTER, 1)
    yield down.case(
        rule, "an-older-pointer-of-it-is-restored-by-hand", lambda it: it.restore(POINTER, again.states[2])
    )
    yield (
        rolled_back()
        .then(lambda it: it.version("1.1.1"))
        .case(rule, "a-newer-version-needs-no-override", lambda it: it.promote("1.1.1", to="staging"))
    )


def _reverted_rollback() -> Iterator[Case]:
    rule = "reverted-rollback"
    main = rolled_back()
    yield main.case(rule, "git-revert-of-the-rollback", lambda it: it.restore(POINTER, main.states[2]))
    later = (
        rolled_back().then(lambda it: it.version("1.2.0")).then(lambda it: it.promote("1.2.0", to="staging"))
    )
    yield later.case(
        rule, "an-old-branch-brings-it-back-later", lambda it: it.restore(POINTER, later.states[2])
    )
    again = twice()
    yield again.case(rule, "a-rollback", lambda it: it.restore(POINTER, again.states[1]))


def _out_of_order_promotion() -> Iterator[Case]:
    rule = "out-of-order-promotion"
    main = Main(with_production()).then(lambda it: it.promote("1.0.0", to="staging"))
    yield main.case(rule, "it-was-never-in-staging", lambda it: it.promote("1.1.0", to="production"))
    failed = (
        Main(with_production())
        .then(lambda it: it.promote("1.0.0", to="staging"))
        .then(lambda it: it.promote("1.1.0", to="staging"))
    )
    failed.restored(POINTER, 1)
    yield failed.case(rule, "it-left-staging-by-a-rollback", lambda it: it.promote("1.1.0", to="production"))
    yield main.case(rule, "it-is-live-in-staging", lambda it: it.promote("1.0.0", to="production"))
    passed = (
        Main(with_production())
        .then(lambda it: it.promote("1.0.0", to="staging"))
        .then(lambda it: it.promote("1.1.0", to="staging"))
    )
    yield passed.case(
        rule, "it-was-live-in-staging-before-the-next-one", lambda it: it.promote("1.0.0", to="production")
    )
    back = (
        Main(with_production())
        .then(lambda it: it.promote("1.0.0", to="staging"))
        .then(lambda it: it.promote("1.0.0", to="production"))
        .then(lambda it: it.environment("production", promotes_from=["preprod"]).environment("preprod"))
        .then(lambda it: it.withdraw(environment="production"))
    )
    yield back.case(
        rule, "a-rollback-needs-no-way-through-staging", lambda it: it.restore(PRODUCTION, back.states[2])
    )


def _rewritten_first_parent() -> Iterator[Case]:
    rule = "rewritten-first-parent"
    base = started().files
    changed = started().version("1.1.0").files
    told = {
        "main-was-merged-into-a-branch": "main's old tip 1111111 is only the second parent of 2222222",
        "main-was-forced-back": "main's old tip 1111111 is no ancestor of 2222222",
    }
    for name, words in told.items():
        yield Case(rule, name, base, changed, rewritten=words)
    yield Case(rule, "a-merge-into-main", base, changed)
