"""Cases of the rules about quarantine, its lifting, and the archive."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Policy
from mooring.domain.model import Severity, State, VersionStatus
from tests.rules.case_documents import live, started
from tests.rules.case_environments import case, policy
from tests.rules.case_pointers import Main, split
from tests.support.builder import ALEX, CREATED, Builder
from tests.support.cases import Case

STATUS = "registry/iris/status/1.0.0.yaml"


def ban(
    builder: Builder,
    *,
    severity: Severity = Severity.WARN,
    environments: tuple[str, ...] = (),
    expires: str | None = None,
) -> Builder:
    """Quarantine iris 1.0.0."""
    status = VersionStatus(
        model="iris",
        version="1.0.0",
        state=State.QUARANTINED,
        reason="Trained on leaked labels",
        by=ALEX,
        at=CREATED,
        severity=severity,
        environments=environments,
        expires=expires,
    )
    return builder.write(STATUS, codec.encode(status))


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _quarantined_live_version()
    yield from _archived_live_version()
    yield from _bundled_reinstatement()


def _quarantined_live_version() -> Iterator[Case]:
    rule = "quarantined-live-version"
    yield case(rule, "what-is-live-is-banned", live(), ban)
    shared = live().version("1.1.0").promote("1.1.0", to="staging", rollout=split(v1_0_0=50, v1_1_0=50))
    yield case(rule, "a-share-of-a-split-is-banned", shared, ban)
    two = live().environment("canary")
    yield case(rule, "it-is-banned-elsewhere-only", two, lambda it: ban(it, environments=("canary",)))
    yield case(
        rule,
        "a-ban-that-stays-as-it-is",
        ban(live()),
        lambda it: ban(it, expires="2026-12-01T00:00:00Z"),
    )


def _archived_live_version() -> Iterator[Case]:
    rule = "archived-live-version"
    yield case(rule, "what-is-live", live(), lambda it: it.status("1.0.0", State.ARCHIVED))
    replaced = Main(live().version("1.1.0")).then(lambda it: it.promote("1.1.0", to="staging"))
    yield replaced.case(rule, "what-was-live-a-day-ago", lambda it: it.status("1.0.0", State.ARCHIVED))
    child = started().model("search").version("2.0.0", parents=["iris@1.0.0"]).promote("2.0.0", to="staging")
    yield case(
        rule,
        "a-parent-of-what-is-live",
        child.about("iris"),
        lambda it: it.status("1.0.0", State.ARCHIVED),
    )
    yield case(
        rule,
        "it-was-never-live",
        live().version("1.1.0"),
        lambda it: it.status("1.1.0", State.ARCHIVED),
    )
    brief = Main(policy(live().version("1.1.0"), Policy(name="staging", retention="12h")))
    brief.then(lambda it: it.promote("1.1.0", to="staging")).then(lambda it: it.version("1.2.0"))
    yield brief.case(rule, "its-time-has-passed", lambda it: it.status("1.0.0", State.ARCHIVED))
    feeds = Main(live().version("1.1.0").environment("production", promotes_from=["staging"]))
    feeds.then(lambda it: it.promote("1.1.0", to="staging"))
    yield feeds.case(
        rule,
        "an-environment-that-feeds-another-keeps-nothing",
        lambda it: it.status("1.0.0", State.ARCHIVED),
    )


def _bundled_reinstatement() -> Iterator[Case]:
    rule = "bundled-reinstatement"
    yield case(
        rule,
        "the-ban-goes-with-a-new-version",
        ban(started()),
        lambda it: it.remove(STATUS).version("1.1.0"),
    )
    yield case(
        rule,
        "a-weaker-state-with-a-card",
        ban(started()),
        lambda it: it.status("1.0.0", State.DEPRECATED).write(
            layout.card_path("iris", "1.0.0"), "# Iris\n\nIt is fine.\n"
        ),
    )
    yield case(
        rule,
        "fewer-environments-with-a-model",
        ban(started().environment("canary")),
        lambda it: ban(it, environments=("canary",)).model("search"),
    )
    yield case(
        rule,
        "a-shorter-ban-that-blocks-no-more",
        ban(started(), severity=Severity.BLOCK),
        lambda it: ban(it, expires="2026-02-01T00:00:00Z").model("search"),
    )
    yield case(rule, "the-ban-is-lifted-alone", ban(started()), lambda it: it.remove(STATUS))
    yield case(
        rule,
        "a-ban-with-a-new-version",
        started(),
        lambda it: ban(it).version("1.1.0"),
    )
    yield case(
        rule,
        "what-has-expired-is-cleaned-up",
        ban(started(), expires="2026-01-01T00:00:00Z"),
        lambda it: it.remove(STATUS).version("1.1.0"),
    )
