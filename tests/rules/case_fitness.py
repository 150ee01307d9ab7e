"""Cases of the rules about what a promotion brings, what a manifest holds and where the bytes lie."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.document import JsonObject
from mooring.domain.layout import DVC_CONFIG
from mooring.domain.model import State
from tests.rules.case_documents import POINTER, live, started
from tests.rules.case_pointers import Main, split, twice
from tests.support.builder import Builder
from tests.support.cases import Case

PICKLED = {"model.joblib": b"\x80\x04."}
REMOTE = """[core]
    remote = storage
['remote "storage"']
    url = s3://models/registry
"""


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _retired_version()
    yield from _deprecated_version()
    yield from _unsafe_format()
    yield from _unjudged_share()
    yield from _undeclared_format()
    yield from _unusable_interface()
    yield from _unsafe_remote()


def _retired_version() -> Iterator[Case]:
    rule = "retired-version"
    banned = Main(
        live().version("1.1.0").status("1.1.0", State.QUARANTINED, reason="Trained on leaked labels")
    )
    yield banned.case(rule, "a-quarantined-version", lambda it: it.promote("1.1.0", to="staging"))
    archived = Main(live().version("1.1.0").status("1.1.0", State.ARCHIVED))
    yield archived.case(rule, "an-archived-version", lambda it: it.promote("1.1.0", to="staging"))
    back = twice().then(lambda it: it.status("1.0.0", State.QUARANTINED, reason="It was wrong all along"))
    yield back.case(
        rule, "a-rollback-to-a-quarantined-version", lambda it: it.restore(POINTER, back.states[1])
    )
    shared = Main(live().version("1.1.0")).then(lambda it: it.status("1.0.0", State.QUARANTINED))
    yield shared.case(
        rule,
        "a-share-for-a-quarantined-version",
        lambda it: it.promote("1.1.0", to="staging", rollout=split(v1_0_0=50, v1_1_0=50)),
    )
    yield Main(live()).case(
        rule, "what-is-live-is-quarantined", lambda it: it.status("1.0.0", State.QUARANTINED)
    )
    elsewhere = Main(live().version("1.1.0").status("1.1.0", State.QUARANTINED, environments=["production"]))
    yield elsewhere.case(rule, "it-is-quarantined-elsewhere", lambda it: it.promote("1.1.0", to="staging"))
    over = Main(_expiring(live().version("1.1.0"), State.QUARANTINED, "2026-01-02T03:00:00Z"))
    yield over.case(rule, "a-quarantine-that-is-over", lambda it: it.promote("1.1.0", to="staging"))
    lasting = Main(_expiring(live().version("1.1.0"), State.QUARANTINED, "2026-01-02T03:10:00Z"))
    yield lasting.case(
        rule, "a-quarantine-that-ends-after-the-base", lambda it: it.promote("1.1.0", to="staging")
    )
    gone = Main(_expiring(live().version("1.1.0"), State.ARCHIVED, "2026-01-02T03:00:00Z"))
    yield gone.case(rule, "what-is-archived-stays-archived", lambda it: it.promote("1.1.0", to="staging"))


def _expiring(builder: Builder, state: State, expires: str) -> Builder:
    """Give iris 1.1.0 a status that ends; the base of a case is committed on 2 January 2026 or a few days later."""
    return builder.status("1.1.0", state).write(
        "registry/iris/status/1.1.0.yaml",
        builder.files["registry/iris/status/1.1.0.yaml"] + f'expires: "{expires}"\n'.encode(),
    )


def _deprecated_version() -> Iterator[Case]:
    rule = "deprecated-version"
    over = Main(_expiring(live().version("1.1.0"), State.DEPRECATED, "2026-01-02T03:00:00Z"))
    yield over.case(rule, "a-deprecation-that-is-over", lambda it: it.promote("1.1.0", to="staging"))
    old = Main(live().version("1.1.0").status("1.1.0", State.DEPRECATED, reason="Use 1.2.0"))
    yield old.case(rule, "it-goes-live-all-the-same", lambda it: it.promote("1.1.0", to="staging"))
    shared = Main(live().version("1.1.0").status("1.0.0", State.DEPRECATED))
    yield shared.case(
        rule,
        "it-keeps-a-share",
        lambda it: it.promote("1.1.0", to="staging", rollout=split(v1_0_0=50, v1_1_0=50)),
    )
    back = twice().then(lambda it: it.status("1.0.0", State.DEPRECATED))
    yield back.case(rule, "a-rollback-to-it", lambda it: it.restore(POINTER, back.states[1]))


def _unsafe_format() -> Iterator[Case]:
    rule = "unsafe-format"
    pickled = live().version("1.1.0", artifact=PICKLED, allow_unsafe_format=True)
    yield Main(pickled.copy()).case(
        rule, "an-environment-that-says-nothing", lambda it: it.promote("1.1.0", to="staging")
    )
    other = pickled.copy().environment("staging", unsafe_formats=["pickle"])
    yield Main(other).case(
        rule, "an-environment-that-takes-another-format", lambda it: it.promote("1.1.0", to="staging")
    )
    consenting = pickled.copy().environment("staging", unsafe_formats=["joblib"])
    yield Main(consenting).case(
        rule, "an-environment-that-consents", lambda it: it.promote("1.1.0", to="staging")
    )


def _unjudged_share() -> Iterator[Case]:
    rule = "unjudged-share"
    three = live().version("1.1.0").version("1.2.0")
    yield Main(three.copy()).case(
        rule,
        "a-third-version-comes-along",
        lambda it: it.promote("1.1.0", to="staging", rollout=split(v1_0_0=80, v1_1_0=10, v1_2_0=10)),
    )
    yield Main(three.copy()).case(
        rule,
        "what-is-live-hides-a-new-version",
        lambda it: it.promote("1.0.0", to="staging", rollout=split(v1_0_0=1, v1_2_0=99)),
    )
    pair = Main(three.copy()).then(
        lambda it: it.promote("1.1.0", to="staging", rollout=split(v1_0_0=50, v1_1_0=50))
    )
    yield pair.case(
        rule,
        "one-more-version-beside-those-that-are-live",
        lambda it: it.promote("1.2.0", to="staging", rollout=split(v1_0_0=40, v1_1_0=40, v1_2_0=20)),
    )


def _undeclared_format() -> Iterator[Case]:
    rule = "undeclared-format"
    yield Main(started()).case(
        rule, "a-pickle-that-the-manifest-keeps-quiet-about", lambda it: it.version("1.1.0", artifact=PICKLED)
    )
    yield Main(started()).case(
        rule, "a-format-that-nobody-knows", lambda it: it.version("1.1.0", artifact={"model.h5": b"HDF"})
    )
    yield Main(started()).case(
        rule,
        "a-pickle-that-the-manifest-declares",
        lambda it: it.version("1.1.0", artifact=PICKLED, allow_unsafe_format=True),
    )


def _unusable_interface() -> Iterator[Case]:
    rule = "unusable-interface"
    remote: JsonObject = {"$ref": "https://example.com/churn.schema.json"}
    slow: JsonObject = {"type": "string", "pattern": "^(a+)+b"}
    plain: JsonObject = {"type": "string", "pattern": "^[a-z]+$"}
    for name, schema in (("another-document-is-fetched", remote), ("one-pattern-stops-a-server", slow)):
        yield Main(started()).case(rule, name, lambda it, schema=schema: it.version("2.0.0", accepts=schema))
    yield Main(started()).case(
        rule, "a-schema-as-pydantic-writes-it", lambda it: it.version("2.0.0", accepts=plain)
    )


def _unsafe_remote() -> Iterator[Case]:
    rule = "unsafe-remote"
    with_remote = started().write(DVC_CONFIG, REMOTE)
    yield Main(with_remote.copy()).case(
        rule,
        "a-secret-is-committed",
        lambda it: it.write(DVC_CONFIG, f"{REMOTE}    secret_access_key = hunter2\n"),
    )
    yield Main(with_remote.copy()).case(
        rule,
        "certificates-go-unchecked",
        lambda it: it.write(DVC_CONFIG, f"{REMOTE}    ssl_verify = false\n"),
    )
    yield Main(started()).case(rule, "a-bucket", lambda it: it.write(DVC_CONFIG, REMOTE))
