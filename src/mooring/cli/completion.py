"""`mooring completion`: the completion script of a shell."""

from __future__ import annotations

import click

from mooring.cli.options import pass_session
from mooring.cli.session import Session

INSTALL = {
    "bash": "mooring completion bash > ~/.local/share/bash-completion/completions/mooring",
    "zsh": "mooring completion zsh > ~/.zfunc/_mooring  (with fpath+=~/.zfunc before compinit in ~/.zshrc)",
    "fish": "mooring completion fish > ~/.config/fish/completions/mooring.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(INSTALL)))
@pass_session
def command(session: Session, *, shell: str) -> None:
    """Print the completion script of a shell; standard error says where to put it."""
    from click.shell_completion import get_completion_class

    from mooring.cli.main import COMPLETE, PROGRAM, group

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    if session.output.is_terminal:
        session.output.note(f"Install it: {INSTALL[shell]}")
    session.output.text(found(group, {}, PROGRAM, COMPLETE).source())
