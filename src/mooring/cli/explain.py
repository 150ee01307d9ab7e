"""`mooring explain`: what a rule finds, why, and how to mend it."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session
from mooring.errors import NotFoundError


@click.command()
@click.argument("rule")
@pass_session
def command(session: Session, *, rule: str) -> None:
    """Explain RULE: what it finds, why it matters, how to mend it. 'mooring check --list-rules' lists them."""
    from difflib import get_close_matches

    from mooring.render.rule_pages import explain
    from mooring.rules.catalogue import by_id

    rules = by_id()
    if rule not in rules:
        close = get_close_matches(rule, rules, n=3, cutoff=0.4)
        raise NotFoundError(
            f"there is no rule {rule!r}",
            f"Did you mean {' or '.join(close)}?" if close else "Run 'mooring check --list-rules'.",
        )
    session.output.text(explain(rules[rule]))
