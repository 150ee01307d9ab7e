"""Words on the command line that name nothing, or contradict each other: what is wrong, and what was meant."""

from __future__ import annotations

import pytest

from tests.badinput.world import World

WHY = ("--reason", "x")

NOTHING_THERE = [
    (("resolve", "irsi@production"), "there is no model 'irsi'", "Did you mean iris?"),
    (("show", "iriss"), "there is no model 'iriss'", "Did you mean iris?"),
    (("list", "iriss"), "there is no model 'iriss'", "Did you mean iris?"),
    (("show", "churn"), "there is no model 'churn'", "mooring list"),
    (("history", "iriss"), "there is no model 'iriss'", "Did you mean iris?"),
    (("proposals", "iriss"), "there is no model 'iriss'", "Did you mean iris?"),
    (("resolve", "iris@9.9.9"), "iris has no version 9.9.9", "The newest versions are: 1.0.0, 1.1.0, 2.0.0."),
    (("fetch", "iris@v9.9.9"), "iris has no version 9.9.9", "1.0.0, 1.1.0, 2.0.0"),
    (("resolve", "iris@prod"), "there is no environment 'prod'", "production, staging"),
    (("promote", "iris@9.9.9", "--to", "staging", *WHY), "iris has no version 9.9.9", "1.0.0, 1.1.0, 2.0.0"),
    (("promote", "irsi@1.0.0", "--to", "staging", *WHY), "there is no model 'irsi'", "Did you mean iris?"),
    (
        ("promote", "iris@1.1.0", "--to", "prod", *WHY),
        "there is no environment 'prod'",
        "production, staging",
    ),
    (("rollback", "iriss", "--in", "staging", *WHY), "there is no model 'iriss'", "Did you mean iris?"),
    (("rollback", "iris", "--in", "prod", *WHY), "there is no environment 'prod'", "production, staging"),
    (
        ("rollback", "iris", "--in", "staging", "--to-version", "9.9.9", *WHY),
        "never live",
        "1.0.0, 1.1.0, 2.0.0",
    ),
    (
        ("rollback", "iris", "--in", "staging", "--promotion", "01JB0000000000000000000099", *WHY),
        "no promotion",
        "",
    ),
    (("withdraw", "iriss", "--from", "staging", *WHY), "there is no model 'iriss'", "Did you mean iris?"),
    (("withdraw", "iris", "--from", "prod", *WHY), "there is no environment 'prod'", "production, staging"),
    (("withdraw", "--proposal", "nothing"), "nothing is proposed for nothing", "Open proposals: none."),
    (("merge", "iris@3.0.0"), "nothing is proposed for iris@3.0.0", "Open proposals: none."),
    (("approve", "promote/staging/iris/9.9.9"), "nothing is proposed", "Open proposals: none."),
    (("resolve", "iris@staging", "--ref", "nowhere"), "there is no commit nowhere", "Name a branch"),
]

