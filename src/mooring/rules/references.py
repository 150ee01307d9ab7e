"""Rules about what a new version refers to: its data, its code, the packages it needs, its model's licence.

A manifest never changes, so that what is said wrongly can only be refused when it comes: these rules judge new ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from mooring.documents import packages
from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.finding import KeyPath, Level, Place
from mooring.domain.layout import FileKind
from mooring.domain.model import Model, ModelVersion
from mooring.domain.registry import Registry
from mooring.domain.uris import git_url_problem, is_local, uri_problem
from mooring.rules.registrations import new_manifests
from mooring.rules.rule import Fault, change_rule, state_rule
from mooring.rules.subjects import FileAt

_TRAINING = ("training",)


@change_rule()
def malformed_reference(change: Change) -> Iterator[Fault]:
    """A new version refers to its data or its code by an address that cannot be followed, or that gives something away.

    Data lies at a URI or a relative path; code lies where Git can clone it without running a program. Neither
    holds a user's password or token.

    Why it matters: the address is how somebody trains the version again, in an audit or after a fault. A
    manifest never changes: a wrong address stays wrong, and a token in it is published for ever.

    How to mend it: correct the address that is named and register the version again; leave users and passwords
    out.
    """
    for path, manifest in new_manifests(change):
        for keys, text, problem in _addresses(manifest):
            if problem is not None:
                yield Fault(
                    Place(path, keys),
                    f"{'.'.join(map(str, keys))} cannot be kept: {problem}",
                    f"Correct it, and register again: mooring register {manifest.model} FILES --version "
                    f"{manifest.version}",
                    value=text,
                )


@change_rule(severity=Level.WARNING)
def local_reference(change: Change) -> Iterator[Fault]:
    """A new version refers to its data or its code by a path that only one machine knows.

    Found are absolute paths, `file:` addresses, home folders, and relative paths that lead out of the repository.

    Why it matters: nobody else can train the version again. When the machine is gone, nobody can.

    How to mend it: put the data where others can read it, and register the version with that address.
    """
    for path, manifest in new_manifests(change):
        for keys, text, problem in _addresses(manifest):
            if problem is None and is_local(text):
                yield Fault(
                    Place(path, keys),
                    f"only one machine knows {text!r}",
                    "Name a place that others can reach, such as s3://bucket/data or https://host/repository.",
                    value=text,
                )


@change_rule(severity=Level.WARNING)
def unpinned_data(change: Change) -> Iterator[Fault]:
    """A new version was trained on data of which it names neither a version nor a digest.

    Why it matters: what lies at the address changes. Then nobody can say which data a version has seen, nor
    whether two versions saw the same.

    How to mend it: give the version of the data set, or the digest of its files, when you register.
    """
    for path, manifest in new_manifests(change):
        for number, data in enumerate(manifest.training.data if manifest.training is not None else ()):
            if data.version is None and data.digest is None:
                yield Fault(
                    Place(path, (*_TRAINING, "data", number)),
                    f"{data.name} has neither version nor digest",
                    "Add a version, or a digest: sha256:... of the data.",
                    value=data.name,
                )


@change_rule(severity=Level.WARNING)
def uncommitted_code(change: Change) -> Iterator[Fault]:
    """A new version was trained with code that is in no commit.

    Its manifest says `dirty: true`: files differed from the commit that is named.

    Why it matters: the commit does not have the code that made this model. To train it again gives another one.

    How to mend it: commit first, then train; `mooring register` notes the commit that it finds.
    """
    for path, manifest in new_manifests(change):
        code = manifest.training.code if manifest.training is not None else None
        if code is not None and code.dirty:
            yield Fault(
                Place(path, (*_TRAINING, "code", "dirty")),
                f"the code differed from commit {code.commit[:12]} when {manifest.ref} was trained",
                f"Commit, train again and register that: mooring register {manifest.model} FILES --bump patch",
                value=code.commit,
            )


@change_rule()
def malformed_requirement(change: Change) -> Iterator[Fault]:
    """A new version needs a package that no installer understands.

    Each line of `requirements.packages` is one requirement as PEP 508 has it: `scikit-learn==1.5.2`,
    `torch>=2,<3; python_version >= "3.11"`, `tool @ https://host/tool.whl`.

    Why it matters: whoever loads the model installs these lines. Installers stop at one that they do not
    understand, and take one that begins with a hyphen for an option, such as another place to install from.

    How to mend it: write the line as `name==version`, and register the version again.
    """
    for path, manifest in new_manifests(change):
        needed = manifest.requirements.packages if manifest.requirements is not None else ()
        for number, line in enumerate(needed):
            problem = packages.requirement_problem(line)
            if problem is None and (url := line.partition(" @ ")[2]):
                problem = uri_problem(url.partition(";")[0].strip())
            if problem is not None:
                yield Fault(
                    Place(path, ("requirements", "packages", number)),
                    f"{line!r} is no requirement: {problem}",
                    "Write it as name==version.",
                    value=line,
                )


@state_rule(FileAt, severity=Level.WARNING)
def unknown_license(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A model has a licence that is no SPDX expression.

    Why it matters: programs that decide which models may be used where compare licences by their SPDX names.
    "Apache 2" and "apache2.0" are two unknown ones to them.

    How to mend it: write a name of https://spdx.org/licenses, several of them as `MIT OR Apache-2.0`, and one of
    your own as `LicenseRef-Acme`.
    """
    place = layout.identify(file.path) if file.path.endswith("/model.yaml") else None
    if place is None or place.kind is not FileKind.MODEL or not file.is_regular:
        return
    model = registry.load(file.path, Model)
    if isinstance(model, Model) and model.license and (problem := packages.license_problem(model.license)):
        yield Fault(
            Place(file.path, ("license",)),
            problem,
            "Write it as SPDX does: Apache-2.0, MIT, CC-BY-4.0; one of your own: LicenseRef-Acme",
            value=model.license,
        )


def _addresses(manifest: ModelVersion) -> Iterator[tuple[KeyPath, str, str | None]]:
    """Each address of a manifest: its key path, the text, and what is wrong with it."""
    training = manifest.training
    for number, data in enumerate(training.data if training is not None else ()):
        if data.uri is not None:
            yield (*_TRAINING, "data", number, "uri"), data.uri, uri_problem(data.uri)
    code = training.code if training is not None else None
    if code is not None and code.repository is not None:
        yield (*_TRAINING, "code", "repository"), code.repository, git_url_problem(code.repository)
    if code is not None and code.path is not None:
        yield (*_TRAINING, "code", "path"), code.path, "it has a backslash" if "\\" in code.path else None
