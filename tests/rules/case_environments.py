"""Cases of the rules about policies and about who may sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Approvals, GateSpec, Policy, Soak
from mooring.domain.freeze import Freeze
from mooring.domain.model import State
from mooring.domain.pointer import Rollout, Step, Strategy
from tests.rules.case_documents import live, started
from tests.support.builder import Builder
from tests.support.cases import Case

ALEX_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIGZpcnN0IGtleSBvZiBhIHRlc3QsIDMyIGJ5dGVzISE="
SAM_KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIHNlY29uZCBrZXkgb2YgYSB0ZXN0IG9mIDMyIGJ5dGU="
ALEX_LINE = f'alex.turner@example.com namespaces="git" ssh-ed25519 {ALEX_KEY}\n'
SAM_LINE = f"sam.rivera@example.com ssh-ed25519 {SAM_KEY}\n"


def policy(builder: Builder, written: Policy) -> Builder:
    """Write a policy as it is."""
    return builder.write(layout.policy_path(written.name), codec.encode(written))


def case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    """A change of a base without a history."""
    return Case(rule, name, base.files, step(base.copy()).files)


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _unknown_environment()
    yield from _aimless_status()
    yield from _promotion_cycle()
    yield from _impassable_policy()
    yield from _unknown_principal()
    yield from _brief_retention()
    yield from _endless_freeze()
    yield from _unreadable_signer()


def _unknown_environment() -> Iterator[Case]:
    rule = "unknown-environment"
    yield case(
        rule,
        "promotes-from-a-slip-of-the-pen",
        started(),
        lambda it: it.environment("production", promotes_from=["stagign"]),
    )
    soak = GateSpec(soak=Soak.model_validate({"in": "preprod", "for": "24h"}))
    yield case(
        rule,
        "a-soak-in-an-environment-that-was-never-made",
        started(),
        lambda it: it.environment("production", promotes_from=["staging"], gates=[soak]),
    )
    yield case(
        rule,
        "the-environment-before-is-removed",
        started().environment("production", promotes_from=["staging"]),
        lambda it: it.remove("environments/staging.yaml"),
    )
    yield case(
        rule,
        "an-environment-that-is-there",
        started(),
        lambda it: it.environment("production", promotes_from=["staging"]),
    )


def _aimless_status() -> Iterator[Case]:
    rule = "aimless-status"
    yield case(
        rule,
        "a-quarantine-of-a-slip-of-the-pen",
        live().version("1.1.0"),
        lambda it: it.status("1.1.0", State.QUARANTINED, environments=["stagign"]),
    )
    yield case(
        rule,
        "the-environment-of-a-status-is-removed",
        live()
        .environment("canary")
        .version("1.1.0")
        .status("1.1.0", State.DEPRECATED, environments=["canary"]),
        lambda it: it.remove("environments/canary.yaml"),
    )
    yield case(
        rule,
        "a-status-that-holds-everywhere",
        live().version("1.1.0"),
        lambda it: it.status("1.1.0", State.QUARANTINED),
    )


def _promotion_cycle() -> Iterator[Case]:
    rule = "promotion-cycle"
    yield case(
        rule,
        "an-environment-feeds-itself",
        started(),
        lambda it: it.environment("production", promotes_from=["staging", "production"]),
    )
    yield case(
        rule,
        "staging-and-production-feed-each-other",
        started().environment("production", promotes_from=["staging"]),
        lambda it: it.environment("staging", promotes_from=["production"]),
    )
    yield case(
        rule,
        "two-ways-that-meet",
        started().environment("canary", promotes_from=["staging"]),
        lambda it: it.environment("production", promotes_from=["canary", "staging"]),
    )


def _impassable_policy() -> Iterator[Case]:
    rule = "impassable-policy"
    yield case(
        rule,
        "two-approvals-of-one-person",
        started().write(layout.SIGNERS, ALEX_LINE),
        lambda it: policy(
            it,
            Policy(
                name="production", approvals=Approvals(required=2, principals=("alex.turner@example.com",))
            ),
        ),
    )
    soak = GateSpec(soak=Soak.model_validate({"in": "production", "for": "24h"}))
    yield case(
        rule,
        "a-soak-in-the-environment-itself",
        started(),
        lambda it: it.environment("production", gates=[soak]),
    )
    yield case(
        rule,
        "bounds-that-exclude-each-other",
        started(),
        lambda it: it.environment(
            "production", gates=[GateSpec(metric="latency_ms", min=9), GateSpec(metric="latency_ms", max=5)]
        ),
    )
    yield case(
        rule,
        "signatures-and-nobody-who-could-sign",
        started(),
        lambda it: policy(
            it, Policy(name="production", signed=True, gates=(GateSpec(signature="required"),))
        ),
    )
    yield case(
        rule,
        "bounds-of-two-models",
        started(),
        lambda it: it.environment(
            "production",
            gates=[
                GateSpec(metric="latency_ms", min=9, models=("iris",)),
                GateSpec(metric="latency_ms", max=5, models=("search",)),
            ],
        ),
    )
    yield case(
        rule,
        "two-approvals-of-two-people",
        started().write(layout.SIGNERS, ALEX_LINE + SAM_LINE),
        lambda it: policy(
            it,
            Policy(
                name="production",
                approvals=Approvals(
                    required=2, principals=("alex.turner@example.com", "sam.rivera@example.com")
                ),
                gates=(GateSpec(metric="latency_ms", min=0, max=5),),
            ),
        ),
    )


def _unknown_principal() -> Iterator[Case]:
    rule = "unknown-principal"
    asks_sam = Policy(
        name="production", approvals=Approvals(required=1, principals=("sam.rivera@example.com",))
    )
    yield case(
        rule,
        "somebody-without-a-key-may-approve",
        started().write(layout.SIGNERS, ALEX_LINE),
        lambda it: policy(it, asks_sam),
    )
    yield case(
        rule,
        "somebody-who-may-approve-leaves-the-list",
        policy(started(), asks_sam).write(layout.SIGNERS, ALEX_LINE + SAM_LINE),
        lambda it: it.write(layout.SIGNERS, ALEX_LINE),
    )
    tested = GateSpec(check="load-test", by=("robot@example.com",))
    yield case(
        rule,
        "a-check-by-somebody-without-a-key",
        started().write(layout.SIGNERS, ALEX_LINE),
        lambda it: it.environment("production", gates=[tested]),
    )
    yield case(
        rule,
        "capitals-tell-nobody-apart",
        started().write(layout.SIGNERS, ALEX_LINE + SAM_LINE.replace("sam", "Sam")),
        lambda it: policy(it, asks_sam),
    )


def _brief_retention() -> Iterator[Case]:
    rule = "brief-retention"
    slow = Rollout(strategy=Strategy.CANARY, steps=(Step(weight=10, hold="36h"), Step(weight=100)))
    yield case(
        rule,
        "shorter-than-the-rollout",
        started(),
        lambda it: policy(it, Policy(name="production", rollout=slow, retention="1d")),
    )
    yield case(
        rule,
        "nothing-is-kept",
        started(),
        lambda it: policy(it, Policy(name="production", retention="0d")),
    )
    yield case(
        rule,
        "longer-than-the-rollout",
        started(),
        lambda it: policy(it, Policy(name="production", rollout=slow, retention="30d")),
    )


def _endless_freeze() -> Iterator[Case]:
    rule = "endless-freeze"

    def freezing(builder: Builder, **said: str) -> Builder:
        freeze = Freeze.model_validate({"name": "year's end", "reason": "Nobody is here", **said})
        return builder.environment("production", freeze=[freeze])

    yield case(
        rule,
        "a-slip-in-the-year",
        started(),
        lambda it: freezing(it, **{"from": "2026-12-20T00:00:00Z", "to": "2072-01-03T00:00:00Z"}),
    )
    yield case(
        rule,
        "every-day-all-day",
        started(),
        lambda it: freezing(it, rrule="FREQ=DAILY;BYHOUR=0", **{"for": "24h"}),
    )
    yield case(
        rule,
        "every-weekend",
        started(),
        lambda it: freezing(
            it, rrule="FREQ=WEEKLY;BYDAY=FR;BYHOUR=17", timezone="Europe/Berlin", **{"for": "62h"}
        ),
    )
    yield case(
        rule,
        "the-end-of-every-year",
        started(),
        lambda it: freezing(it, rrule="FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=20", **{"for": "14d"}),
    )
    yield case(
        rule,
        "two-weeks",
        started(),
        lambda it: freezing(it, **{"from": "2026-12-20T00:00:00Z", "to": "2027-01-03T00:00:00Z"}),
    )


def _unreadable_signer() -> Iterator[Case]:
    rule = "unreadable-signer"
    yield case(
        rule,
        "a-key-that-was-cut",
        started(),
        lambda it: it.write(layout.SIGNERS, ALEX_LINE + "sam.rivera@example.com ssh-ed25519 AAAAC3N\n"),
    )
    yield case(
        rule,
        "a-pub-file-without-the-person",
        started().write(layout.SIGNERS, ALEX_LINE),
        lambda it: it.write(layout.SIGNERS, f"{ALEX_LINE}ssh-ed25519 {SAM_KEY}\n"),
    )
    yield case(
        rule,
        "comments-and-empty-lines",
        started(),
        lambda it: it.write(layout.SIGNERS, f"# who may sign\n\n{ALEX_LINE}{SAM_LINE}"),
    )
