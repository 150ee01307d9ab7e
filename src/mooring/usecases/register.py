"""Register a version: validate → refuse duplicates → store the bytes → see them there → propose the manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from mooring.documents import codec, dvcfile
from mooring.domain import layout, names, versions
from mooring.domain.compatibility import Bump, compare
from mooring.domain.digests import digest_of
from mooring.domain.environment import Registration
from mooring.domain.finding import Finding
from mooring.domain.model import Interface, Model, ModelVersion
from mooring.domain.registry import Registry, Release
from mooring.domain.versions import Version, Versioning
from mooring.errors import NotFoundError, RefusedError, UsageError
from mooring.stores import signing
from mooring.stores.describe import describe
from mooring.stores.forge.votes import allowed_signers
from mooring.stores.hub import Hub
from mooring.stores.version_signatures import make_signature
from mooring.usecases.draft import Draft, check_fields, manifest_of, model_of
from mooring.usecases.judging import judge
from mooring.usecases.messages import registration_message
from mooring.usecases.promote import push_branch
from mooring.usecases.sign import signer_of
from mooring.usecases.storing import store_artifact

if TYPE_CHECKING:
    from mooring.stores.artifacts import ArtifactCache, Progress
    from mooring.stores.git.remote import RefUpdate

BUMPS = ("major", "minor", "patch", "auto")
FIRST = "1.0.0"


class RegisterOutcome(StrEnum):
    """What became of a registration."""

    REGISTERED = "registered"
    PROPOSED = "proposed"
    UNCHANGED = "unchanged"
    WOULD_REGISTER = "would-register"


@dataclass(frozen=True, slots=True)
class SignWith:
    """That a registration is signed: with this key (else Git's `user.signingKey`), as one of its principals."""

    key: Path | None = None
    principal: str | None = None


@dataclass(frozen=True, slots=True)
class RegisterRequest:
    """What is to be registered: files by their path in the artifact, and a version or a bump; `sign` has it signed."""

    draft: Draft
    sources: Mapping[str, Path]
    version: str | None = None
    bump: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    formats: Mapping[str, str] = field(default_factory=dict)
    sign: SignWith | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """A version as it was registered; `bump` and `why` tell how its number came about, `signed_by` who signed it."""

    manifest: ModelVersion
    outcome: RegisterOutcome
    base: str
    branch: str | None = None
    commit: str | None = None
    bump: Bump | None = None
    why: str | None = None
    remote: str | None = None
    warnings: tuple[Finding, ...] = ()
    signed_by: str | None = None


def sources_of(files: str | Path | Mapping[str, str | Path]) -> dict[str, Path]:
    """The files of a mapping, of a folder (with its sub-folders), or the one file, by their path in the artifact."""
    if isinstance(files, Mapping):
        return {path: Path(file) for path, file in files.items()}
    top = Path(files)
    if top.is_dir():
        found = {
            path.relative_to(top).as_posix(): path for path in sorted(top.rglob("*")) if not path.is_dir()
        }
        links = [str(path) for path in top.rglob("*") if path.is_symlink()]
        if links:
            raise RefusedError(f"{links[0]} is a link", "Put the file itself there.")
        return found
    if not top.exists():
        raise NotFoundError(f"there is no file or folder {top}")
    return {top.name: top}


def register(
    hub: Hub,
    request: RegisterRequest,
    *,
    now_ms: int,
    merge: bool = False,
    dry_run: bool = False,
    cache: ArtifactCache,
    progress: Progress | None = None,
) -> Registered:
    """Register a version; nothing is uploaded before everything else is known to be right.

    The manifest lands on main at once where the registry says `registration: direct` or `merge` is given, else it is
    proposed. Asked twice with the same files, the second time changes nothing. Raises RefusedError for a version that
    is there with other content, a bump that is too small, unknown fields and unsafe formats; NotFoundError for files
    and parents that are not there; UnavailableError.
    """
    hub.require_remote()
    draft = request.draft
    names.check_model_name(draft.model)
    check_fields(draft.fields)
    described = describe(
        request.sources,
        allow_unsafe_format=draft.allow_unsafe_format,
        roles=request.roles,
        declared=request.formats,
        into=None if dry_run else cache,
        progress=progress,
    )
    author = str(hub.repository.identity())
    tip = hub.refresh()
    chosen = choose_version(hub.registry(tip), request, now_ms=now_ms)
    manifest = manifest_of(
        draft, chosen.version, author=author, now_ms=now_ms, files=described.files, dvc=described.dvc
    )
    _check_parents(hub.registry(tip), manifest)
    branch = layout.registration_branch(draft.model, chosen.version)
    if (there := _already(hub, tip, branch, manifest)) is not None:
        return there
    direct = merge or hub.registry(tip).settings.registration is Registration.DIRECT
    message = registration_message(draft.model, chosen.version, manifest.changelog, author)
    signature, signed_by = _signature(hub, tip, manifest, request.sign, dry_run=dry_run)
    # Judged with all that will be committed but the bytes of a remote inside the repository: those no rule reads.
    trial = hub.repository.commit_with(
        tip, _documents(hub.registry(tip), draft, manifest, author) | signature, message=message
    )
    warnings = judge(hub, tip, trial, what=f"the registration of {manifest.ref}")
    done = Registered(
        manifest,
        RegisterOutcome.WOULD_REGISTER,
        tip,
        branch,
        None,
        chosen.bump,
        chosen.why,
        None,
        warnings,
        signed_by,
    )
    if dry_run:
        return done
    stored = store_artifact(hub, tip, request.sources, described, cache=cache, progress=progress)
    done = replace(done, remote=stored.address)

    def commit_on(base: str) -> str:
        changes = _documents(hub.registry(base), draft, manifest, author) | signature | dict(stored.inner)
        return hub.repository.commit_with(base, changes, message=message)

    if not direct:
        commit = commit_on(tip)
        push_branch(hub, branch, commit, None)
        return replace(done, outcome=RegisterOutcome.PROPOSED, commit=commit)
    return _land(hub, done, commit_on)


def _signature(
    hub: Hub, tip: str, manifest: ModelVersion, wanted: SignWith | None, *, dry_run: bool
) -> tuple[dict[str, bytes], str | None]:
    """`signature.json` by its path, and whose it is; nothing is signed in a dry run, only the key is looked up."""
    if wanted is None:
        return {}, None
    signers = allowed_signers(hub.registry(tip))
    with signing.signing_key(hub.repository, wanted.key) as found:
        who, key = signer_of(signers, found, wanted.principal)
        if dry_run:
            return {}, who
        path = layout.manifest_path(manifest.model, manifest.version)
        release = Release(manifest, digest_of(codec.encode(manifest)), path)
        made = make_signature(hub.repository, release, key, who, signers=signers)
    return {layout.signature_path(manifest.model, manifest.version): codec.encode(made)}, who


def _check_parents(registry: Registry, manifest: ModelVersion) -> None:
    """Raise NotFoundError, naming what is close, for a parent or a required model that is not registered."""
    for parent in manifest.lineage.parents if manifest.lineage is not None else ():
        model, _, version = parent.partition("@")
        registry.release(model, version)
    for needed in manifest.requires:
        if needed.model == manifest.model:
            raise RefusedError(
                f"{manifest.ref} requires {needed.model}, which is itself",
                "Name another model that must be live beside it.",
            )
        registry.model(needed.model)


def _land(hub: Hub, done: Registered, commit_on: Callable[[str], str]) -> Registered:
    from mooring.stores.git.remote import RefUpdate

    path = layout.manifest_path(done.manifest.model, done.manifest.version)

    def build(tip: str) -> list[RefUpdate] | None:
        if hub.repository.blob_ids(tip, [path]) != [None]:
            raise RefusedError(
                f"somebody registered {done.manifest.ref} meanwhile", "Register yours under another version."
            )
        commit = commit_on(tip)
        judge(hub, tip, commit, what=f"the registration of {done.manifest.ref}")
        return [RefUpdate(commit, f"refs/heads/{hub.branch}", tip)]

    landed = hub.land(build, what=f"the registration of {done.manifest.ref}")
    return replace(done, outcome=RegisterOutcome.REGISTERED, branch=None, commit=landed)


def _documents(registry: Registry, draft: Draft, manifest: ModelVersion, author: str) -> dict[str, bytes]:
    documents = {
        layout.manifest_path(manifest.model, manifest.version): codec.encode(manifest),
        layout.artifact_path(manifest.model, manifest.version): dvcfile.write(manifest.artifact.dvc),
    }
    if registry.load(layout.model_path(manifest.model), Model) is None:
        model = model_of(draft, manifest.version, author=author)
        documents[layout.model_path(manifest.model)] = codec.encode(model)
    return documents


def _already(hub: Hub, tip: str, branch: str, manifest: ModelVersion) -> Registered | None:
    """The registration that is there already: the same (nothing to do), or another (RefusedError)."""
    on_branch = hub.branches(branch).get(branch)
    for commit, where in ((tip, None), (on_branch, branch)):
        if commit is None:
            continue
        entry = hub.registry(commit).files.entry(layout.manifest_path(manifest.model, manifest.version))
        if entry is None:
            continue
        there = hub.registry(commit).release(manifest.model, manifest.version).manifest
        if there.artifact == manifest.artifact:
            return Registered(there, RegisterOutcome.UNCHANGED, tip, where, commit)
        what = f"proposed on {where}" if where is not None else "registered"
        raise RefusedError(
            f"{manifest.ref} is {what} already with other bytes ({there.artifact.digest[:19]}, by {there.author})",
            "A version never changes: register this one as --bump patch, minor or major.",
        )
    return None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The number of a new version, and how it came about."""

    version: str
    bump: Bump | None = None
    why: str | None = None


def choose_version(registry: Registry, request: RegisterRequest, *, now_ms: int) -> Chosen:
    """The version asked for, or the one that a bump gives; raises UsageError and RefusedError."""
    model = request.draft.model
    known = registry.load(layout.model_path(model), Model)
    if request.version is not None and request.bump is not None:
        raise UsageError("--version and --bump say the same thing twice", "Give one of them.")
    if request.version is not None:
        text = request.version[1:] if request.version[:1] == "v" else request.version
        return Chosen(versions.parse(text, known.versioning if isinstance(known, Model) else None).text)
    if request.bump is None:
        raise UsageError(f"which version of {model}?", "Give --version 1.0.0, or --bump auto.")
    if request.bump not in BUMPS:
        raise UsageError(f"{request.bump!r} is no bump", f"Use one of: {', '.join(BUMPS)}.")
    if isinstance(known, Model) and known.versioning is Versioning.CALVER:
        return Chosen(_today(registry.versions(model), now_ms), None, "the date of today")
    there = registry.versions(model)
    if not there:
        return Chosen(FIRST, None, "the first version")
    highest = there[-1]
    needed, why = _needed(registry, model, highest, request)
    bump = needed if request.bump == "auto" else Bump[request.bump.upper()]
    return Chosen(versions.bumped(highest, bump), bump, f"{highest.text} came before; {why}")


def _today(there: tuple[Version, ...], now_ms: int) -> str:
    today = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y.%m.%d")
    taken = {version.text for version in there}
    if today not in taken:
        return today
    number = next(number for number in range(1, len(taken) + 2) if f"{today}.{number}" not in taken)
    return f"{today}.{number}"


def _needed(registry: Registry, model: str, before: Version, request: RegisterRequest) -> tuple[Bump, str]:
    """The bump that the interface asks for; the same interface is a new training: minor (the seeds' words)."""
    old = registry.release(model, before.text).manifest.interface
    given = request.draft.fields.get("interface")
    new = Interface.model_validate(given) if isinstance(given, Mapping) else None
    found = compare(old, new)
    if new is None and old not in (None, Interface()) and request.bump != "major":
        # A forgotten option is the usual cause, and a major release that nobody can take back would be the price.
        raise UsageError(
            f"{model}@{before.text} declares an interface and this version is given none",
            "Give --interface FILE; or --bump major, if callers are to do without.",
        )
    if found.required is Bump.PATCH:
        return Bump.MINOR, "the interface is the same, and a new training is a minor step"
    reason = f"{found.reason[:1].lower()}{found.reason[1:]}".removesuffix(".")
    return (
        found.required,
        f"{reason}: {found.told()}" if found.certain and found.differences else found.told(),
    )
