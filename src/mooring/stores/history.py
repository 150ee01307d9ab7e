"""The first-parent history of main, path by path, folded once and then only extended."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cached_property

from mooring.domain import layout
from mooring.domain.events import Moment, PointerHistory, Step, fold_pointer
from mooring.domain.finding import Unreadable
from mooring.domain.pointer import Pointer
from mooring.domain.registry import Entry
from mooring.stores.cache import Cache, CachedSteps
from mooring.stores.files import GitFiles
from mooring.stores.git.history import CommitRecord
from mooring.stores.git.repository import Repository

_LONGEST_MESSAGE = 8_000
# The first lines of a pointer as they are always written. The whole history is read for this one line, and strict
# YAML takes 0.3 ms a pointer: 8 s at 23 000 promotions.
_WRITTEN = re.compile(
    rb"apiVersion: mooring/v1\nkind: Pointer\n"
    rb"version: (?:null|\"?[0-9A-Za-z.-]{1,63}\"?)\n"
    rb"manifest: (?:null|sha256:[0-9a-f]{64})\n"
    rb"promotion: ([0-7][0-9A-HJKMNP-TV-Z]{25})\n"
)
PathStep = tuple[str, Step]


class GitHistory:
    """All that happened on the first-parent line that ends at `tip` (None: nothing yet)."""

    def __init__(self, repository: Repository, tip: str | None, cache: Cache) -> None:
        self._repository = repository
        self._tip = tip
        self._cache = cache
        self._folded: dict[str, PointerHistory] = {}

    @property
    def tip(self) -> str | None:
        """The newest commit of the line."""
        return self._tip

    def is_complete(self) -> bool:
        """Whether the repository has the whole history (a shallow clone has not)."""
        return not self._repository.is_shallow

    def of(self, environment: str, model: str) -> PointerHistory:
        """All that ever happened to one pointer, oldest first."""
        path = layout.pointer_path(environment, model)
        if path not in self._folded:
            steps = [step for _, step in self.steps(path, [path])]
            documents = self._pointers({step.after for step in steps if step.after is not None}, path)
            self._folded[path] = fold_pointer(environment, model, path, steps, documents)
        return self._folded[path]

    def _pointers(self, blobs: set[str], path: str) -> dict[str, Pointer | Unreadable]:
        if self._tip is None:
            return {}
        files = GitFiles(self._repository, self._tip, self._cache)
        entries = [Entry(path, "100644", "blob", blob) for blob in sorted(blobs)]
        return {entry.oid: found for entry, found in files.documents(entries, Pointer)}

    def steps(self, key: str, paths: Sequence[str]) -> list[PathStep]:
        """Each change of each of `paths`, oldest first; `key` names this selection of paths in the cache."""
        if self._tip is None:
            return []
        cached = self._cache.steps(key)
        if cached is not None and cached.tip == self._tip:
            return _thaw(cached.json)
        if cached is not None and self._is_gone(cached.tip):
            cached = None
        since, latest, known = None, 0, list[PathStep]()
        if cached is not None and self._repository.on_first_parent_chain(cached.tip, self._tip):
            since, latest, known = cached.tip, cached.latest, _thaw(cached.json)
        times, latest = self._times(since, latest)
        records = list(self._repository.first_parent(self._tip, since=since, paths=paths))
        for record in reversed(records):
            known += _steps_of(record, times[record.oid])
        overtaken = (
            cached is not None and since is None and self._repository.is_ancestor(self._tip, cached.tip)
        )
        if not overtaken and self.is_complete():
            self._cache.put_steps(key, CachedSteps(self._tip, latest, _freeze(known)))
        return known

    def _is_gone(self, commit: str) -> bool:
        """Whether a commit that the cache speaks of was pruned: main was rewritten, and nothing holds the old line."""
        return self._repository.commit_id(commit) is None

    @cached_property
    def times(self) -> dict[str, int]:
        """The time of each commit of the line, oldest first, never less than its predecessor's (DESIGN 4.5)."""
        return self._times_after(None, 0)

    def _times(self, since: str | None, latest: int) -> tuple[dict[str, int], int]:
        """The times of the commits after `since`, and the highest of them all; `latest` is that of `since`."""
        times = self.times if since is None else self._times_after(since, latest)
        return times, next(reversed(times.values()), latest)

    def _times_after(self, since: str | None, latest: int) -> dict[str, int]:
        times: dict[str, int] = {}
        for oid, time in reversed(self._repository.first_parent_times(self._tip or "HEAD", since=since)):
            latest = max(latest, time)
            times[oid] = latest
        return times

    @cached_property
    def _promotions_are_known(self) -> bool:
        """Bring the table of promotion ids up to the tip; False where it must not be used for this tip."""
        if self._tip is None:
            return False
        known = self._cache.mark("promotions")
        if known == self._tip:
            return True
        if known is not None and self._is_gone(known):
            known = None
        since = (
            known if known is not None and self._repository.on_first_parent_chain(known, self._tip) else None
        )
        if since is None and known is not None and self._repository.is_ancestor(self._tip, known):
            return False
        self._cache.put_promotions(self._used_since(since), tip=self._tip, afresh=since is None)
        return self._cache.mark("promotions") == self._tip

    def _used_since(self, since: str | None) -> list[tuple[str, str, str]]:
        """Promotion id, path and commit of each pointer that main got after `since`, oldest first."""
        tip = self._tip or "HEAD"
        added: list[tuple[str, str, str]] = []
        for record in self._repository.first_parent(tip, since=since, paths=[layout.ENVIRONMENTS]):
            added += [
                (change.path, record.oid, change.new_oid)
                for change in record.changes
                if change.new_oid is not None and change.path.count("/") >= 2
            ]
        added.reverse()
        identifiers = self._identifiers(list(dict.fromkeys(blob for _, _, blob in added)))
        used: dict[str, tuple[str, str, str]] = {}
        for path, commit, blob in added:
            if (promotion := identifiers.get(blob)) is not None:
                used.setdefault(promotion, (promotion, path, commit))
        return list(used.values())

    def _identifiers(self, blobs: Sequence[str]) -> dict[str, str]:
        """The promotion id of each blob that is a pointer; those that Mooring itself wrote are not parsed as YAML."""
        found: dict[str, str] = {}
        others: set[str] = set()
        for blob, data in GitFiles(self._repository, self._tip or "HEAD", self._cache).contents(blobs):
            written = _WRITTEN.match(data)
            if written is not None:
                found[blob] = written[1].decode("ascii")
            else:
                others.add(blob)
        for blob, pointer in self._pointers(others, f"{layout.ENVIRONMENTS}/pointer").items():
            if isinstance(pointer, Pointer):
                found[blob] = pointer.promotion
        return found

    def promotion_owner(self, promotion: str) -> tuple[str, str] | None:
        """The path and commit of the pointer that first used this promotion id, or None."""
        if self._promotions_are_known:
            return self._cache.promotion(promotion)
        for found, path, commit in self._all_used:
            if found == promotion:
                return path, commit
        return None

    @cached_property
    def _all_used(self) -> list[tuple[str, str, str]]:
        return self._used_since(None) if self._tip is not None else []


def _steps_of(record: CommitRecord, time: int) -> list[PathStep]:
    moment = Moment(
        record.oid,
        time,
        f"{record.author_name} <{record.author_email}>",
        f"{record.committer_name} <{record.committer_email}>",
        record.message[:_LONGEST_MESSAGE].rstrip("\n"),
    )
    return [(change.path, Step(moment, change.old_oid, change.new_oid)) for change in record.changes]


def _freeze(steps: Sequence[PathStep]) -> str:
    rows = [
        (path, step.before, step.after, at.commit, at.time, at.author, at.committer, at.message)
        for path, step in steps
        for at in (step.moment,)
    ]
    return json.dumps(rows)


def _thaw(text: str) -> list[PathStep]:
    return [
        (path, Step(Moment(commit, time, author, committer, message), before, after))
        for path, before, after, commit, time, author, committer, message in json.loads(text)
    ]
