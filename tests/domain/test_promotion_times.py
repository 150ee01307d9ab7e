"""What plans refuse, and until when: bans that end, holds after a rollback, and versions that must be kept."""

from __future__ import annotations

from datetime import datetime

import pytest

from mooring.documents import codec
from mooring.documents.memory import MemoryFiles
from mooring.domain.environment import Policy, Settings
from mooring.domain.model import Severity, State, VersionStatus
from mooring.domain.pointer import Rollout, Strategy
from mooring.domain.promotion import plan_promotion, plan_rollback, rollback_targets
from mooring.domain.references import parse_reference
from mooring.domain.registry import Registry
from mooring.domain.retention import DAY, DEFAULT, kept_for, reasons_to_keep
from mooring.errors import RefusedError
from tests.support.builder import ALEX, CREATED, Builder, promotion_id
from tests.support.changes import START, MemoryPast

ROBOT = "Retraining <retrain-bot@example.com>"
ENDS = "2026-03-01T00:00:00Z"
END = int(datetime.fromisoformat(ENDS).timestamp())


def started() -> Builder:
    return Builder().environment("staging").model("iris").version("1.0.0").version("1.1.0").version("1.2.0")


def banned(builder: Builder, version: str, state: State = State.QUARANTINED) -> Builder:
    status = VersionStatus(
        model="iris",
        version=version,
        state=state,
        reason="Trained on leaked labels",
        by=ALEX,
        at=CREATED,
        severity=Severity.BLOCK,
        expires=ENDS,
    )
    return builder.write(f"registry/iris/status/{version}.yaml", codec.encode(status))


def registry(builder: Builder) -> Registry:
    return Registry(MemoryFiles(builder.files))


def planned(builder: Builder, version: str, *, now: int, past=(), by: str = ALEX):
    history = MemoryPast([*past, builder.files]).of("staging", "iris")
    return plan_promotion(
        registry(builder),
        history,
        version=version,
        promotion=promotion_id(9),
        reason="It is better",
        requested_by=by,
        now=now,
    )


def test_a_quarantine_bans_until_it_ends() -> None:
    builder = banned(started(), "1.1.0")

    with pytest.raises(RefusedError, match="quarantined and blocked: Trained on leaked labels"):
        planned(builder, "1.1.0", now=END - 1)
    plan = planned(builder, "1.1.0", now=END)

    assert plan.after is not None
    assert plan.after.version == "1.1.0"


def test_what_is_archived_stays_so() -> None:
    with pytest.raises(RefusedError, match="archived"):
        planned(banned(started(), "1.1.0", State.ARCHIVED), "1.1.0", now=END + DAY)


def test_an_expired_quarantine_warns_and_blocks_no_more() -> None:
    found = registry(banned(started().promote("1.1.0", to="staging"), "1.1.0"))
    reference = parse_reference("iris@staging")

    assert found.resolve(reference, now=END - 1).blocked is not None
    assert found.resolve(reference, now=END).warnings == ()
    assert found.resolve(reference).blocked is not None


def rolled_back() -> tuple[list[dict[str, bytes]], Builder]:
    """1.0.0, then 1.1.0, then back; automation is listed."""
    builder = started().settings(Settings(automation=("retrain-bot@example.com",)))
    first = builder.promote("1.0.0", to="staging").files
    second = builder.promote("1.1.0", to="staging").files
    return [first, second], builder.restore("environments/staging/iris.yaml", first).version("1.0.1")


def test_automation_leaves_a_rollback_alone_and_goes_on_above_it() -> None:
    past, builder = rolled_back()

    with pytest.raises(RefusedError, match=r"only a person moves it to 1\.0\.1") as raised:
        planned(builder, "1.0.1", now=START, past=past, by=ROBOT)

    assert raised.value.hint == "A person may: mooring promote iris@1.0.1 --to staging --reason '...'"
    assert planned(builder, "1.0.1", now=START, past=past).after is not None
    assert planned(builder, "1.2.0", now=START, past=past, by=ROBOT).after is not None


def test_a_rollback_returns_no_share_that_was_banned_since() -> None:
    builder = started()
    split = Rollout(strategy=Strategy.AB_TEST, weights={"1.0.0": 50, "1.1.0": 50})
    states = [
        builder.promote("1.0.0", to="staging").files,
        builder.promote("1.1.0", to="staging", rollout=split).files,
        builder.promote("1.2.0", to="staging").files,
    ]
    banned(builder, "1.0.0")
    history = MemoryPast([*states, builder.files]).of("staging", "iris")

    with pytest.raises(RefusedError, match=r"iris@1\.0\.0 is quarantined"):
        plan_rollback(registry(builder), history, now=END - 1)

    assert rollback_targets(registry(builder), history, now=END - 1) == ()
    assert [pointer.version for _, pointer in rollback_targets(registry(builder), history, now=END)] == [
        "1.1.0",
        "1.0.0",
    ]


def test_what_left_is_kept_for_400_days_where_nothing_promotes_from() -> None:
    builder = started().environment("production", promotes_from=["staging"])
    builder.write("environments/lab.yaml", codec.encode(Policy(name="lab", retention="36h")))
    found = registry(builder)

    assert {name: kept_for(found, name) for name in ("staging", "production", "lab")} == {
        "staging": 0,
        "production": DEFAULT,
        "lab": 1.5 * DAY,
    }


def kept(builder: Builder, past: list[dict[str, bytes]], version: str, *, now: int) -> list[str]:
    of = MemoryPast([*past, builder.files]).of
    return [reason for _, reason in reasons_to_keep(registry(builder), of, "iris", version, now=now)]


def test_a_version_is_kept_while_it_is_live_or_may_come_back() -> None:
    builder = started()
    past = [builder.promote("1.0.0", to="staging").files]
    builder.promote("1.1.0", to="staging")
    left = START + DAY

    assert kept(builder, past, "1.1.0", now=left) == ["iris@1.1.0 is live in staging"]
    assert kept(builder, past, "1.0.0", now=left + DEFAULT - 1) == [
        "iris@1.0.0 was live in staging within the last 400 days"
    ]
    assert kept(builder, past, "1.0.0", now=left + DEFAULT) == []
    assert kept(builder, past, "1.2.0", now=left) == []
