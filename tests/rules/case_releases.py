"""Cases of the rules about versions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.documents.canonical import canonical
from mooring.domain.document import JsonObject
from mooring.domain.model import Model, State
from mooring.domain.versions import Versioning
from tests.rules.case_documents import MANIFEST, MODEL, live, started
from tests.rules.case_provenance import SIGNATURE, signature
from tests.support.builder import Builder
from tests.support.cases import Case

ARTIFACT = "registry/iris/versions/1.0.0/artifact.dvc"
NEXT = "registry/iris/versions/1.1.0/manifest.yaml"
NEXT_ARTIFACT = "registry/iris/versions/1.1.0/artifact.dvc"

AMOUNT: JsonObject = {"type": "object", "properties": {"amount": {"type": "number"}}, "required": ["amount"]}
WHOLE_AMOUNT: JsonObject = {
    "type": "object",
    "properties": {"amount": {"type": "integer"}},
    "required": ["amount"],
}
WITH_NOTE: JsonObject = {
    "type": "object",
    "properties": {"amount": {"type": "number"}, "note": {"type": "string"}},
    "required": ["amount"],
}


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files)


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _changed_version_file()
    yield from _missing_artifact_pointer()
    yield from _insufficient_bump()
    yield from _missing_metric()
    yield from _undeclared_metric()
    yield from _redefined_metric()


def _missing_metric() -> Iterator[Case]:
    rule = "missing-metric"
    wanted = "metrics: {accuracy: {direction: higher, required: true}, f1: {direction: higher}}\n"
    base = started().write(MODEL, canonical(Model, started().files[MODEL] + wanted.encode()))
    yield _case(rule, "nothing-was-measured", base, lambda it: it.version("1.1.0"))
    yield _case(
        rule,
        "only-what-nobody-asks-for-was-measured",
        base,
        lambda it: it.version("1.1.0", metrics={"f1": 0.9}).edit(MODEL, "required: true", "required: false"),
    )
    yield _case(
        rule, "what-is-asked-for-is-there", base, lambda it: it.version("1.1.0", metrics={"accuracy": 0.9})
    )


def _changed_version_file() -> Iterator[Case]:
    rule = "changed-version-file"
    yield _case(
        rule,
        "a-manifest-is-improved",
        started(),
        lambda it: it.edit(MANIFEST, "author:", "description: Much better\nauthor:"),
    )
    yield _case(
        rule,
        "a-manifest-is-changed-under-a-pointer",
        live(),
        lambda it: it.edit(MANIFEST, "scikit-learn", "xgboost"),
    )
    yield _case(rule, "a-version-is-removed", started(), lambda it: it.remove("registry/iris/versions/1.0.0"))
    signed = started().write(SIGNATURE, signature(started()))
    yield _case(
        rule,
        "a-signature-is-replaced",
        signed,
        lambda it: it.edit(SIGNATURE, "alex.turner@example.com", "sam.rivera@example.com"),
    )
    yield _case(
        rule,
        "a-file-is-added-after-the-registration",
        started(),
        lambda it: it.write("registry/iris/versions/1.0.0/card.md", "# Irises\n"),
    )
    yield _case(rule, "a-signature-is-added", started(), lambda it: it.write(SIGNATURE, signature(it)))
    yield _case(
        rule,
        "what-may-change-lies-elsewhere",
        started(),
        lambda it: it.status("1.0.0", State.ARCHIVED).write("registry/iris/cards/1.0.0.md", "# Irises\n"),
    )
    stray = started().write("registry/iris/versions/1.0.0/notes.txt", "scaler?\n")
    yield _case(
        rule,
        "a-stray-file-goes",
        stray,
        lambda it: it.remove("registry/iris/versions/1.0.0/notes.txt"),
    )


def _missing_artifact_pointer() -> Iterator[Case]:
    rule = "missing-artifact-pointer"
    yield _case(rule, "no-artifact-dvc", started(), lambda it: it.version("1.1.0").remove(NEXT_ARTIFACT))
    yield _case(
        rule,
        "it-is-about-other-bytes",
        started(),
        lambda it: it.version("1.1.0").write(NEXT_ARTIFACT, it.files[ARTIFACT]),
    )
    yield _case(
        rule,
        "it-was-written-by-dvc-2",
        started(),
        lambda it: it.version("1.1.0").edit(NEXT_ARTIFACT, "  hash: md5\n", ""),
    )
    yield _case(
        rule,
        "it-is-no-yaml",
        started(),
        lambda it: it.version("1.1.0").write(NEXT_ARTIFACT, "outs: [\n"),
    )
    yield _case(rule, "manifest-and-artifact-dvc-agree", started(), lambda it: it.version("1.1.0"))


def _insufficient_bump() -> Iterator[Case]:
    rule = "insufficient-bump"
    base = Builder().model("fraud").version("1.2.0", accepts=AMOUNT, returns={"type": "number"})
    yield _case(
        rule,
        "a-minor-version-refuses-what-was-accepted",
        base,
        lambda it: it.version("1.3.0", accepts=WHOLE_AMOUNT, returns={"type": "number"}),
    )
    yield _case(
        rule,
        "a-patch-accepts-more",
        base,
        lambda it: it.version("1.2.1", accepts=WITH_NOTE, returns={"type": "number"}),
    )
    yield _case(
        rule,
        "a-pre-release-is-judged-like-its-release",
        base,
        lambda it: it.version("1.3.0-rc.1", accepts=WHOLE_AMOUNT, returns={"type": "number"}),
    )
    yield _case(
        rule,
        "declared-breaking-and-numbered-minor",
        base,
        lambda it: it.version("1.3.0", accepts=AMOUNT, returns={"type": "number"}, breaking=True),
    )
    lower: JsonObject = {"type": "string", "pattern": "^[a-c]+"}
    wider: JsonObject = {"type": "string", "pattern": "^[a-z]+"}
    yield _case(
        rule,
        "what-nobody-can-decide-is-major",
        Builder().model("fraud").version("1.2.0", accepts=lower),
        lambda it: it.version("1.3.0", accepts=wider),
    )
    dated = Builder().model("fraud", versioning=Versioning.CALVER).version("2026.01.15", accepts=AMOUNT)
    yield _case(
        rule,
        "a-dated-version-breaks-silently",
        dated,
        lambda it: it.version("2026.02.01", accepts=WHOLE_AMOUNT),
    )
    yield _case(
        rule,
        "a-dated-version-says-that-it-breaks",
        dated,
        lambda it: it.version("2026.02.01", accepts=WHOLE_AMOUNT, breaking=True),
    )
    yield _case(
        rule,
        "a-breaking-change-is-major",
        base,
        lambda it: it.version("2.0.0", accepts=WHOLE_AMOUNT, returns={"type": "number"}),
    )
    yield _case(
        rule,
        "the-release-after-its-pre-release-is-judged-against-the-last-release",
        base.copy().version("2.0.0-rc.1", accepts=WHOLE_AMOUNT, returns={"type": "number"}),
        lambda it: it.version("2.0.0", accepts=AMOUNT, returns={"type": "number"}),
    )
    yield _case(
        rule,
        "a-hotfix-is-judged-against-its-own-line",
        base.copy().version("2.0.0", accepts=WHOLE_AMOUNT, returns={"type": "number"}),
        lambda it: it.version("1.2.1", accepts=AMOUNT, returns={"type": "number"}),
    )


METRICS = "metrics:\n  f1_score: {direction: higher}\n  latency: {direction: lower, unit: ms}\n"


def _undeclared_metric() -> Iterator[Case]:
    rule = "undeclared-metric"
    base = started().write(MODEL, started().files[MODEL] + METRICS.encode())
    yield _case(rule, "one-metric-under-two-names", base, lambda it: it.version("1.1.0", metrics={"f1": 0.9}))
    yield _case(
        rule,
        "a-metric-that-is-new",
        base,
        lambda it: it.version("1.1.0", metrics={"f1_score": 0.9, "cost": 12.5}),
    )
    yield _case(
        rule,
        "what-is-declared",
        base,
        lambda it: it.version("1.1.0", metrics={"f1_score": 0.9, "latency": 3}),
    )
    yield _case(
        rule, "a-model-that-declares-none", started(), lambda it: it.version("1.1.0", metrics={"f1": 0.9})
    )


def _redefined_metric() -> Iterator[Case]:
    rule = "redefined-metric"
    base = started().write(MODEL, started().files[MODEL] + METRICS.encode())
    yield _case(rule, "another-unit", base, lambda it: it.edit(MODEL, "unit: ms", "unit: s"))
    yield _case(
        rule,
        "another-direction",
        base,
        lambda it: it.edit(MODEL, "f1_score: {direction: higher}", "f1_score: {direction: lower}"),
    )
    yield _case(
        rule,
        "a-metric-of-another-name",
        base,
        lambda it: it.edit(MODEL, "unit: ms}", "unit: ms}\n  latency_p99: {direction: lower, unit: s}"),
    )
