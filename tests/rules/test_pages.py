"""The pages of the rules: `python -m tests.rules.test_pages` writes docs/rules/ anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.render.rule_pages import explain, pages
from mooring.rules.catalogue import RULES, by_id
from tests.support.cases import examples

DOCS = Path(__file__).resolve().parents[2] / "docs" / "rules"


def test_the_committed_pages_are_those_of_the_rules() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in DOCS.glob("*")}

    assert written == pages(RULES, examples())


def test_a_rule_is_explained_in_a_terminal() -> None:
    told = explain(by_id()["dangling-pointer"])

    assert told.startswith("dangling-pointer (error, pointers)")
    assert "Why it matters\n  nothing can be resolved" in told.replace("Nothing", "nothing")
    assert "How to mend it\n" in told
    assert max(map(len, told.splitlines())) <= 100


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_page_shows_a_change_that_is_refused_and_one_that_is_accepted(rule) -> None:
    page = (DOCS / f"{rule.id}.md").read_text(encoding="utf-8")
    refused, accepted = page.split("## Refused")[1].split("## Accepted")

    assert f"[{rule.id}]" in refused
    assert f"[{rule.id}]" not in accepted


def main() -> None:
    """Write every page, and remove those of rules that are gone."""
    wanted = pages(RULES, examples())
    DOCS.mkdir(parents=True, exist_ok=True)
    for path in DOCS.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, page in wanted.items():
        (DOCS / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
