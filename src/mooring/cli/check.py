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

FORMATS = ("text", "json", "github", "sarif", "junit", "markdown")


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
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How findings are reported: to people, to programs, as GitHub's annotations, to code scanning, as tests of a "
    "CI system, or as the summary of a job.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json (schemas/output/).")
@click.option(
    "--output", metavar="FILE", help="Write the report into FILE, whole or not at all, and print it as text."
)
@click.option(
    "--list-rules", is_flag=True, help="List all rules and check nothing; with --json all they say."
)
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
    output: str | None,
    list_rules: bool,
) -> int:
    """Check the registry, what is staged, or a change, by the rules.

    Errors end it with exit code 1, warnings do not. A change is judged by the rules, policies and history of its base:
    what was wrong there already is a warning.
    """
    if list_rules:
        _list_rules(session, form, output)
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
    _report(session, checked, form, output)
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


def _report(session: Session, checked: Checked, form: str, output: str | None) -> None:
    from mooring.render import findings

    if output is not None:
        from mooring import wiring
        from mooring.cli.whole_file import write_whole

        write_whole(wiring.user_path(output), _rendered(checked, form))
    if output is None and form != "text":
        session.output.text(_rendered(checked, form))
    elif checked.findings or not session.quiet:
        session.output.text(findings.text(checked.findings, checked.read, color=session.output.color))


def _rendered(checked: Checked, form: str) -> str:
    """The report, without colours."""
    from mooring import __version__
    from mooring.render import annotations, findings, findings_markdown, junit, sarif

    found, read = checked.findings, checked.read
    match form:
        case "json":
            return findings.as_json(found, read)
        case "github":
            return annotations.github(found, read)
        case "markdown":
            return findings_markdown.as_markdown(found, read)
        case "sarif":
            from mooring.rules.catalogue import RULES

            return sarif.as_sarif(found, read, rules=RULES, version=__version__)
        case "junit":
            from mooring.rules.catalogue import RULES

            return junit.as_junit(found, read, rules=RULES)
        case _:
            return findings.text(found, read, color=False)


def _list_rules(session: Session, form: str, output: str | None) -> None:
    from mooring.render import rule_list
    from mooring.rules.catalogue import RULES

    if form not in ("text", "json") or output is not None:
        raise click.UsageError("--list-rules prints text, or JSON with --json.")
    session.show(rule_list.as_data(RULES) if form == "json" else rule_list.blocks(RULES))
