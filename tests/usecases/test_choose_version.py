"""The number of a new version: what is asked for, what a bump gives, and what nobody should get by a slip."""

from __future__ import annotations

import pytest

from mooring.documents.memory import MemoryFiles
from mooring.domain.registry import Registry
from mooring.errors import UsageError
from mooring.usecases.draft import Draft
from mooring.usecases.register import RegisterRequest, choose_version
from tests.support.builder import Builder

NUMBER = {"type": "object", "properties": {"x": {"type": "number"}}}


def chosen(bump: str, interface: dict[str, object] | None, *, before: bool = True) -> str:
    builder = Builder().settings().model("iris")
    builder.version("1.2.3", accepts=NUMBER if before else None)
    fields = {} if interface is None else {"interface": interface}
    request = RegisterRequest(Draft("iris", fields), {}, bump=bump)
    return choose_version(Registry(MemoryFiles(builder.files)), request, now_ms=0).version


@pytest.mark.parametrize("bump", ["auto", "minor", "patch"])
def test_a_forgotten_interface_is_no_major_release(bump: str) -> None:
    with pytest.raises(UsageError) as refused:
        chosen(bump, None)

    assert "iris@1.2.3 declares an interface" in refused.value.message
    assert "--interface FILE" in (refused.value.hint or "")


def test_an_interface_may_be_given_up_by_a_major_release() -> None:
    assert chosen("major", None) == "2.0.0"


def test_a_model_that_never_had_an_interface_needs_none() -> None:
    assert chosen("auto", None, before=False) == "1.3.0"


def test_auto_takes_the_step_that_the_interface_asks_for() -> None:
    assert chosen("auto", {"input": NUMBER}) == "1.3.0"
    assert chosen("auto", {"input": {"type": "array"}}) == "2.0.0"


def test_the_reason_says_where_the_interface_differs() -> None:
    registry = Registry(
        MemoryFiles(Builder().settings().model("iris").version("1.2.3", accepts=NUMBER).files)
    )
    whole = {"type": "object", "properties": {"x": {"type": "integer"}}}
    request = RegisterRequest(Draft("iris", {"interface": {"input": whole}}), {}, bump="auto")

    why = choose_version(registry, request, now_ms=0).why

    assert why is not None
    assert "the input refuses what it accepted before" in why
    assert "x: number → integer (interface.input.properties.x.type)" in why
