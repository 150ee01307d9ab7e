"""A serving process that follows a pointer: `python -m examples.serve REGISTRY MODEL@ENVIRONMENT`.

It loads what the environment points to, answers predictions over HTTP on this machine, reloads when the pointer moves,
and goes on with the last good model when Git or the storage is away. Standard library only; put your own web framework
in its place.

    GET  /health      what is served, how stale it may be, and what is wrong if anything is
    POST /predict     {"payload": [5.1, 3.5, 1.4, 0.2]} -> {"prediction": 0, "probabilities": [...], "version": "1.1.0"}
"""

from __future__ import annotations

import argparse
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast

import mooring
from examples.training.predict import predict


class Server(ThreadingHTTPServer):
    """An HTTP server with the follower that tells it which model answers."""

    daemon_threads = True

    def __init__(self, port: int, follower: mooring.Follower) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.follower = follower


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_GET(self) -> None:
        """Tell what is served."""
        follower = cast("Server", self.server).follower
        serving = follower.serving
        self._answer(
            200 if serving is not None else 503,
            {
                "version": None if serving is None else serving.version,
                "commit": None if serving is None else serving.resolution.commit,
                "stale_seconds": follower.stale_seconds,
                "error": None if follower.error is None else follower.error.message,
                "alarm": follower.alarm is not None,
            },
        )

    def do_POST(self) -> None:
        """Predict with the model that is live, and say which version answered."""
        # Taken once: a reload between two lines must not mix one model with another's version.
        serving = cast("Server", self.server).follower.serving
        if serving is None:
            self._answer(503, {"error": "nothing is deployed"})
            return
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
            loaded = serving.model
            interface = loaded.manifest.interface
            answer = predict(
                loaded.model,
                body["payload"],
                input_schema=(interface.input if interface is not None else None) or {},
                scaler=loaded.others.get("preprocessor"),
            )
        except (KeyError, TypeError, ValueError) as error:
            self._answer(400, {"error": f"the payload does not fit: {error}", "version": serving.version})
            return
        self._answer(200, {**answer, "version": serving.version})

    def _answer(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing for each request."""


def main(arguments: list[str] | None = None) -> int:
    """Serve until the process is stopped; the port is printed once the first model is loaded."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.serve", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("registry", help="a folder or an address")
    parser.add_argument("reference", metavar="MODEL@ENVIRONMENT")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--interval", type=float, default=2.0, help="seconds between two looks at the pointer"
    )
    parser.add_argument("--trust", action="append", default=[], help="a type or format that may be loaded")
    options = parser.parse_args(arguments)
    try:
        registry = mooring.Registry.open(options.registry)
        follower = registry.follow(options.reference, interval=options.interval, trust=options.trust)
    except mooring.MooringError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    with follower, Server(options.port, follower) as server:
        if follower.error is not None:
            print(follower.error, file=sys.stderr)
        print(f"serving {options.reference} on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
