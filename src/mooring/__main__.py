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
    if "resolve" in arguments:
        # What a serving process asks at each start is answered before click, YAML and pydantic are imported.
        from mooring import wiring
        from mooring.usecases.quick_resolve import quick_answer

        answer = quick_answer(arguments, wiring.variables())
        if answer is not None:
            try:
                sys.stdout.write(answer)
                sys.stdout.flush()
            except OSError:
                return _full(arguments)
            return 0
    return _full(arguments)


def _full(arguments: list[str]) -> int:
    from mooring.cli.main import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
