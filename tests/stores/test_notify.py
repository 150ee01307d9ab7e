"""Notices reach who they are for, and an address is never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug import Response

from mooring.stores.notify import Notice, NoticeKind, notify

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

NOTICE = Notice(
    NoticeKind.ROLLED_BACK, "churn rolled back in production", "It was worse", "https://example.com/pull/1"
)


def _address(server: HTTPServer, path: str = "hook") -> str:
    return f"json://s3cret@127.0.0.1:{server.port}/{path}"


@pytest.mark.slow
def test_a_notice_arrives_with_its_words_and_how_bad_it_is(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST").respond_with_data("ok")

    assert notify([_address(httpserver)], NOTICE) == ()

    (request, _) = httpserver.log[0]
    said = request.get_json()
    assert said["title"] == "churn rolled back in production"
    assert said["message"] == "It was worse\nhttps://example.com/pull/1"
    assert said["type"] == "warning"


def test_one_that_fails_keeps_nobody_else_from_being_told(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/bad").respond_with_handler(lambda _: Response(status=500))
    httpserver.expect_request("/good").respond_with_data("ok")

    errors = notify(
        [_address(httpserver, "bad"), "nonsense", "gopher://s3cret/", _address(httpserver, "good")], NOTICE
    )

    assert len(errors) == 3
    assert [request.path for request, _ in httpserver.log if request.path == "/good"] == ["/good"]
    assert "s3cret" not in " ".join(str(error) for error in errors)
