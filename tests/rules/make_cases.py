"""Writes the rule cases that are built: `python -m tests.rules.make_cases` writes states and `expected.txt` anew.

Read the difference of `expected.txt` before you commit it: it is what the rules say, not what they should say. Cases
may as well be made by hand; this script touches only those that it knows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator

from mooring.rules.engine import check_change
from tests.rules import (
    case_canonical,
    case_contents,
    case_documents,
    case_environments,
    case_fitness,
    case_governance,
    case_lineage,
    case_pointers,
    case_provenance,
    case_references,
    case_releases,
    case_retention,
    case_rollouts,
    case_waivers,
)
from tests.support.cases import Case

MODULES = (
    case_documents,
    case_canonical,
    case_releases,
    case_pointers,
    case_provenance,
    case_fitness,
    case_environments,
    case_rollouts,
    case_retention,
    case_governance,
    case_waivers,
    case_lineage,
    case_contents,
    case_references,
)


def built() -> Iterator[Case]:
    """Every case that is built."""
    for module in MODULES:
        yield from module.cases()


def main() -> None:
    """Write all built cases."""
    for case in built():
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir(parents=True)
        case.write()
        expected = case.told(check_change(case.change()))
        (case.folder / "expected.txt").write_text(expected, encoding="utf-8")


if __name__ == "__main__":
    main()
