"""Cases of the rules about single files, places, names and attributes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mooring.domain.model import State
from mooring.domain.versions import Versioning
from tests.support.builder import Builder
from tests.support.cases import Case

MODEL = "registry/iris/model.yaml"
MANIFEST = "registry/iris/versions/1.0.0/manifest.yaml"
POINTER = "environments/staging/iris.yaml"


def started() -> Builder:
    """One environment and one model with one version."""
    return Builder().environment("staging").model("iris").version("1.0.0")


def live() -> Builder:
    """The same, and the version is live."""
    return started().promote("1.0.0", to="staging")


def _case(rule: str, name: str, base: Builder, step: Callable[[Builder], Builder]) -> Case:
    return Case(rule, name, base.files, step(base.copy()).files, history=())


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _unreadable_yaml()
    yield from _invalid_document()
    yield from _misplaced_document()
    yield from _folders()
    yield from _versions()
    yield from _missing_policy()
    yield from _unsafe_attributes()


def _unreadable_yaml() -> Iterator[Case]:
    rule = "unreadable-yaml"
    duplicate = 'version: "1.0.0"\nversion: "2.0.0"\n'
    yield _case(
        rule,
        "a-key-stands-twice",
        started(),
        lambda it: it.promote("1.0.0", to="staging").edit(POINTER, 'version: "1.0.0"\n', duplicate),
    )
    yield _case(
        rule,
        "yes-means-true-to-some-readers",
        started(),
        lambda it: it.edit(MODEL, "task: classification", "task: yes"),
    )
    yield _case(
        rule, "a-tab-indents", started(), lambda it: it.write(MODEL, it.files[MODEL] + b"labels:\n\ta: b\n")
    )
    yield _case(
        rule,
        "an-anchor-and-an-alias",
        started(),
        lambda it: it.write(MODEL, it.files[MODEL] + b"description: &d Irises\nlicense: *d\n"),
    )
    broken = started().write(MODEL, "owners: [\n")
    yield _case(rule, "a-broken-file-is-touched-and-stays-broken", broken, lambda it: it.write(MODEL, "{{\n"))
    yield _case(rule, "a-broken-file-is-mended", broken, lambda it: it.model("iris"))
    yield _case(
        rule, "a-broken-file-elsewhere-blocks-nothing", broken, lambda it: it.environment("production")
    )
    yield _case(
        rule,
        "comments-quotes-and-blank-lines-are-fine",
        started(),
        lambda it: it.write(
            MODEL, b"# Whose it is\n\n" + it.files[MODEL] + b"labels: {maintained: 'yes'}  # quoted\n"
        ),
    )


def _invalid_document() -> Iterator[Case]:
    rule = "invalid-document"
    yield _case(
        rule,
        "a-misspelt-key",
        started(),
        lambda it: it.write(
            "environments/staging.yaml", it.files["environments/staging.yaml"] + b"approval: {required: 1}\n"
        ),
    )
    yield _case(
        rule,
        "a-version-without-quotes-is-a-number",
        started(),
        lambda it: it.promote("1.0.0", to="staging").edit(POINTER, '"1.0.0"', "1.5"),
    )
    yield _case(
        rule,
        "the-digest-is-not-that-of-the-files",
        started(),
        lambda it: it.version("1.1.0").edit(
            "registry/iris/versions/1.1.0/manifest.yaml", "size: 37\n", "size: 38\n"
        ),
    )
    yield _case(
        rule,
        "a-reason-with-a-character-that-reorders-text",
        started(),
        lambda it: it.promote("1.0.0", to="staging").edit(
            POINTER, "Better on the holdout set", '"Better \\u202eon the holdout set"'
        ),
    )
    wrong = started().write(MODEL, started().files[MODEL] + b"team: vision\n")
    yield _case(
        rule,
        "an-old-problem-is-a-warning",
        wrong,
        lambda it: it.edit(MODEL, "task: classification", "task: recognition"),
    )
    yield _case(
        rule,
        "an-old-problem-with-another-value-is-new",
        wrong,
        lambda it: it.edit(MODEL, "team: vision", "team: sight"),
    )
    yield _case(rule, "an-environment-with-all-it-needs", started(), lambda it: it.environment("production"))


def _misplaced_document() -> Iterator[Case]:
    # That module begins where this one ends.
    from tests.rules.case_provenance import signature

    rule = "misplaced-document"
    yield _case(
        rule,
        "a-name-with-capitals",
        Builder(),
        lambda it: it.model("iris").move(MODEL, MODEL.replace("iris", "Iris")),
    )
    yield _case(
        rule,
        "a-letter-that-only-looks-like-ascii",
        started(),
        lambda it: it.write("environments/st\u0430ging.yaml", it.files["environments/staging.yaml"]),
    )
    yield _case(
        rule,
        "a-stray-file-in-the-registry",
        started(),
        lambda it: it.write("registry/iris/notes.txt", "Remember the scaler.\n"),
    )
    yield _case(
        rule,
        "a-stray-file-among-the-environments",
        started(),
        lambda it: it.write("environments/staging/iris.yml", "version: 1\n"),
    )
    yield _case(
        rule,
        "a-manifest-of-another-version",
        started(),
        lambda it: it.version("1.1.0").move("registry/iris/versions/1.1.0", "registry/iris/versions/1.2.0"),
    )
    yield _case(
        rule,
        "a-policy-of-another-environment",
        started(),
        lambda it: it.environment("production").edit(
            "environments/production.yaml", "name: production", "name: staging"
        ),
    )
    yield _case(
        rule,
        "capitals-that-hide-the-registry-on-some-machines",
        started(),
        lambda it: it.write("Environments/production/iris.yaml", "version: null\n"),
    )
    yield _case(
        rule,
        "everything-in-its-place",
        started(),
        lambda it: (
            it.status("1.0.0", State.DEPRECATED)
            .write("registry/iris/cards/1.0.0.md", "# Irises\n")
            .write("registry/iris/versions/1.0.0/signature.json", signature(it))
            .model("vision/digits")
            .version("1.0.0")
        ),
    )


def _folders() -> Iterator[Case]:
    yield _case(
        "missing-model-document",
        "a-version-of-no-model",
        Builder(),
        lambda it: it.model("iris").version("1.0.0").remove(MODEL),
    )
    yield _case("missing-model-document", "the-document-is-removed", started(), lambda it: it.remove(MODEL))
    yield _case(
        "missing-model-document",
        "a-model-with-its-document",
        Builder(),
        lambda it: it.model("iris").version("1.0.0"),
    )

    rule = "nested-model"
    risk = Builder().model("risk").version("1.0.0")
    yield _case(rule, "a-model-inside-a-model", risk, lambda it: it.model("risk/churn"))
    inner = Builder().model("risk/churn")
    yield _case(rule, "a-namespace-becomes-a-model", inner, lambda it: it.model("risk"))
    yield _case(rule, "two-models-of-a-namespace", inner, lambda it: it.model("risk/fraud"))


def _versions() -> Iterator[Case]:
    rule = "missing-manifest"
    yield _case(
        rule,
        "an-artifact-without-a-manifest",
        started(),
        lambda it: it.version("1.1.0").remove("registry/iris/versions/1.1.0/manifest.yaml"),
    )
    yield _case(
        rule,
        "a-quarantine-of-a-mistyped-version",
        started(),
        lambda it: it.status("1.0.1", State.QUARANTINED),
    )
    yield _case(
        rule,
        "a-card-of-a-version-that-is-not-there",
        started(),
        lambda it: it.write("registry/iris/cards/2.0.0.md", "# Soon\n"),
    )
    yield _case(rule, "a-status-of-a-version", started(), lambda it: it.status("1.0.0", State.QUARANTINED))

    rule = "misnumbered-version"
    yield _case(rule, "a-date-where-versions-are-semver", started(), lambda it: it.version("2026.01.15"))
    yield _case(
        rule,
        "the-scheme-changes-under-its-versions",
        started(),
        lambda it: it.model("iris", versioning=Versioning.CALVER),
    )
    dated = Builder().model("iris", versioning=Versioning.CALVER)
    yield _case(rule, "dates-where-versions-are-dates", dated, lambda it: it.version("2026.01.15.prod"))
    yield _case(rule, "a-pre-release", started(), lambda it: it.version("1.1.0-rc.1"))


def _missing_policy() -> Iterator[Case]:
    rule = "missing-policy"
    yield _case(
        rule,
        "a-pointer-in-an-environment-of-no-policy",
        started(),
        lambda it: it.promote("1.0.0", to="production"),
    )
    yield _case(rule, "the-policy-is-removed", live(), lambda it: it.remove("environments/staging.yaml"))
    yield _case(rule, "a-policy-before-its-first-pointer", started(), lambda it: it.environment("production"))


def _unsafe_attributes() -> Iterator[Case]:
    rule = "unsafe-attributes"
    path = ".gitattributes"
    safe = started().write(path, "* -text\n*.yaml text eol=lf\n")
    yield _case(
        rule,
        "two-promotions-merge-into-nonsense",
        safe,
        lambda it: it.write(path, it.files[path] + b"environments/**/*.yaml merge=union\n"),
    )
    yield _case(
        rule,
        "other-bytes-are-stored-than-were-reviewed",
        safe,
        lambda it: it.write(path, it.files[path] + b"*.yaml filter=secrets\n"),
    )
    yield _case(
        rule,
        "pointers-are-hidden-from-reviewers",
        safe,
        lambda it: it.write(path, it.files[path] + b"/environments/** linguist-generated -diff\n"),
    )
    yield _case(
        rule,
        "a-macro-takes-the-name-of-a-harmless-attribute",
        safe,
        lambda it: it.write(path, b"[attr]text merge=union\n" + it.files[path]),
    )
    for name, pattern in (
        ("a-pattern-written-with-an-escape", rb"\environments/**"),
        ("a-pattern-written-with-a-class", b"[[:lower:]]nvironments/**"),
        ("a-pattern-in-quotes-and-octal-digits", rb'"envir\157nments/**"'),
        ("a-pattern-in-capitals", b"ENVIRONMENTS/**"),
    ):
        yield _case(
            rule,
            name,
            safe,
            lambda it, pattern=pattern: it.write(path, it.files[path] + pattern + b" merge=union\n"),
        )
    yield _case(
        rule,
        "attributes-of-other-files",
        safe,
        lambda it: it.write(
            path,
            it.files[path]
            + b"[attr]lfs filter=lfs\n*.bin lfs diff=lfs -text\n/docs/** linguist-documentation\n",
        ),
    )
