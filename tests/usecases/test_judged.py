"""A whole registry is judged from what is remembered of another state, and nothing wrong is ever remembered."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mooring import wiring
from mooring.domain.finding import Finding, Level
from mooring.domain.layout import WAIVERS
from mooring.rules.engine import check_registry
from mooring.rules.fingerprint import fingerprint
from mooring.stores.cache import Cache, Judgement
from mooring.usecases import judged
from mooring.usecases.check import check_all
from tests.rules.case_waivers import entry, waiving
from tests.support.gitrepo import commit
from tests.support.living import Living, living

if TYPE_CHECKING:
    from mooring.stores.hub import Hub

CARD, STATUS = "registry/iris/cards/2.0.0.md", "registry/iris/status/2.0.0.yaml"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Living:
    return living(tmp_path_factory.mktemp("made"))


@pytest.fixture
def registry(made: Living, tmp_path: Path) -> Living:
    path = shutil.copytree(made.path, tmp_path / "clone", symlinks=True)
    return Living(path, made.builder.copy(), list(made.commits), list(made.states))


def uncached(hub: Hub, commit: str) -> tuple[Finding, ...]:
    return check_registry(replace(hub, cache=Cache(None), _registries={}).registry(commit))


def tree(hub: Hub, commit: str) -> str:
    return hub.repository.git("rev-parse", f"{commit}^{{tree}}")


def test_every_commit_judged_by_way_of_another_is_judged_as_by_itself(registry: Living) -> None:
    registry.builder.write(STATUS, "state: [\n").remove("registry/churn/model.yaml")
    registry.record("Break two things")
    registry.builder.remove(STATUS).write(CARD, "Prose\n")
    registry.record("Mend one")
    hub = wiring.open_hub(registry.path)

    for one in (*registry.commits[::3], *reversed(registry.commits)):
        assert judged.findings_at(hub, one) == uncached(hub, one)


def test_what_was_judged_is_not_judged_again(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    newest = registry.commits[-1]
    hub.cache.put_judgement(
        fingerprint(),
        Judgement(tree(hub, newest), '[["r", "p", [], "m", null, "error", "", null, null]]', False),
    )

    assert [found.rule for found in judged.findings_at(hub, newest)] == ["r"]


def test_what_other_rules_found_does_not_count(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    newest = registry.commits[-1]
    hub.cache.put_judgement("f" * 64, Judgement(tree(hub, newest), '[["r", "p", [], "m"]]', True))

    assert judged.findings_at(hub, newest) == uncached(hub, newest)


@pytest.mark.parametrize("text", ["", "{}", "[[1]]", '[["r", "p", [], "m", null, "odd", "", null, null]]'])
def test_what_is_remembered_and_spoiled_is_judged_anew(registry: Living, text: str) -> None:
    hub = wiring.open_hub(registry.path)
    for one in registry.commits[-2:]:
        hub.cache.put_judgement(fingerprint(), Judgement(tree(hub, one), text, False))

    assert judged.findings_at(hub, registry.commits[-1]) == uncached(hub, registry.commits[-1])


def test_a_state_whose_tree_is_gone_is_passed_over(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    hub.cache.put_judgement(fingerprint(), Judgement("0" * 40, '[["r", "p", [], "m"]]', False))

    assert judged.findings_at(hub, registry.commits[-1]) == uncached(hub, registry.commits[-1])


def test_a_state_whose_blobs_were_pruned_is_passed_over(registry: Living) -> None:
    registry.builder.write(CARD, "Prose that nobody keeps\n").write(STATUS, "state: [\n")
    gone = registry.record("Write a card")
    registry.builder.remove(CARD).remove(STATUS)
    kept = registry.record("Take it back")
    judged.findings_at(wiring.open_hub(registry.path), gone)
    again = wiring.open_hub(registry.path)
    for path in (CARD, STATUS):
        blob = again.repository.blob_ids(gone, [path])[0] or ""
        (registry.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    assert judged.findings_at(again, kept) == uncached(again, kept)


def test_only_the_newest_states_are_remembered(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    for one in registry.commits:
        judged.findings_at(hub, one)

    kept = hub.cache.judgements(fingerprint())
    assert len(kept) == 8
    assert kept[0].tree == tree(hub, registry.commits[-1])


def cache_file(registry: Living) -> Path:
    return registry.path / ".git" / "mooring" / "cache.sqlite3"


@pytest.mark.parametrize("size", [50, 512, 4096, 20_000, -1], ids=lambda size: f"{size} bytes")
def test_a_cache_that_was_cut_off_is_made_anew_and_works_again(registry: Living, size: int) -> None:
    hub = wiring.open_hub(registry.path)
    judged.findings_at(hub, "HEAD")
    hub.cache.close()
    file = cache_file(registry)
    file.write_bytes(file.read_bytes()[:size])
    again = wiring.open_hub(registry.path)

    assert judged.findings_at(again, registry.commits[-1]) == uncached(again, registry.commits[-1])
    assert judged.findings_at(again, registry.commits[-1]) == uncached(again, registry.commits[-1])
    assert again.cache.judgement(tree(again, "HEAD"), fingerprint()) is not None
    again.cache.close()
    connection = sqlite3.connect(file)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


def test_a_cache_that_breaks_while_it_is_open_costs_only_time(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    judged.findings_at(hub, "HEAD")
    file = cache_file(registry)
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * (file.stat().st_size - 100))

    assert judged.findings_at(hub, registry.commits[-2]) == uncached(hub, registry.commits[-2])
    assert judged.findings_at(hub, registry.commits[-1]) == uncached(hub, registry.commits[-1])


def test_the_time_is_not_remembered(registry: Living) -> None:
    model = "registry/churn/model.yaml"
    waiving(registry.builder.remove(model), entry("missing-model-document", model))
    soon = registry.record("Waive it")
    hub = wiring.open_hub(registry.path)
    first = check_all(hub, soon)
    late = commit(registry.path, {"README.md": b"Later\n"}, minute=100 * 24 * 60)
    after = check_all(hub, late)

    assert {found.level for found in first.findings if found.place.path == model} == {Level.WAIVED}
    assert {
        (found.rule, found.level) for found in after.findings if found.place.path in (model, WAIVERS)
    } == {
        ("missing-model-document", Level.ERROR),
        ("expired-waiver", Level.WARNING),
    }


def test_only_a_state_of_which_nothing_is_ever_to_be_said_is_remembered_as_plain(registry: Living) -> None:
    hub = wiring.open_hub(registry.path)
    clean = registry.commits[-1]
    check_all(hub, clean)
    waiving(registry.builder, entry("missing-metric", "registry/iris/**"))
    waived = registry.record("Waive something")
    check_all(hub, waived)
    plain = {one.tree: (one.plain, json.loads(one.json)) for one in hub.cache.judgements(fingerprint())}

    assert plain == {tree(hub, clean): (True, []), tree(hub, waived): (False, [])}


def test_the_fingerprint_is_that_of_the_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mooring.rules import fingerprint as module

    package = tmp_path / "mooring"
    (package / "rules").mkdir(parents=True)
    (package / "rules" / "one.py").write_text("one\n")
    monkeypatch.setattr(module, "__file__", str(package / "rules" / "fingerprint.py"))
    told = set()
    for step in (None, "two\n", "one\n"):
        if step is not None:
            (package / "rules" / "one.py").write_text(step)
        module.fingerprint.cache_clear()
        told.add(module.fingerprint())
    (package / "rules" / "two.py").write_text("")
    module.fingerprint.cache_clear()
    told.add(module.fingerprint())
    module.fingerprint.cache_clear()

    assert len(told) == 3
