"""`mooring plan`: what a change would do, before it is merged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mooring.cli.options import pass_session, registry_option, source_options
from mooring.cli.session import Session
from mooring.domain.verdict import GateState
from mooring.errors import ExitCode, UsageError
from mooring.render.visible import visible

if TYPE_CHECKING:
    from mooring.usecases.plan import Planned, PresenceOf

_STATUS = {
    GateState.PASS: ExitCode.OK,
    GateState.FAIL: ExitCode.REFUSED,
    GateState.PENDING: ExitCode.PENDING,
}


@click.command("plan")
@click.argument("what", metavar="[PROPOSAL|BASE..HEAD]", required=False)
@click.option(
    "--to", "--in", "environment", metavar="ENV", help="Which environment, where MODEL has several proposals."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the plan is printed; markdown fits a pull request's comment and a job's summary.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json (schemas/output/).")
@click.option("--markdown", "form", flag_value="markdown", help="The same as --format markdown.")
@click.option("--output", metavar="FILE", help="Write it into FILE and print the verdict lines alone.")
@click.option(
    "--outputs",
    metavar="FILE",
    help="Append result, changed-models, required-bump and report-path as NAME=VALUE lines: $GITHUB_OUTPUT, say.",
)
@registry_option
@source_options
@pass_session
def command(
    session: Session,
    *,
    what: str | None,
    environment: str | None,
    form: str,
    output: str | None,
    outputs: str | None,
) -> int:
    """Say what a change would do: findings, gates, what differs from what is live, who depends on it, the way back.

    PROPOSAL is a branch, a promotion id, MODEL or MODEL@VERSION, as last fetched; BASE..HEAD any two commits; without
    either it is what is checked out, against main. It ends with 0 where the change could be merged now, 1 where rules
    or gates refuse it, 4 where a gate waits for somebody or for a time. Nothing is written.
    """
    from mooring.usecases.plan import plan, range_of

    hub = session.bring_up_to_date()
    asked = range_of(hub, what, environment=environment)
    planned = plan(hub, asked, now=session.now_ms // 1000, presence=presence(session))
    _print(session, planned, form, output)
    if outputs is not None:
        _append(outputs, planned, output)
    return _STATUS[planned.plan.state]


def _append(place: str, planned: Planned, report: str | None) -> None:
    from mooring.render.plan_data import outputs

    lines = [f"{name}={value}\n" for name, value in outputs(planned.plan, report).items()]
    try:
        with Path(place).open("a", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}", "Name another file.") from None


def presence(session: Session) -> PresenceOf:
    """What the remote says of a version's bytes; with `--offline` it is not asked."""
    if session.offline:
        return lambda *_: "unknown"
    from mooring import wiring
    from mooring.stores.artifacts import ArtifactCache
    from mooring.usecases.load import stored_of

    hub, cache = session.hub(), ArtifactCache(wiring.cache_directory(session.environ) / "artifacts")
    return lambda trusted, state, manifest: stored_of(hub, cache, trusted, state, manifest).value


def _print(session: Session, planned: Planned, form: str, output: str | None) -> None:
    from mooring import wiring
    from mooring.cli.output import json_text
    from mooring.cli.whole_file import write_whole
    from mooring.render import plan_data, plan_markdown, plan_page, plan_words

    found, read = planned.plan, planned.read
    if output is None and form == "text":
        session.output.blocks(plan_page.blocks(found, read))
        return
    match form:
        case "text":
            text = session.output.page_text(plan_page.blocks(found, read))
        case "json":
            text = json_text(plan_data.as_data(found, read))
        case _:
            text = plan_markdown.as_markdown(found, read)
    if output is None:
        session.output.text(text)
        return
    write_whole(wiring.user_path(output), text)
    for step in found.steps:
        session.output.text(visible(plan_words.headline(step)))
    session.output.text(plan_words.summary(found))
