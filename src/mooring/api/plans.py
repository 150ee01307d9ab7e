"""Plans that Python callers look at before they are carried out."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mooring.domain.pointer import Rollout
from mooring.domain.references import Reference
from mooring.usecases.load import presence_of
from mooring.usecases.promote import Promoted, promote
from mooring.usecases.rollback import RollbackRequest, RolledBack, rollback

if TYPE_CHECKING:
    from mooring.domain.promotion import PromotionPlan, RollbackPlan
    from mooring.stores.artifacts import ArtifactCache
    from mooring.stores.hub import Hub


@dataclass(frozen=True)
class Plan:
    """A promotion that was judged by the rules and not written yet."""

    result: Promoted
    _hub: Hub
    _arguments: tuple[Reference, str, str, str | None, Rollout | None]

    @classmethod
    def make(
        cls,
        hub: Hub,
        reference: Reference,
        to: str,
        reason: str,
        override: str | None,
        rollout: Rollout | None,
    ) -> Plan:
        """Plan on the fetched main; raises what `usecases.promote.promote` raises."""
        arguments = (reference, to, reason, override, rollout)
        return cls(_promote(hub, arguments, dry_run=True), hub, arguments)

    @property
    def plan(self) -> PromotionPlan:
        """The pointer before and after."""
        return self.result.plan

    def propose(self) -> Promoted:
        """Push the proposal; planned again on main as it is then."""
        return _promote(self._hub, self._arguments, dry_run=False)


def _promote(
    hub: Hub, arguments: tuple[Reference, str, str, str | None, Rollout | None], *, dry_run: bool
) -> Promoted:
    reference, to, reason, override, rollout = arguments
    now_ms = time.time_ns() // 1_000_000
    return promote(
        hub, reference, to, reason=reason, now_ms=now_ms, override=override, rollout=rollout, dry_run=dry_run
    )


@dataclass(frozen=True)
class RollbackPlanned:
    """A rollback that was judged and not written yet."""

    result: RolledBack
    _hub: Hub
    _cache: ArtifactCache
    _request: RollbackRequest

    @classmethod
    def make(cls, hub: Hub, cache: ArtifactCache, request: RollbackRequest) -> RollbackPlanned:
        """Plan on the fetched main; raises what `usecases.rollback.rollback` raises."""
        return cls(_rollback(hub, cache, request, dry_run=True), hub, cache, request)

    @property
    def plan(self) -> RollbackPlan:
        """The state that goes and the one that returns."""
        return self.result.plan

    def apply(self) -> RolledBack:
        """Roll back, or propose it where the policy asks for a review; planned again on main as it is then."""
        return _rollback(self._hub, self._cache, self._request, dry_run=False)


def _rollback(hub: Hub, cache: ArtifactCache, request: RollbackRequest, *, dry_run: bool) -> RolledBack:
    return rollback(
        hub,
        request,
        presence=lambda registry, manifest: presence_of(hub, cache, registry, manifest),
        dry_run=dry_run,
    )
