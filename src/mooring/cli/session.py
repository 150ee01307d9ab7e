"""One run of the command line: what was asked globally, the registry it opens, and where it prints."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mooring.cli.output import Output

if TYPE_CHECKING:
    from mooring.render.blocks import Block
    from mooring.stores.forge.connect import Connection
    from mooring.stores.hub import Hub


@dataclass
class Session:
    """The options that every command shares. The registry is opened when it is first used and closed at the end."""

    environ: Mapping[str, str]
    registry: str | None = None
    ref: str | None = None
    fetch: bool | None = None
    quiet: bool = False
    _hub: Hub | None = field(default=None, repr=False)
    _connection: Connection | None = field(default=None, repr=False)

    @property
    def output(self) -> Output:
        """Where this run prints."""
        return Output(self.environ, quiet=self.quiet)

    @property
    def offline(self) -> bool:
        """Whether the remote must not be asked."""
        return self.fetch is False

    @property
    def now_ms(self) -> int:
        """The time now in milliseconds since 1970."""
        return int(time.time() * 1000)

    def hub(self) -> Hub:
        """The registry, opened; raises as `wiring.open_hub` does."""
        if self._hub is None:
            from mooring import wiring

            self._hub = wiring.open_hub(self.registry, environ=self.environ, offline=self.offline)
            if self._hub.unreachable is not None:
                self.output.warning(f"answered from what was fetched before: {self._hub.unreachable.message}")
        return self._hub

    def bring_up_to_date(self) -> Hub:
        """The registry, fetched first where `--fetch` asks for it; raises UnavailableError."""
        hub = self.hub()
        # A mirror was brought up to date when it was opened.
        if self.fetch and not hub.in_mirror:
            hub.fetch()
        return hub

    def connection(self) -> Connection | None:
        """The forge in front of the registry's remote; None for a plain Git server, and where none is to be asked."""
        if self.offline:
            return None
        if self._connection is None:
            from mooring import wiring

            self._connection = wiring.open_connection(self.hub(), environ=self.environ)
        return self._connection

    def commit(self) -> str:
        """The commit to read: `--ref`, else main as last fetched (`--fetch` asks the remote first).

        Raises NotFoundError where there is no such commit, UnavailableError when the remote does not answer.
        """
        hub = self.bring_up_to_date()
        if self.ref is None:
            return hub.tip()
        from mooring.usecases.revisions import commit_named

        return commit_named(hub, self.ref)

    def show(self, what: Mapping[str, object] | Sequence[Block]) -> None:
        """Print a result: plain data as JSON, blocks as a page or as rows."""
        if isinstance(what, Mapping):
            self.output.json(what)
        else:
            self.output.blocks(what)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._hub is not None:
            self._hub.repository.close()
            self._hub.cache.close()
