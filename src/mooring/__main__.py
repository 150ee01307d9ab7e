"""Where the command line starts: `mooring` and `python -m mooring`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command in `sys.argv` and return its exit status."""
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:
        # Where a command was not running yet, or not any more: while modules are imported, between two answers.
        sys.stderr.write("interrupted: nothing more was done\n")
        return 130


def _run(arguments: list[str]) -> int:
    answer = _quick_answer(arguments)
    if answer is not None:
        try:
            sys.stdout.write(answer)
            sys.stdout.flush()
        except OSError:
            return _full(arguments)
        return 0
    return _full(arguments)


def _quick_answer(arguments: list[str]) -> str | None:
    """The answer to what is asked again and again, before click, YAML and pydantic are imported."""
    if "resolve" in arguments:
        from mooring import wiring
        from mooring.usecases import quick_resolve

        return quick_resolve.quick_answer(arguments, wiring.variables())
    if arguments[:1] == ["check"]:
        from mooring import wiring
        from mooring.usecases import quick_check

        return quick_check.quick_answer(arguments, wiring.variables())
    return None


def _full(arguments: list[str]) -> int:
    from mooring.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
