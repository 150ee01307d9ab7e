"""`mooring explain`: what a rule finds, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Collection

import click

from mooring.cli.options import json_option, pass_session
from mooring.cli.session import Session
from mooring.errors import NotFoundError


@click.command()
@click.argument("rule")
@json_option
@pass_session
def command(session: Session, *, rule: str, as_json: bool) -> None:
    """Explain RULE: what it finds, why it matters, how to mend it. 'mooring check --list-rules' lists them."""
    from mooring.render import rule_list, rule_pages
    from mooring.rules.catalogue import by_id

    rules = by_id()
    if rule not in rules:
        close = _meant(rule, rules)
        raise NotFoundError(
            f"there is no rule {rule!r}",
            f"Did you mean {' or '.join(close)}?" if close else "Run 'mooring check --list-rules'.",
        )
    if as_json:
        session.show(rule_list.as_data([rules[rule]]))
    else:
        session.output.text(rule_pages.explain(rules[rule]))


def _meant(rule: str, rules: Collection[str]) -> list[str]:
    """The names that somebody may have meant: those with the word in them, else those spelt alike."""
    from difflib import get_close_matches

    word = "-".join(rule.lower().replace("_", " ").split())
    holding = [name for name in rules if word and word in name]
    return holding[:3] or get_close_matches(word, rules, n=3, cutoff=0.75)
