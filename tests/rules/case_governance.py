"""Cases of the rules about what judges changes, who asks for them, and what a version must say of itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.environment import Policy, Settings
from mooring.domain.finding import Unreadable
from mooring.domain.model import DataReference, ModelVersion, Training
from mooring.domain.requirements import Requirement
from tests.rules.case_documents import POINTER, live, started
from tests.rules.case_environments import ALEX_LINE, case, policy
from tests.rules.case_pointers import Main, rolled_back, twice
from tests.support.builder import ALEX, SAM, Builder
from tests.support.cases import Case

ROBOT = "Retraining <retrain-bot@example.com>"
SETTINGS = Settings(automation=("retrain-bot@example.com",))
CARD = "registry/iris/cards/1.0.0.md"


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _mixed_policy_change()
    yield from _unknown_requester()
    yield from _automated_advance()
    yield from _missing_required_field()


def _mixed_policy_change() -> Iterator[Case]:
    rule = "mixed-policy-change"
    yield case(
        rule,
        "a-policy-is-loosened-among-models",
        started().environment("production", approvals=1),
        lambda it: it.environment("production").version("1.1.0").version("1.2.0"),
    )
    yield case(
        rule,
        "a-signer-comes-with-a-version",
        started(),
        lambda it: it.write(layout.SIGNERS, ALEX_LINE).version("1.1.0"),
    )
    yield case(
        rule,
        "a-workflow-comes-with-a-version",
        started(),
        lambda it: it.write(".github/workflows/check.yml", "on: push\n").version("1.1.0"),
    )
    yield case(rule, "a-policy-alone", started(), lambda it: it.environment("staging", approvals=1))
    yield Case(rule, "the-first-commit", {}, started().settings().files)
    yield case(
        rule,
        "code-comes-with-a-version",
        started(),
        lambda it: it.write("train.sh", "python -m train\n").version("1.1.0"),
    )


def _unknown_requester() -> Iterator[Case]:
    rule = "unknown-requester"
    known = started().settings(Settings(people={"sam.rivera@example.com": "srivera"}))
    yield case(rule, "a-promotion-by-a-stranger", known, lambda it: it.promote("1.0.0", to="staging"))
    signed = live().write(layout.SIGNERS, ALEX_LINE.replace("alex.turner", "grace"))
    yield case(rule, "a-withdrawal-by-a-stranger", signed, lambda it: it.withdraw(environment="staging"))
    yield case(
        rule,
        "somebody-who-is-listed",
        known,
        lambda it: it.promote("1.0.0", to="staging", requested_by=SAM),
    )
    yield case(rule, "nobody-is-listed", started(), lambda it: it.promote("1.0.0", to="staging"))


def _automated_advance() -> Iterator[Case]:
    rule = "automated-advance"
    held = rolled_back().then(lambda it: it.settings(SETTINGS).version("1.0.1").version("1.2.0"))
    by_robot = held.case(
        rule,
        "a-job-promotes-the-next-candidate",
        lambda it: it.promote("1.0.1", to="staging", requested_by=ROBOT),
    )
    yield by_robot
    yield replace(
        held.case(
            rule,
            "a-job-commits-in-the-name-of-a-person",
            lambda it: it.promote("1.0.1", to="staging", requested_by=ALEX),
        ),
        author=ROBOT,
    )
    yield held.case(
        rule,
        "a-greater-version-than-the-bad-one",
        lambda it: it.promote("1.2.0", to="staging", requested_by=ROBOT),
    )
    yield held.case(rule, "a-person-promotes", lambda it: it.promote("1.0.1", to="staging", requested_by=SAM))
    yield held.case(rule, "a-job-withdraws", lambda it: it.withdraw(environment="staging"))
    lifted = rolled_back().then(lambda it: it.settings(SETTINGS).version("1.0.1").version("1.0.2"))
    lifted.then(lambda it: it.promote("1.0.1", to="staging", requested_by=SAM))
    yield lifted.case(
        rule,
        "a-person-promoted-since",
        lambda it: it.promote("1.0.2", to="staging", requested_by=ROBOT),
    )
    free = twice().then(lambda it: it.settings(SETTINGS).version("1.0.1"))
    yield free.case(
        rule,
        "nothing-was-rolled-back",
        lambda it: it.promote("1.0.1", to="staging", requested_by=ROBOT),
    )


def _saying(builder: Builder, **said: object) -> Builder:
    """Let the manifest of iris 1.0.0 say more."""
    path = layout.manifest_path("iris", "1.0.0")
    found = codec.decode(ModelVersion, builder.files[path], path)
    if isinstance(found, Unreadable):
        raise TypeError(str(found))
    return builder.write(path, codec.encode(found.model_copy(update=said)))


def _missing_required_field() -> Iterator[Case]:
    rule = "missing-required-field"
    asking = Policy(
        name="staging",
        requires=(
            Requirement.OWNERS,
            Requirement.METRICS,
            Requirement.DATA_DIGEST,
            Requirement.LIMITATIONS,
            Requirement.LICENSE,
        ),
    )
    yield case(
        rule,
        "a-version-that-says-nothing",
        policy(started(), asking),
        lambda it: it.promote("1.0.0", to="staging"),
    )
    prose = Policy(
        name="staging",
        requires=(Requirement.CARD,),
        card_sections=("Intended use", "Evaluation"),
    )
    yield case(
        rule,
        "a-card-without-a-section",
        policy(started(), prose).write(CARD, "# Iris\n\n## Intended use\n\nFlowers.\n"),
        lambda it: it.promote("1.0.0", to="staging"),
    )
    yield case(rule, "no-card-at-all", policy(started(), prose), lambda it: it.promote("1.0.0", to="staging"))
    whole = Policy(
        name="staging",
        requires=(
            Requirement.OWNERS,
            Requirement.METRICS,
            Requirement.DATA_DIGEST,
            Requirement.LIMITATIONS,
            Requirement.CARD,
        ),
        card_sections=("intended use",),
    )
    data = DataReference(name="iris", digest="sha256:" + "0" * 64)
    full = _saying(
        started(),
        metrics={"accuracy": 0.97},
        limitations=("Trained on three species.",),
        training=Training(data=(data,)),
    )
    yield case(
        rule,
        "a-version-that-says-it-all",
        policy(full, whole).write(CARD, "# Iris\n\n## Intended use\n\nFlowers.\n"),
        lambda it: it.promote("1.0.0", to="staging"),
    )
    later = Main(started().version("1.1.0")).then(lambda it: it.promote("1.0.0", to="staging"))
    later.then(lambda it: it.promote("1.1.0", to="staging")).then(lambda it: policy(it, asking))
    yield later.case(
        rule,
        "a-rollback-is-not-asked",
        lambda it: it.restore(POINTER, later.states[1]),
    )
