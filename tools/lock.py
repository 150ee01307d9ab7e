"""Writes requirements.lock anew from pyproject.toml: each package for Python 3.11 and later, with hashes.

Run `python tools/lock.py` to bring the lock in step with pyproject.toml, `--upgrade` to take newer versions,
and `--upgrade-package NAME` for one. Needs uv on PATH.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = [
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"),
    # Whose mirror somebody installs from is theirs to say; a lock that names one works for nobody else.
    *("--no-emit-index-url", "--no-annotate", "--no-header"),
    *("--group", "dev", "pyproject.toml", "--output-file", "requirements.lock"),
]


def main(arguments: list[str]) -> int:
    """Run uv with the options this project locks with, and the caller's; return its exit status."""
    try:
        done = subprocess.run([*COMPILE, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        print("tools/lock.py: uv is not on PATH; install it to resolve packages", file=sys.stderr)
        return 1
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
