"""Rules about what judges everything else: policies, settings, signers, waivers and the files that run the checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mooring.documents.signers import parse_signers
from mooring.domain import layout
from mooring.domain.change import Change
from mooring.domain.finding import Level, Place
from mooring.domain.layout import FileKind
from mooring.domain.people import is_one_of
from mooring.domain.registry import Registry
from mooring.rules.pointer_moves import new_pointers
from mooring.rules.rule import Fault, change_rule

GOVERNING: Final = frozenset(
    {
        FileKind.POLICY,
        FileKind.SETTINGS,
        FileKind.SIGNERS,
        FileKind.DVC_CONFIG,
        FileKind.ATTRIBUTES,
        FileKind.WAIVERS,
    }
)
"""The kinds of files that decide how changes are judged, and from where bytes come."""
_OUTSIDE: Final = (
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".github/CODEOWNERS",
    ".github/actions/",
    ".github/workflows/",
    ".gitlab/CODEOWNERS",
    ".gitlab-ci.yml",
    ".gitea/",
    ".forgejo/",
    ".pre-commit-config.yaml",
    "hooks/",
)


def governs(path: str) -> bool:
    """Whether the file at `path` decides how changes are judged, who reviews them, or what runs the checks."""
    identity = layout.identify(path)
    if identity is not None and identity.kind in GOVERNING:
        return True
    return any(
        path == outside or (outside.endswith("/") and path.startswith(outside)) for outside in _OUTSIDE
    )


@change_rule(waivable=False)
def mixed_policy_change(change: Change) -> Iterator[Fault]:
    """A change of what judges changes brings models along.

    Found are policies, `mooring.yaml`, `.mooring/allowed_signers`, waivers, `.dvc/config`, `.gitattributes`,
    CODEOWNERS, workflows and hooks that change together with anything under `registry/`. The first commit of a
    registry is exempt. (Pointers change alone in any case.)

    Why it matters: a change is judged by what was there before it, so that it cannot loosen its own rules. That
    helps only if people see what is loosened: in a change of forty files under `registry/` nobody looks for the one
    line that lets the next one pass.

    How to mend it: make two changes: what judges first, with its own reviewers, then the models.
    """
    governing = [file.path for file in change.files if governs(file.path)]
    data = [
        file.path
        for file in change.files
        if file.path.startswith(f"{layout.REGISTRY}/") and not governs(file.path)
    ]
    if not governing or not data or _is_empty(change.base):
        return
    more = f" and {len(data) - 1} more" if len(data) > 1 else ""
    for path in governing:
        yield Fault(
            Place(path),
            f"it decides how changes are judged, and changes together with {data[0]}{more}",
            f"Merge {path} in a change of its own; then the rest.",
            value=" ".join(data[:20]),
        )


def _is_empty(registry: Registry) -> bool:
    """Whether there is no registry yet."""
    there = [layout.SETTINGS, layout.REGISTRY, layout.ENVIRONMENTS]
    return all(registry.files.entry(path) is None and not registry.files.children(path) for path in there)


@change_rule(severity=Level.WARNING)
def unknown_requester(change: Change) -> Iterator[Fault]:
    """A promotion or a withdrawal is asked for by nobody who is known.

    Known are the `people` and the `automation` of `mooring.yaml` and the principals of `.mooring/allowed_signers`, as
    the base has them; where none of them names anybody, nothing is found.

    Why it matters: the history answers who asked for a version. A name that nobody else uses answers nothing,
    and it is often that of a machine whose Git identity was never set.

    How to mend it: set `git config user.email` to the address that the registry knows you by, and propose it
    again; or add yourself to `people` first.
    """
    known = _known(change.base) if change.of_kind(FileKind.POINTER) else ()
    for new in new_pointers(change) if known else ():
        requester = new.after.requested_by
        if not is_one_of(known, requester):
            yield Fault(
                Place(new.move.path, ("requested_by",)),
                f"{requester} is neither in {layout.SETTINGS} nor in {layout.SIGNERS}",
                "Set git config user.email to the address that the registry knows you by, and propose it again.",
                value=requester,
            )


def _known(registry: Registry) -> tuple[str, ...]:
    settings = registry.settings
    entry = registry.files.entry(layout.SIGNERS)
    signers = parse_signers(registry.files.read(entry)) if entry is not None and entry.is_regular else ()
    people = (*settings.people, *(name for signer in signers for name in signer.principals))
    return (*people, *settings.automation) if people else ()
