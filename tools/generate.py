"""Write the files that are made from the code: JSON Schemas, the CLI reference, exit codes and rule pages.

`tools/generate.py` writes them, `tools/generate.py --check` compares and names those that differ.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The cases of the rules are their examples.
sys.path.insert(0, str(ROOT))
WIDTH = 100


def wanted() -> dict[str, str]:
    """Every generated file by its path in the repository."""
    from mooring.documents.schemas import published_files

    files = {f"schemas/{name}": data.decode() for name, data in published_files().items()}
    files["docs/cli.md"] = cli_reference()
    files["docs/exit-codes.md"] = exit_codes()
    # The package installs the hooks, so it has them; the top folder shows them to whoever looks for them there.
    hooks = ROOT / "src/mooring/templates/hooks"
    files |= {f"hooks/{hook.name}": hook.read_text() for hook in sorted(hooks.iterdir())}
    files |= {f"docs/rules/{name}": page for name, page in rule_pages().items()}
    return files


def rule_pages() -> dict[str, str]:
    """The pages of docs/rules/."""
    from mooring.render.rule_pages import pages
    from mooring.rules.catalogue import RULES
    from tests.support.cases import examples

    return pages(RULES, examples())


def cli_reference() -> str:
    """docs/cli.md: the help of every command, section by section."""
    import click

    from mooring.cli.main import SECTIONS, group

    parts = ["# The command line"]
    parts.append(
        "This page is generated from the commands; `./dev generate` writes it anew. What each exit status means says\n"
        "[exit-codes.md](exit-codes.md); the shape of every `--json` is in `schemas/output/`."
    )
    top = click.Context(group, info_name="mooring", terminal_width=WIDTH, **group.context_settings)
    parts += [_fenced(group.get_help(top))]
    for section, commands in SECTIONS.items():
        parts.append(f"## {section}")
        for name in commands:
            command = group.get_command(top, name)
            if command is None:
                raise LookupError(f"the command {name} is listed and does not exist")
            parts += list(_described(command, name, top, level=3))
    return "\n\n".join(parts) + "\n"


def _described(command: object, name: str, parent: object, *, level: int) -> Iterator[str]:
    import click

    if not isinstance(command, click.Command) or not isinstance(parent, click.Context):
        raise TypeError(f"{name} is no command")
    context = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH)
    yield f"{'#' * level} {context.command_path}"
    yield _fenced(command.get_help(context))
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None and not found.hidden:
                yield from _described(found, inner, context, level=level + 1)


def _fenced(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```"


def exit_codes() -> str:
    """docs/exit-codes.md: what each exit status means, from the errors that carry it."""
    from mooring import errors

    said = {
        kind.exit_code: " ".join((kind.__doc__ or "").split())
        for kind in (
            errors.RefusedError,
            errors.UsageError,
            errors.NotFoundError,
            errors.PendingError,
            errors.IntegrityError,
            errors.UnavailableError,
        )
    }
    said |= {
        errors.ExitCode.OK: "What was asked was done, or was so already.",
        errors.ExitCode.BUG: "A bug in Mooring; the report on standard error can be pasted into an issue.",
        errors.ExitCode.INTERRUPTED: "Ctrl-C; what was begun was left in the old state or brought to the new one.",
    }
    rows = [
        f"| {code.value} | {code.name.lower().replace('_', ' ')} | {said[code]} |" for code in errors.ExitCode
    ]
    head = [
        "# Exit codes",
        "",
        "Scripts may rely on these. This page is generated from `mooring.errors`; `./dev generate` writes it anew.",
        "",
        "| code | name | meaning |",
        "|---:|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check every file; 1 when a file differs from what would be written."""
    # Click measures the terminal, Rich obeys colours: neither may leak into a file.
    os.environ.update({"COLUMNS": str(WIDTH), "NO_COLOR": "1"})
    files = wanted()
    there = {
        str(path.relative_to(ROOT))
        for folder in (ROOT / "schemas", ROOT / "docs" / "rules")
        for path in folder.glob("*.*")
        if path.is_file()
    }
    stale = sorted(there - files.keys())
    wrong = [name for name, text in files.items() if not _is(ROOT / name, text)]
    if arguments == ["--check"]:
        for name in [*wrong, *stale]:
            print(f"{name} is not what the code says; run ./dev generate")
        return 1 if wrong or stale else 0
    for name in wrong:
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(files[name], encoding="utf-8")
        print(f"wrote {name}")
    for name in stale:
        (ROOT / name).unlink()
        print(f"removed {name}")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
