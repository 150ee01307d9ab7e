"""What happened: pointer changes folded from main's first-parent history (DESIGN 4.3 and 4.5).

Whether a change was a rollback is told by blobs alone, never by commit messages (squash merges and forges rewrite
them): a pointer blob that re-appears at its path is a rollback, and a blob that was left by a rollback and re-appears
is the revert of a rollback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

from mooring.domain.finding import Unreadable
from mooring.domain.pointer import Pointer


class EventKind(StrEnum):
    """What a change did."""

    REGISTERED = "registered"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled-back"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"
    REVERTED_ROLLBACK = "reverted-rollback"
    DEPRECATED = "deprecated"
    QUARANTINED = "quarantined"
    ARCHIVED = "archived"
    REINSTATED = "reinstated"
    MODEL_ADDED = "model-added"
    MODEL_CHANGED = "model-changed"
    POLICY_CHANGED = "policy-changed"
    SETTINGS_CHANGED = "settings-changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by whom main moved: `time` in seconds since 1970, never less than its predecessor's on main."""

    commit: str
    time: int
    author: str
    committer: str
    message: str

    @property
    def subject(self) -> str:
        """The first line of the commit message."""
        return self.message.partition("\n")[0]

    def trailer(self, key: str) -> str | None:
        """The last `Key: value` line of the message, for people to read; nothing is ever decided by it."""
        found = None
        for line in self.message.splitlines()[1:]:
            name, colon, value = line.partition(": ")
            if colon and name.casefold() == key.casefold():
                found = value.strip()
        return found


@dataclass(frozen=True, slots=True)
class Step:
    """One first-parent commit that changed one path: the blobs before and after it (None: no file)."""

    moment: Moment
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """What one change did. `undoes` is the promotion id that a rollback took back; `blob` what lies there since."""

    kind: EventKind
    moment: Moment
    path: str
    model: str | None = None
    version: str | None = None
    environment: str | None = None
    promotion: str | None = None
    previous: str | None = None
    reason: str | None = None
    requested_by: str | None = None
    undoes: str | None = None
    blob: str | None = None
    before_blob: str | None = None


@dataclass(frozen=True)
class PointerHistory:
    """Everything that happened to one pointer, oldest first, with the pointers by blob id.

    `undone_blobs` were left by a rollback; `undone_versions` gives for each version that left this way, and did not
    come back by an override since, the promotion that was undone. `introduced` gives for each blob that ever lay at the
    path the blob before the change that first brought it.
    """

    environment: str
    model: str
    events: tuple[Event, ...]
    pointers: Mapping[str, Pointer]
    undone_blobs: frozenset[str]
    undone_versions: Mapping[str, str]
    introduced: Mapping[str, str | None]

    @property
    def newest(self) -> Event | None:
        """The last thing that happened."""
        return self.events[-1] if self.events else None

    @property
    def blob(self) -> str | None:
        """The blob that lies at the path now."""
        return self.events[-1].blob if self.events else None

    @property
    def pointer(self) -> Pointer | None:
        """The pointer as it is now."""
        return self.pointers.get(self.blob) if self.blob is not None else None

    @property
    def is_rolled_back(self) -> bool:
        """Whether the newest change is a rollback."""
        return self.newest is not None and self.newest.kind is EventKind.ROLLED_BACK

    def state_before(self, blob: str) -> str | None:
        """The blob before the event that first introduced `blob`; raises KeyError when nothing did."""
        return self.introduced[blob]

    def live_at(self, time: int) -> Event | None:
        """The event that made the state at `time` (seconds since 1970), or None before the first."""
        found = None
        for event in self.events:
            if event.moment.time > time:
                break
            found = event
        return found

    def versions_live(self) -> tuple[str, ...]:
        """Every version that ever was live here, in the order of its first time."""
        return tuple(dict.fromkeys(event.version for event in self.events if event.version is not None))


