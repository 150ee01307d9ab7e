"""What main's first-parent line says of one pointer: edges that no story of promotions and rollbacks reaches."""

from __future__ import annotations

from mooring.documents import codec
from mooring.domain.events import EventKind, Moment, Step, fold_pointer, judge
from mooring.domain.pointer import Pointer
from tests.support.builder import Builder

PATH = "environments/staging/iris.yaml"
FIRST, SECOND = "1" * 40, "2" * 40


def test_a_change_of_the_mode_alone_is_no_rollback_and_bars_no_version() -> None:
    live = Builder().environment("staging").model("iris").version("1.0.0").promote("1.0.0", to="staging")
    pointer = codec.decode(Pointer, live.files[PATH], PATH)
    steps = [
        Step(Moment(commit, 60, "Alex", "Alex", "Commit"), before, FIRST)
        for commit, before in ((FIRST, None), (SECOND, FIRST))
    ]

    history = fold_pointer("staging", "iris", PATH, steps, {FIRST: pointer})

    assert [event.kind for event in history.events] == [EventKind.PROMOTED]
    assert (history.is_rolled_back, history.undone_blobs, history.undone_versions) == (False, frozenset(), {})
    assert judge(history, None) is EventKind.ROLLED_BACK
