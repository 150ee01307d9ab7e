"""A web server on this machine that holds a remote's objects, and can misbehave in the ways that remotes do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class ObjectServer:
    """What the server does with the next requests, and where it is."""

    folder: Path
    url: str = ""
    status: int | None = None
    hang: bool = False
    drip: bool = False
    cut_at: int | None = None
    requests: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serve(folder: Path) -> Iterator[ObjectServer]:
    """Serve the files below `folder` on a free port until the block ends."""
    state = ObjectServer(folder)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            state.requests.append(f"{self.command} {self.path}")
            if state.hang:
                state.released.wait(30)
                return
            path = state.folder / self.path.lstrip("/")
            status = state.status or (200 if path.is_file() else 404)
            data = path.read_bytes() if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if body:
                self.send(data)

        def send(self, data: bytes) -> None:
            if state.drip:
                for byte in data:
                    self.wfile.write(bytes([byte]))
                    if state.released.wait(0.05):
                        return
            elif state.cut_at is not None:
                self.wfile.write(data[: state.cut_at])
                self.connection.close()
            else:
                self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up on purpose
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
