"""Cases of the rules about waivers, and of what a waiver does to the findings of other rules."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.documents import codec
from mooring.domain.environment import Waiver, Waivers
from mooring.domain.layout import WAIVERS
from tests.rules.case_documents import live, started
from tests.rules.case_releases import AMOUNT, NEXT, WHOLE_AMOUNT
from tests.support.builder import ALEX, SAM, Builder
from tests.support.cases import Case

SOON = "2026-03-01T00:00:00Z"


def entry(rule: str, path: str, *, expires: str = SOON, approved_by: str = SAM) -> Waiver:
    """One entry of `registry/waivers.yaml`."""
    reason = "Agreed with all consumers; CHG-7"
    return Waiver(rule=rule, path=path, reason=reason, approved_by=approved_by, expires=expires)


def waiving(builder: Builder, *entries: Waiver) -> Builder:
    """The same registry with exactly these waivers."""
    return builder.write(WAIVERS, codec.encode(Waivers(waivers=entries)))


def _case(
    rule: str,
    name: str,
    base: Builder,
    *entries: Waiver,
    before: Waiver | None = None,
    author: str | None = None,
) -> Case:
    """A change that writes `entries` into the file, where `before` stood."""
    old = waiving(base.copy(), before).files if before is not None else base.files
    return Case(rule, name, old, waiving(base.copy(), *entries).files, (), None, author)


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _unknown()
    yield from _unwaivable()
    yield from _overbroad()
    yield from _times()
    yield from _self_approved()
    yield from _applied()


def _unknown() -> Iterator[Case]:
    rule = "unknown-waived-rule"
    yield _case(rule, "a-misspelt-rule", started(), entry("insuficient-bump", NEXT))
    yield _case(
        rule, "a-second-entry", started(), entry("insufficient-bump", NEXT), entry("everything", NEXT)
    )
    yield _case(rule, "a-rule-that-there-is", started(), entry("insufficient-bump", NEXT))


def _unwaivable() -> Iterator[Case]:
    rule = "unwaivable-rule"
    manifest = "registry/iris/versions/1.0.0/manifest.yaml"
    yield _case(rule, "versions-never-change", started(), entry("changed-version-file", manifest))
    yield _case(rule, "a-warning-needs-none", started(), entry("deprecated-version", manifest))
    kept = waiving(started(), entry("changed-version-file", manifest))
    edited = kept.copy().write(manifest, kept.files[manifest] + b"# one more line\n")
    yield Case(rule, "a-version-changes-all-the-same", kept.files, edited.files)
    yield _case(rule, "a-bump-may-be-waived", started(), entry("insufficient-bump", NEXT))


def _overbroad() -> Iterator[Case]:
    rule = "overbroad-waiver"
    yield _case(rule, "the-whole-registry", started(), entry("insufficient-bump", "registry/**"))
    yield _case(rule, "a-star", started(), entry("insufficient-bump", "registry/*/versions/**"))
    yield _case(rule, "one-model", started(), entry("insufficient-bump", "registry/iris/**"))


def _times() -> Iterator[Case]:
    late, over = "2036-01-01T00:00:00Z", "2026-01-01T00:00:00Z"
    rule = "overlong-waiver"
    yield _case(rule, "ten-years", started(), entry("insufficient-bump", NEXT, expires=late))
    old = entry("insufficient-bump", NEXT)
    yield _case(
        rule, "renewed-for-ten-years", started(), entry("insufficient-bump", NEXT, expires=late), before=old
    )
    was = entry("insufficient-bump", NEXT, expires=late)
    yield _case(rule, "an-old-one-stays", started(), was, entry("missing-metric", NEXT), before=was)
    rule = "expired-waiver"
    yield _case(rule, "it-had-ended-before", started(), entry("insufficient-bump", NEXT, expires=over))
    ended = entry("missing-metric", NEXT, expires=over)
    yield _case(rule, "an-old-one-beside-a-new-one", started(), ended, old, before=ended)
    yield _case(rule, "the-one-that-ended-is-removed", started(), old, before=ended)


def _self_approved() -> Iterator[Case]:
    rule = "self-approved-waiver"
    own = entry("insufficient-bump", NEXT, approved_by=ALEX)
    yield _case(rule, "by-ones-own-name", started(), own, author=ALEX)
    address = entry("insufficient-bump", NEXT, approved_by="Alex.Turner@example.com")
    yield _case(rule, "by-ones-own-address", started(), address, author=ALEX)
    yield _case(rule, "somebody-else-approved-it", started(), own, author=SAM)


def _applied() -> Iterator[Case]:
    rule = "insufficient-bump"
    base = started().about("iris").version("1.0.1", accepts=AMOUNT)
    for name, word in (
        ("a-waiver-overrules-it", entry(rule, NEXT)),
        ("a-waiver-of-the-model-overrules-it", entry(rule, "registry/iris/**")),
        ("the-waiver-has-ended", entry(rule, NEXT, expires="2026-01-01T00:00:00Z")),
        ("the-waiver-is-for-another-file", entry(rule, "registry/iris/versions/1.1.1/manifest.yaml")),
    ):
        before = waiving(base.copy(), word)
        yield Case(rule, name, before.files, before.copy().version("1.1.0", accepts=WHOLE_AMOUNT).files)
    both = waiving(base.copy().version("1.1.0", accepts=WHOLE_AMOUNT), entry(rule, NEXT))
    yield Case(rule, "the-waiver-comes-with-it", base.files, both.files)
    moved = waiving(live().version("1.1.0"), entry("wrong-replaces", "environments/staging/iris.yaml"))
    wrong = moved.copy().promote("1.1.0", to="staging")
    wrong.edit("environments/staging/iris.yaml", 'replaces: "1.0.0"', "replaces: null")
    yield Case("wrong-replaces", "no-waiver-helps", moved.files, wrong.files)