WRONG_WORDS = [
    (("resolve", "iris"), "'iris' names no version"),
    (("resolve", "iris@"), "'iris@' names no version"),
    (("resolve", ""), "'' names no version"),
    (("resolve", "@1.0.0"), "'' is no model name: it is empty"),
    (("resolve", "Iris@1.0.0"), "'Iris' is no model name"),
    (("resolve", "\u0456ris@1.0.0"), "U+0456"),
    (("resolve", f"{'a' * 64}@1.0.0"), "it has 64 characters"),
    (("resolve", "../iris@1.0.0"), "'../iris' is no model name"),
    (("resolve", "iris@1.10"), "'1.10' is no version"),
    (("resolve", "iris@Production"), "'Production' is no environment name"),
    (("resolve", "iris@staging@x"), "is no environment name"),
    (("resolve", "iris@staging\n"), "is no environment name"),
    (("resolve", "-iris@1.0.0"), "No such option"),
    (("resolve", "--", "-iris@1.0.0"), "'-iris' is no model name"),
    (("resolve", "iris@staging", "--ref", "--upload-pack=touch pwned"), "not a branch, tag or commit"),
    (("resolve", "iris@staging", "--ref", "main@{yesterday}"), "not a branch, tag or commit"),
    (("resolve", "iris@staging", "--ref", "HEAD:README.md"), "not a branch, tag or commit"),
    (("resolve", "iris@staging", "--json", "--digest"), "two forms of one answer"),
    (("list", ""), "'' is no model name: it is empty"),
    (("show", ""), "'' is no model name: it is empty"),
    (("proposals", "Iris"), "'Iris' is no model name"),
    (("show", "--", "-x"), "'-x' is no model name"),
    (("list", "--limit", "-1"), "not in the range"),
    (("promote", "iris@1.1.0", "--to", "", *WHY), "'' is no environment name: it is empty"),
    (("promote", "iris@1.1.0", "--to", "../x", *WHY), "'../x' is no environment name"),
    (("promote", "iris@1.1.0", "--to", "-x", *WHY), "'-x' is no environment name"),
    (("promote", "iris@1.1.0", "--to", "staging"), "Missing option '--reason'"),
    (("promote", "iris@1.1.0", *WHY), "Missing option '--to'"),
    (("promote", "--", "-iris@1.1.0", "--to"), "Missing option"),
    (("withdraw", "iris", "--from", "../x", *WHY), "'../x' is no environment name"),
    (("withdraw", "Iris", "--from", "staging", *WHY), "'Iris' is no model name"),
    (("withdraw", "iris"), "a withdrawal needs MODEL, --from ENV and --reason TEXT"),
    (("withdraw", "--proposal", "x", *WHY), "--proposal goes alone"),
    (
        ("rollback", "iris", "--in", "staging", "--to-nothing", "--to-version", "1.0.0", *WHY),
        "different things",
    ),
    (
        ("rollback", "iris", "--in", "staging", "--promotion", "X", "--to-version", "1.0.0", *WHY),
        "different things",
    ),
    (("rollback", "--in", "staging", *WHY), "Missing argument 'MODEL'"),
    (("register", "iris"), "Missing argument"),
    (("lst",), "Did you mean list?"),
    (("--nope",), "No such option"),
]


@pytest.mark.parametrize(
    ("words", "told", "hint"),
    NOTHING_THERE,
    ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else "",
)
def test_what_is_not_there_is_said_with_what_is(
    shared: World, words: tuple[str, ...], told: str, hint: str
) -> None:
    before = shared.snapshot()

    said = shared.mooring(*words)

    assert (said.code, said.out, told in said.message, hint in said.hint) == (3, "", True, True), said
    assert shared.snapshot() == before


@pytest.mark.parametrize(
    ("words", "told"), WRONG_WORDS, ids=lambda value: " ".join(value)[:50] if isinstance(value, tuple) else ""
)
def test_wrong_words_are_refused(shared: World, words: tuple[str, ...], told: str) -> None:
    before = shared.snapshot()

    said = shared.mooring(*words)

    assert (said.code, said.out, told in said.message) == (2, "", True), said
    assert shared.snapshot() == before


def test_refusals_say_what_to_do_instead(shared: World) -> None:
    before = shared.snapshot()

    first = shared.mooring("rollback", "iris", "--in", "production", *WHY)
    other = shared.mooring("rollback", "iris", "--in", "staging", "--to-nothing", *WHY)
    again = shared.mooring("promote", "iris@2.0.0", "--to", "staging", *WHY)

    assert (first.code, "--to-nothing" in first.hint) == (1, True), first
    assert (other.code, "mooring withdraw iris --from staging" in other.hint) == (1, True), other
    assert (again.code, again.out) == (0, "iris@2.0.0 is live in staging already; nothing to do\n"), again
    assert shared.snapshot() == before


@pytest.mark.slow
def test_a_proposal_is_taken_back_once(world: World) -> None:
    (world.scene.remote / "hooks" / "pre-receive").unlink()
    assert world.mooring("promote", "iris@1.1.0", "--to", "production", *WHY).code == 0

    first = world.mooring("withdraw", "--proposal", "promote/production/iris/1.1.0")
    again = world.mooring("withdraw", "--proposal", "promote/production/iris/1.1.0")

    assert (first.code, again.code) == (0, 3), (first, again)
    assert not any("promote/" in ref for ref in world.scene.refs())
