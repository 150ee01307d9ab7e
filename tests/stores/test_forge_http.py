"""Requests to a forge end in time, are never carried out twice, and say in our words what went wrong."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from werkzeug import Request, Response

from mooring.errors import MooringError, NotFoundError, UnavailableError
from mooring.stores.forge.http import Client, number, pick, text, words_of
from mooring.stores.forge.port import AmbiguousError, ForgeError

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

TOKEN = "ghs_no_one_may_read_this"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(httpserver: HTTPServer, waits: list[float]) -> Iterator[Client]:
    with Client(
        base=httpserver.url_for("/api"),
        what="the forge",
        headers={"Authorization": f"Bearer {TOKEN}"},
        seconds=100,
        pause=waits.append,
    ) as client:
        yield client


def _answers(server: HTTPServer, *answers: Response) -> list[Request]:
    """Give these answers, one a request; the requests as they came."""
    left, seen = list(answers), list[Request]()

    def answer(request: Request) -> Response:
        seen.append(request)
        return left.pop(0)

    server.expect_request("/api/thing").respond_with_handler(answer)
    return seen


def test_json_is_handed_over_as_it_is(httpserver: HTTPServer, client: Client) -> None:
    httpserver.expect_request("/api/thing", query_string="page=1").respond_with_json({"a": [1]})

    assert client.get("thing", {"page": 1}) == {"a": [1]}


def test_every_page_of_a_list_is_read(httpserver: HTTPServer, client: Client) -> None:
    following = f'<{httpserver.url_for("/api/thing?page=2")}>; rel="next", <x>; rel="last"'
    httpserver.expect_ordered_request("/api/thing").respond_with_json([1, 2], headers={"Link": following})
    httpserver.expect_ordered_request("/api/thing", query_string="page=2").respond_with_json([3])

    assert list(client.pages("thing")) == [1, 2, 3]


def test_a_list_that_leads_to_another_server_is_not_followed(httpserver: HTTPServer, client: Client) -> None:
    """The token goes to the forge and to nobody else."""
    evil = '<http://127.0.0.1:9/api/thing?page=2>; rel="next"'
    httpserver.expect_request("/api/thing").respond_with_json([1], headers={"Link": evil})

    with pytest.raises(UnavailableError, match="another server"):
        list(client.pages("thing"))


def test_a_redirect_is_not_followed(httpserver: HTTPServer, client: Client) -> None:
    seen = _answers(httpserver, Response(status=301, headers={"Location": "http://127.0.0.1:9/"}))

    with pytest.raises(ForgeError, match="moved"):
        client.get("thing")
    assert len(seen) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_may_be_repeated_is_tried_again(httpserver: HTTPServer, client: Client, status: int) -> None:
    seen = _answers(httpserver, Response(status=status), Response(status=status), Response("{}"))

    assert client.send("PATCH", "thing", {"title": "t"}) == {}
    assert len(seen) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_post_that_may_have_arrived_is_sent_once(
    httpserver: HTTPServer, client: Client, status: int
) -> None:
    seen = _answers(httpserver, Response(status=status))

    with pytest.raises(AmbiguousError):
        client.send("POST", "thing", {})
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (403, {"Retry-After": "5"}, 5.0),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1770000000"}, 60.0),
    ],
)
def test_a_refusal_for_too_many_requests_is_waited_for_as_long_as_it_says(
    httpserver: HTTPServer,
    client: Client,
    waits: list[float],
    status: int,
    headers: dict[str, str],
    wanted: float,
) -> None:
    """Nothing was carried out then, so that a POST may be sent again too."""
    seen = _answers(httpserver, Response(status=status, headers=headers), Response("{}", status=201))

    assert client.send("POST", "thing", {}) == {}
    assert len(seen) == 2
    assert waits == [wanted]


def test_a_limit_that_ends_later_than_the_time_allowed_is_an_error_that_says_so(
    httpserver: HTTPServer, client: Client, waits: list[float]
) -> None:
    _answers(httpserver, Response(status=429, headers={"Retry-After": "3600"}))

    with pytest.raises(UnavailableError, match="no more requests"):
        client.get("thing")
    assert waits == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, ForgeError), (403, ForgeError), (404, NotFoundError), (409, ForgeError), (422, ForgeError)],
)
def test_a_refusal_says_what_the_forge_says_and_never_the_token(
    httpserver: HTTPServer, client: Client, status: int, kind: type[MooringError]
) -> None:
    body = '{"message": "Validation Failed", "errors": [{"message": "No commits between a and b"}]}'
    seen = _answers(httpserver, Response(body, status=status))

    with pytest.raises(kind) as caught:
        client.send("POST", "thing", {})

    assert "Validation Failed; No commits between a and b" in str(caught.value)
    assert TOKEN not in f"{caught.value} {caught.value!r} {client!r}"
    assert len(seen) == 1


def test_a_page_in_place_of_json_is_an_answer_that_may_be_tried_again(
    httpserver: HTTPServer, client: Client
) -> None:
    httpserver.expect_request("/api/thing").respond_with_data("<html>log in</html>")

    with pytest.raises(UnavailableError, match="no JSON"):
        client.get("thing")


def test_an_endless_answer_is_cut_off(httpserver: HTTPServer, client: Client) -> None:
    httpserver.expect_request("/api/thing").respond_with_handler(
        lambda _: Response(b"x" * 65_536 for _ in range(10_000))
    )

    with pytest.raises(UnavailableError):
        client.get("thing")


def test_a_server_that_is_not_there_is_said_so(waits: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Client(
            base=f"http://127.0.0.1:{taken.getsockname()[1]}",
            what="the forge",
            headers={},
            pause=waits.append,
        )

        with pytest.raises(UnavailableError, match="the forge did not answer"):
            client.send("POST", "thing", {})
    assert len(waits) == 3


def test_a_connection_that_is_cut_in_the_middle_of_a_post_is_ambiguous(waits: list[float]) -> None:
    """It may have been carried out: whoever asked must look, and never just ask again."""
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept_and_cut() -> None:
            connection, _ = server.accept()
            connection.recv(65_536)
            connection.close()

        thread = threading.Thread(target=accept_and_cut)
        thread.start()
        client = Client(
            base=f"http://127.0.0.1:{server.getsockname()[1]}",
            what="the forge",
            headers={},
            pause=waits.append,
        )
        with client, pytest.raises(AmbiguousError):
            client.send("POST", "thing", {"a": 1})
        thread.join()
    assert waits == []


def test_answers_are_read_as_far_as_they_are_what_is_expected() -> None:
    data: object = {"user": {"login": "alice"}, "list": [{"n": 3}], "flag": True}

    assert text(data, "user", "login") == "alice"
    assert text(data, "user", "missing", "deeper") == ""
    assert pick(data, "list", 0, "n") == 3
    assert pick(data, "list", 4) is None
    with pytest.raises(UnavailableError):
        number(data, "flag")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"message": "Not Found"}', "Not Found"),
        (b'{"message": ["a", "b"]}', "a; b"),
        (b'{"error": "insufficient_scope"}', "insufficient_scope"),
        (b'{"message": "x", "errors": ["y", {"code": "custom"}]}', "x; y; custom"),
        (b"<html>", ""),
        (b'{"message": "two\\nlines"}', "two lines"),
    ],
)
def test_the_words_of_a_refusal_are_one_line(body: bytes, words: str) -> None:
    assert words_of(body) == words


@pytest.mark.parametrize(
    ("base", "verified"), [("https://git.example.com", True), ("http://127.0.0.1:1", False)]
)
def test_certificates_are_checked_wherever_there_are_any(
    monkeypatch: pytest.MonkeyPatch, waits: list[float], base: str, *, verified: bool
) -> None:
    import httpx2

    made: list[object] = []

    def client(**options: object) -> None:
        made.append(options["verify"])
        raise httpx2.ConnectError("nothing is asked here")

    monkeypatch.setattr(httpx2, "Client", client)
    with pytest.raises(UnavailableError):
        Client(base=base, what="the forge", headers={}, pause=waits.append).get("thing")
    assert set(made) == {verified}
