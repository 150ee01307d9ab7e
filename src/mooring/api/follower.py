"""A follower for serving processes: what is live, loaded; the last good model when anything fails; never backwards."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from mooring.domain.references import parse_reference
from mooring.domain.registry import Resolution
from mooring.errors import IntegrityError, MooringError, NotFoundError

if TYPE_CHECKING:
    from mooring.api.loaders import LoadedModel
    from mooring.api.registry import Registry

# Outside refs/mooring, which mirrors keep equal to the remote's.
SERVED: Final = "refs/served-by-mooring"


@dataclass(frozen=True, slots=True)
class Serving:
    """What a follower serves: one object, so that a reader never sees a model with another version's name."""

    resolution: Resolution
    model: LoadedModel

    @property
    def version(self) -> str:
        """The version that answers."""
        return self.resolution.version


class Follower:
    """Follows `MODEL@ENVIRONMENT`, loads what it points to, and goes on serving the last good model when it cannot.

    `serving` is None before the first load and after a withdrawal. `stale_seconds` says how long ago it was last
    known to be what main says, `error` why it is not known now, and `alarm` while main is rewound or forked, which
    changes nothing (DESIGN 4.10). In a `with` block it polls every `interval` seconds in a thread; or call `poll`.
    """

    def __init__(
        self,
        registry: Registry,
        reference: str,
        *,
        interval: float = 5.0,
        trust: Collection[str] = (),
        key: str | None = None,
        on_change: Callable[[Serving | None], None] | None = None,
    ) -> None:
        self._registry = registry
        self._reference = parse_reference(reference)
        self._interval = interval
        self._trust = tuple(trust)
        self._key = key
        self._on_change = on_change
        self._serving: Serving | None = None
        self._error: MooringError | None = None
        self._alarm: IntegrityError | None = None
        self._known_at: float | None = None
        self._stop = threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        hub = registry.hub
        self._served_ref = f"{SERVED}/{hub.branch}"
        self._served = hub.repository.commit_id(self._served_ref)

    @property
    def serving(self) -> Serving | None:
        """What is served now."""
        return self._serving

    @property
    def error(self) -> MooringError | None:
        """Why the last poll could not tell what is live, or could not load it; None when it could."""
        return self._error

    @property
    def alarm(self) -> IntegrityError | None:
        """Set while main is not a continuation of what was served before."""
        return self._alarm

    @property
    def stale_seconds(self) -> float | None:
        """Seconds since what is served was last known to be what main says; None before that ever was."""
        return None if self._known_at is None else time.monotonic() - self._known_at

    def poll(self) -> bool:
        """Look once; True when what is served changed. An outage or a bad state is kept in `error`, never raised."""
        with self._turn:
            try:
                changed = self._follow()
            except MooringError as error:
                self._error = error
                self._alarm = error if isinstance(error, RewoundError) else None
                return False
            except Exception as error:  # noqa: BLE001 - a serving process must outlive any fault of what it loads
                self._error = MooringError(f"{self._reference} could not be loaded: {error!r}")
                return False
            self._error = self._alarm = None
            self._known_at = time.monotonic()
        if changed and self._on_change is not None:
            self._on_change(self._serving)
        return changed

    def _follow(self) -> bool:
        from mooring.usecases.load import check_consent, fetch

        hub, registry = self._registry.hub, self._registry
        commit = hub.refresh_if_moved()
        self._check_forward(commit)
        try:
            found = registry.resolve_at(commit, self._reference, key=self._key)
        except NotFoundError:
            # Withdrawn, or never deployed: there is no fallback, so nothing is served.
            changed = self._serving is not None
            self._serving = None
            self._remember(commit)
            return changed
        if self._serving is not None and self._serving.resolution.manifest == found.manifest:
            self._serving = Serving(found, self._serving.model)
            self._remember(commit)
            return False
        from mooring.api.loaders import load_model

        fetched = fetch(hub, found, cache=registry.artifacts())
        check_consent(hub, fetched)
        model = load_model(fetched.files, fetched.manifest, trust=self._trust)
        self._serving = Serving(found, model)
        self._remember(commit)
        return True

    def _check_forward(self, commit: str) -> None:
        served = self._served
        repository = self._registry.hub.repository
        if served is None or served == commit:
            return
        if not repository.has_object(served) or not repository.on_first_parent_chain(served, commit):
            raise RewoundError(
                f"main went from {served[:12]} to {commit[:12]}, which does not continue it: it was rewound or forked",
                "Find out who rewrote main. To accept the new history: "
                f"git -C {repository.path} update-ref -d {self._served_ref}",
            )

    def _remember(self, commit: str) -> None:
        if commit == self._served:
            return
        # Remembering across restarts is a bonus: on a read-only disk the process still remembers by itself.
        with contextlib.suppress(MooringError):
            repository = self._registry.hub.repository
            repository.update_ref(self._served_ref, commit, repository.commit_id(self._served_ref))
        self._served = commit

    def start(self) -> Self:
        """Poll once now, then every `interval` seconds in a daemon thread."""
        self.poll()
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name=f"mooring {self._reference}", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread; what is served stays."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self.poll()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class RewoundError(IntegrityError):
    """Main does not continue the history that was served before."""
