"""`mooring check`: the rules, asked about the registry or about a change."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option, source_options
from mooring.cli.session import Session
from mooring.errors import ExitCode

if TYPE_CHECKING:
    from mooring.usecases.check import Checked


@click.command()
@click.option("--all", "everything", is_flag=True, help="The whole registry at --ref. [the default]")
@click.option("--staged", is_flag=True, help="What is staged, against the commit that is checked out.")
@click.option("--base", metavar="COMMIT", help="What lies between this commit and --head.")
@click.option("--head", metavar="COMMIT", help="The other end of --base. [HEAD]")
@click.option(
    "--ref", metavar="REF", help="The commit to check as a whole. [HEAD; main where nothing is checked out]"
)
@click.option(
    "--per-commit/--as-one",
    default=None,
    help="Judge each first-parent commit of --base..--head on its own, as on main; or all of it as one change, as a "
    "pull request. [per commit where --base is on the first-parent line of --head]",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--list-rules", is_flag=True, help="List all rules and check nothing.")
@registry_option
@source_options
@pass_session
def command(
    session: Session,
    *,
    everything: bool,
    staged: bool,
    base: str | None,
    head: str | None,
    ref: str | None,
    per_commit: bool | None,
    form: str,
    list_rules: bool,
) -> int:
    """Check the registry, what is staged, or a change, by the rules.

    Errors end it with exit code 1, warnings do not. A change is judged by the rules, policies and history of its base:
    what was wrong there already is a warning.
    """
    if list_rules:
        _list_rules(session)
        return ExitCode.OK
    if sum([everything or ref is not None, staged, base is not None]) > 1:
        raise click.UsageError("--all, --staged and --base are three different checks; choose one.")
    if base is None and (head is not None or per_commit is not None):
        raise click.UsageError("--head and --per-commit belong to --base.")
    if staged:
        checked = _staged(session)
    elif base is not None:
        checked = _range(session, base, head or "HEAD", per_commit=per_commit)
    else:
        checked = _everything(session, ref)
    _print(session, checked, form)
    return ExitCode.REFUSED if checked.is_refused else ExitCode.OK


def _everything(session: Session, ref: str | None) -> Checked:
    from mooring.usecases.check import check_all
    from mooring.usecases.revisions import commit_named

    hub = session.bring_up_to_date()
    if ref is None and hub.repository.is_bare:
        return check_all(hub, hub.tip())
    return check_all(hub, commit_named(hub, ref or "HEAD"))


def _range(session: Session, base: str, head: str, *, per_commit: bool | None) -> Checked:
    from mooring.usecases.check import As, check_range

    judged_as = None if per_commit is None else As.COMMITS if per_commit else As.ONE
    return check_range(session.bring_up_to_date(), base, head, judged_as=judged_as)


def _staged(session: Session) -> Checked:
    from mooring.stores.cache import Cache
    from mooring.stores.git.repository import Repository
    from mooring.stores.hub import Hub
    from mooring.usecases.check import check_staged

    # `git commit FILE` prepares an index of its own and names it to its hooks: that one is to be judged.
    in_hook = session.registry is None
    with Repository.open(
        Path(session.registry or "."), environ=session.environ, in_hook=in_hook
    ) as repository:
        if repository.is_bare:
            raise click.UsageError("--staged needs a work tree, and this is a bare repository.")
        cache = Cache.in_git_directory(repository.common_dir)
        try:
            return check_staged(Hub(repository, cache, None))
        finally:
            cache.close()


def _print(session: Session, checked: Checked, form: str) -> None:
    from mooring.render import findings

    output = session.output
    if form == "json":
        output.text(findings.as_json(checked.findings, checked.read))
    elif form == "github":
        output.text(findings.github(checked.findings, checked.read) + findings.summary(checked.findings))
    elif checked.findings or not session.quiet:
        output.text(findings.text(checked.findings, checked.read, color=output.color))


def _list_rules(session: Session) -> None:
    from mooring.render.blocks import Grid
    from mooring.rules.catalogue import RULES

    rows = [[rule.id, rule.severity, rule.family, " ".join(rule.page.title.split())] for rule in RULES]
    session.output.blocks([Grid(["rule", "severity", "family", "what is wrong"], rows)])
