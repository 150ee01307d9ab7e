"""Judge a change by the rules before it is offered to anybody."""

from __future__ import annotations

from mooring.domain.finding import Finding, Level
from mooring.errors import RefusedError
from mooring.stores.hub import Hub


class FindingsError(RefusedError):
    """The rules refuse a change; `findings` say why."""

    def __init__(self, what: str, findings: tuple[Finding, ...]) -> None:
        errors = [finding for finding in findings if finding.level is Level.ERROR]
        lines = [f"{finding.place}: error[{finding.rule}] {finding.message}" for finding in errors]
        hints = list(dict.fromkeys(finding.hint for finding in errors if finding.hint is not None))
        super().__init__(f"{what} is refused by the rules:\n" + "\n".join(lines), "\n".join(hints) or None)
        self.findings = findings


def judge(hub: Hub, base: str, head: str, *, what: str) -> tuple[Finding, ...]:
    """The findings of the change from `base` to `head`; raises FindingsError when one of them is an error.

    What comes back refuses nothing: faults that are in the base already and that this change leaves as they are, and
    errors that a waiver of the base overrules.
    """
    from mooring.rules.engine import check_change

    findings = check_change(hub.change(base, head))
    if any(finding.level is Level.ERROR for finding in findings):
        raise FindingsError(what, findings)
    return findings
