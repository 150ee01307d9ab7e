"""Which version step the difference of two interfaces requires (DESIGN 4.11), and which schemas an interface may hold.

Input: every payload valid before must stay valid, objects closed (a member no schema names is not part of a
payload). Output: whatever may come out now was possible before, schemas as written. Importing this package is
cheap, for versions need `Bump` on the fast path; the work is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mooring.domain.compatibility.verdict import Bump, Comparison, Difference, Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mooring.domain.compatibility.checking import SchemaProblem
    from mooring.domain.compatibility.comparing import InterfaceLike

__all__ = ["Bump", "Comparison", "Difference", "Side", "check_schema", "compare"]


def compare(before: InterfaceLike | None, after: InterfaceLike | None) -> Comparison:
    """The smallest bump that the step from one interface to the other allows, and what differs; never raises.

    What cannot be decided (an unusable schema, a question the solver gives up on) is MAJOR with `certain` False.
    """
    from mooring.domain.compatibility.comparing import compare_interfaces

    return compare_interfaces(before, after)


def check_schema(schema: Mapping[str, object], *, dollar_ends: bool = False) -> list[SchemaProblem]:
    """Why `schema` may not stand in a document: empty if it is a bounded, self-contained 2020-12 JSON Schema.

    `dollar_ends` accepts patterns that end in `$`, which in Python, unlike in other languages, also matches before
    a final line break.
    """
    from mooring.domain.compatibility.checking import check

    return check(schema, dollar_ends=dollar_ends)
