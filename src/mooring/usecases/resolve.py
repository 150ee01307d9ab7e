"""Which version a reference means: at a commit, and for one key where traffic is split."""

from __future__ import annotations

from mooring.domain import layout, traffic
from mooring.domain.references import Reference, SelectorKind, parse_reference
from mooring.errors import UsageError
from mooring.render.resolution import Answer
from mooring.stores.hub import Hub


def resolve(
    hub: Hub, commit: str, reference: str, *, key: str | None = None, now: float | None = None
) -> Answer:
    """The version that `reference` means at `commit`; `key` (a user, a session) chooses where traffic is split.

    At `now`, in seconds since 1970, a status that has expired warns of nothing. Raises UsageError, NotFoundError (there
    is no fallback, ever), IntegrityError, RefusedError.
    """
    parsed = parse_reference(reference)
    if key is not None and parsed.kind is not SelectorKind.ENVIRONMENT:
        raise UsageError(
            f"--key chooses among the versions an environment serves, and {parsed} is one version",
            f"Ask an environment: {parsed.model}@production.",
        )
    registry = hub.registry(commit)
    found = registry.resolve(parsed, now=now)
    chosen, shares = found, traffic.shares(found.pointer) if found.pointer is not None else ()
    if key is not None and found.pointer is not None:
        version = traffic.choose(found.pointer, key)
        if version != found.version:
            chosen = registry.resolve(Reference(found.model, SelectorKind.VERSION, version), now=now)
    return Answer(
        reference=str(parsed),
        model=chosen.model,
        version=chosen.version,
        manifest=chosen.manifest,
        path=layout.manifest_path(chosen.model, chosen.version),
        commit=chosen.commit,
        environment=found.environment,
        promotion=found.pointer.promotion if found.pointer is not None else None,
        key=key,
        shares=shares,
        blocked=chosen.blocked,
        warnings=chosen.warnings,
    )
