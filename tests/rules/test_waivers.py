"""What a waiver covers, until when, and what it can never do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mooring.documents.memory import MemoryFiles
from mooring.domain.change import Change
from mooring.domain.environment import Waiver
from mooring.domain.finding import Finding, Level, Place, Waived
from mooring.domain.layout import WAIVERS
from mooring.domain.registry import Registry
from mooring.rules.catalogue import RULES, by_id
from mooring.rules.engine import check_change, check_registry, check_standing, is_timeless
from mooring.rules.waivers import InForce
from tests.rules.case_documents import started
from tests.rules.case_releases import AMOUNT, NEXT, WHOLE_AMOUNT
from tests.rules.case_waivers import SOON, entry, waiving
from tests.support.builder import SAM, Builder
from tests.support.changes import START, MemoryPast, change_between

RULE = "insufficient-bump"
NOW = 1_767_323_045  # 2026-01-02T03:04:05Z


def settled(path: str, pattern: str, *, rule: str = RULE, expires: str = SOON, now: int = NOW) -> Finding:
    files = MemoryFiles(waiving(Builder(), entry(RULE, pattern, expires=expires)).files)
    (found,) = InForce.of(Registry(files), now).settle([Finding(rule, Place(path), "It is wrong")], by_id())
    return found


def breaking(*waivers: Waiver, spoilt: bytes = b"") -> Change:
    base = waiving(started().about("iris").version("1.0.1", accepts=AMOUNT), *waivers)
    base.write(WAIVERS, base.files[WAIVERS] + spoilt)
    return change_between(base.files, base.copy().version("1.1.0", accepts=WHOLE_AMOUNT).files)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("registry/iris/model.yaml", "registry/iris/model.yaml"),
        ("registry/iris/**", "registry/iris/versions/1.1.0/manifest.yaml"),
        ("registry/team/iris/**", "registry/team/iris/model.yaml"),
        ("environments/staging/**", "environments/staging/iris.yaml"),
    ],
)
def test_a_waiver_covers_its_file_or_what_lies_below_its_folder(pattern: str, path: str) -> None:
    assert settled(path, pattern).level is Level.WAIVED


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("registry/iris", "registry/iris/model.yaml"),
        ("registry/iris/**", "registry/iris-two/model.yaml"),
        ("registry/iris/**", "registry/iris"),
        ("registry/**", "registry/iris/model.yaml"),
        ("**", "registry/iris/model.yaml"),
        ("/**", "registry/iris/model.yaml"),
        ("registry/*/model.yaml", "registry/iris/model.yaml"),
        ("registry/iris/*", "registry/iris/model.yaml"),
        ("registry/i[r]is/**", "registry/iris/model.yaml"),
        ("registry//iris/**", "registry//iris/model.yaml"),
        ("registry/iris/model.yaml", "registry/IRIS/model.yaml"),
    ],
)
def test_a_waiver_covers_nothing_else(pattern: str, path: str) -> None:
    assert settled(path, pattern) == Finding(RULE, Place(path), "It is wrong")


def test_what_is_waived_says_why_on_whose_word_and_until_when() -> None:
    found = settled("registry/iris/model.yaml", "registry/iris/**")

    assert found.waiver == Waived("Agreed with all consumers; CHG-7", SAM, SOON)
    assert found.message == "It is wrong"


def test_a_waiver_is_for_one_rule() -> None:
    found = settled("registry/iris/model.yaml", "registry/iris/**", rule="missing-metric")

    assert (found.level, found.waiver) == (Level.ERROR, None)


def test_it_holds_to_the_second_before_its_end_by_the_date_of_the_base() -> None:
    path, end = "registry/iris/model.yaml", "2026-01-02T03:04:05Z"

    assert settled(path, path, expires=end, now=NOW - 1).level is Level.WAIVED
    over = settled(path, path, expires=end, now=NOW)
    assert (over.level, over.message) == (Level.ERROR, "It is wrong (its waiver ended on 2026-01-02)")


def test_of_two_waivers_the_one_that_still_holds_counts() -> None:
    path = "registry/iris/model.yaml"
    over = entry(RULE, path, expires="2025-01-01T00:00:00Z")
    registry = Registry(MemoryFiles(waiving(Builder(), over, entry(RULE, path)).files))
    (found,) = InForce.of(registry, NOW).settle([Finding(RULE, Place(path), "Wrong")], by_id())

    assert found.level is Level.WAIVED


@pytest.mark.parametrize("rule", [rule.id for rule in RULES if not rule.waivable])
def test_what_cannot_be_waived_is_not(rule: str) -> None:
    path = "registry/iris/model.yaml"
    registry = Registry(MemoryFiles(waiving(Builder(), entry(rule, path)).files))
    found = Finding(rule, Place(path), "Wrong", level=by_id()[rule].severity)

    assert list(InForce.of(registry, NOW).settle([found], by_id())) == [found]
    assert "unwaivable-rule" in {one.rule for one in check_registry(registry)}


def test_what_makes_history_digests_rollbacks_or_the_judging_unreliable_cannot_be_waived() -> None:
    never = {
        "changed-version-file",
        "rewritten-first-parent",
        "wrong-digest",
        "dangling-pointer",
        "reused-promotion-id",
        "bundled-pointer-change",
        "deleted-pointer",
        "rolled-back-version",
        "reverted-rollback",
        "retired-version",
        "unsafe-format",
        "undeclared-format",
        "unsafe-remote",
        "unsafe-attributes",
        "unusable-interface",
        "unreadable-yaml",
        "invalid-document",
        "missing-policy",
        "mislabelled-format",
        "mismatched-signature",
        "secret-in-document",
        "unsigned-pointer-commit",
        "archived-live-version",
    }

    assert {rule for rule in never if by_id()[rule].waivable} == set()
    assert {rule.id for rule in RULES if rule.family == "waivers" and rule.waivable} <= {"expired-waiver"}


def test_warnings_stay_warnings() -> None:
    warning = Finding(RULE, Place("registry/iris/model.yaml"), "Wrong", level=Level.WARNING)
    registry = Registry(MemoryFiles(waiving(Builder(), entry(RULE, "registry/iris/**")).files))

    assert list(InForce.of(registry, NOW).settle([warning], by_id())) == [warning]


def test_an_unreadable_file_waives_nothing() -> None:
    change = breaking(entry(RULE, NEXT), spoilt=b"  - {rule: half\n")

    assert Level.ERROR in {found.level for found in check_change(change) if found.rule == RULE}


def test_only_the_waivers_before_the_first_of_several_commits_count() -> None:
    change = breaking(entry(RULE, NEXT))
    nothing = Registry(MemoryFiles(started().files))

    assert [found.level for found in check_change(change)] == [Level.WAIVED]
    assert [found.level for found in check_change(change, governed_by=nothing)] == [Level.ERROR]


def test_what_was_waived_is_a_warning_for_those_who_come_after() -> None:
    model = "registry/iris/model.yaml"
    gone = started().remove(model)

    assert [
        found.level for found in check_change(change_between(gone.files, {**gone.files, "README.md": b""}))
    ] == []
    other = gone.copy().write("registry/iris/cards/1.0.0.md", "Prose\n")
    assert {found.level for found in check_change(change_between(gone.files, other.files))} == {Level.WARNING}


def standing(builder: Builder, *, now: int = START) -> tuple[Finding, ...]:
    registry = Registry(MemoryFiles(builder.files))
    change = Change(registry, registry, (), MemoryPast([builder.files]), now)
    return check_standing(change, check_registry(registry))


def test_a_whole_state_is_judged_with_its_own_waivers() -> None:
    lacking = started().remove("registry/iris/model.yaml")
    waived = waiving(lacking.copy(), entry("missing-model-document", "registry/iris/model.yaml"))

    assert [found.level for found in standing(lacking)] == [Level.ERROR]
    assert [found.level for found in standing(waived)] == [Level.WAIVED]


def test_that_a_waiver_ended_is_told_of_a_whole_state() -> None:
    ends = waiving(started(), entry(RULE, NEXT))

    assert standing(ends) == ()
    (over,) = standing(ends, now=START + 100 * 86_400)
    assert (over.rule, over.level) == ("expired-waiver", Level.WARNING)


def test_a_change_of_something_else_does_not_tell_of_waivers_that_ended() -> None:
    base = waiving(started(), entry(RULE, NEXT, expires="2020-01-01T00:00:00Z"))

    assert check_change(change_between(base.files, base.copy().version("1.1.0").files)) == ()


def test_a_state_without_waivers_is_the_same_at_all_times() -> None:
    assert is_timeless(Registry(MemoryFiles(started().files)))
    assert not is_timeless(Registry(MemoryFiles(waiving(started(), entry(RULE, NEXT)).files)))


def test_a_waiver_may_be_of_180_days_and_no_more() -> None:
    base = started()

    def judged(expires: str) -> list[str]:
        head = waiving(base.copy(), entry(RULE, NEXT, expires=expires))
        return [found.rule for found in check_change(change_between(base.files, head.files))]

    assert judged("2026-07-01T03:04:05Z") == []
    assert judged("2026-07-02T03:04:05Z") == ["overlong-waiver"]


def test_who_approves_is_compared_only_where_an_author_is_known() -> None:
    base = started()
    head = waiving(base.copy(), entry(RULE, NEXT))
    change = change_between(base.files, head.files)

    assert check_change(change) == ()
    assert [one.rule for one in check_change(replace(change, author=SAM))] == ["self-approved-waiver"]