def judge(history: PointerHistory, after: str | None) -> EventKind | None:
    """What putting `after` (a blob id, or None for no file) at the pointer's path would be, told by blobs alone.

    None means that the blob is new there: a promotion or a withdrawal, as its content says.
    """
    return _judge(
        after, history.blob, history.introduced, history.undone_blobs, rolled_back=history.is_rolled_back
    )


def _judge(
    after: str | None,
    current: str | None,
    introduced: Mapping[str, str | None],
    undone: Set[str],
    *,
    rolled_back: bool,
) -> EventKind | None:
    if after is None:
        undoes_first = current is not None and introduced[current] is None and not rolled_back
        return EventKind.ROLLED_BACK if undoes_first else EventKind.REMOVED
    if after in undone:
        return EventKind.REVERTED_ROLLBACK
    return EventKind.ROLLED_BACK if after in introduced else None


def fold_pointer(
    environment: str,
    model: str,
    path: str,
    steps: Iterable[Step],
    documents: Mapping[str, Pointer | Unreadable],
) -> PointerHistory:
    """Fold the first-parent changes of one pointer's path, oldest first, into its history.

    Folding all steps gives the state at the last commit: `history.blob` is the blob that lies there. A step that
    changes the file's mode alone is no event.
    """
    pointers = {oid: found for oid, found in documents.items() if isinstance(found, Pointer)}
    events: list[Event] = []
    undone_blobs: set[str] = set()
    undone_versions: dict[str, str] = {}
    introduced: dict[str, str | None] = {}
    current: str | None = None
    rolled_back = False
    for step in steps:
        if step.before == step.after:
            continue  # or the live blob would count as restored, and as one that a rollback left
        left = pointers.get(step.before) if step.before is not None else None
        came = pointers.get(step.after) if step.after is not None else None
        kind = _judge(step.after, current, introduced, undone_blobs, rolled_back=rolled_back) or _kind_of_new(
            came
        )
        events.append(_event(kind, step, path, model, environment, left, came))
        rolled_back, current = kind is EventKind.ROLLED_BACK, step.after
        if rolled_back and step.before is not None:
            undone_blobs.add(step.before)
            if (
                left is not None
                and left.version is not None
                and (came is None or came.version != left.version)
            ):
                undone_versions[left.version] = left.promotion
        elif came is not None and came.version is not None and came.override is not None:
            undone_versions.pop(came.version, None)
        if step.after is not None:
            introduced.setdefault(step.after, step.before)
    return PointerHistory(
        environment, model, tuple(events), pointers, frozenset(undone_blobs), undone_versions, introduced
    )


def _kind_of_new(came: Pointer | None) -> EventKind:
    if came is None:
        return EventKind.UNREADABLE
    return EventKind.WITHDRAWN if came.is_withdrawal else EventKind.PROMOTED


def _event(
    kind: EventKind,
    step: Step,
    path: str,
    model: str,
    environment: str,
    left: Pointer | None,
    came: Pointer | None,
) -> Event:
    rolled_back = kind in (EventKind.ROLLED_BACK, EventKind.REMOVED, EventKind.REVERTED_ROLLBACK)
    said = None if rolled_back else came
    return Event(
        kind=kind,
        moment=step.moment,
        path=path,
        model=model,
        version=came.version if came is not None else None,
        environment=environment,
        promotion=came.promotion if came is not None else None,
        previous=left.version if left is not None else None,
        reason=said.reason if said is not None else step.moment.trailer("Reason"),
        requested_by=said.requested_by
        if said is not None
        else step.moment.trailer("Requested-By") or step.moment.author,
        undoes=left.promotion if rolled_back and left is not None else None,
        blob=step.after,
        before_blob=step.before,
    )


def monotonic(times: Sequence[int]) -> list[int]:
    """Committer times, oldest first, made never to fall: each is at least its predecessor's (DESIGN 4.5)."""
    highest, result = 0, []
    for time in times:
        highest = max(highest, time)
        result.append(highest)
    return result
