"""The stage of the demo: it says what happens, shows the exact command, runs it, and stops at the first surprise."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

WIDTH = 100


class SurpriseError(Exception):
    """A command did not end as the story says."""


def _styled(code: str, text: str) -> str:
    plain = os.environ.get("NO_COLOR") or not (sys.stdout.isatty() or os.environ.get("FORCE_COLOR"))
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


def say(text: str) -> None:
    """Tell the story."""
    print(textwrap.fill(" ".join(text.split()), WIDTH), flush=True)


@dataclass
class Stage:
    """A folder with people in it; each person has a name, a key and a clone."""

    folder: Path
    environment: Mapping[str, str]
    _step: int = field(default=0, repr=False)

    def step(self, title: str, text: str) -> None:
        """Begin the next act."""
        self._step += 1
        print(f"\n{_styled('1;36', f'{self._step}. {title}')}")
        say(text)

    def run(
        self, *words: str, where: str = ".", ends: int = 0, show: bool = True, hide: tuple[str, ...] = ()
    ) -> str:
        """Run one command in a sub-folder, showing it and what it prints; `ends` is the exit status of the story.

        Raises SurpriseError when it ends otherwise. `hide` leaves lines that begin so out of what is shown.
        """
        started = time.perf_counter()
        done = subprocess.run(
            words,
            cwd=self.folder / where,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if show or done.returncode != ends:
            place = "" if where == "." else f"{where} "
            print(_styled("1", f"\n{place}$ {shlex.join(words)}"))
            lines = [
                line for line in done.stdout.rstrip().splitlines() if not line.startswith(hide or ("\0",))
            ]
            print("\n".join(f"  {line.expandtabs(14)}" for line in lines))
            mark = f"  [exit {done.returncode}, {seconds:.2f} s]"
            print(_styled("2", mark), flush=True)
        if done.returncode != ends:
            raise SurpriseError(f"{shlex.join(words)} ended with {done.returncode}; the story wants {ends}")
        return done.stdout


@dataclass
class Serving:
    """A serving process and the address it answers at."""

    process: subprocess.Popen[str]
    url: str

    @classmethod
    def start(cls, stage: Stage, *words: str, where: str = ".") -> Serving:
        """Start the process and wait until it says that it serves."""
        print(_styled("1", f"\n$ {shlex.join(words)} &"))
        process = subprocess.Popen(
            words, cwd=stage.folder / where, env=dict(stage.environment), stdout=subprocess.PIPE, text=True
        )
        line = process.stdout.readline().strip() if process.stdout is not None else ""
        if " on http://" not in line:
            process.kill()
            raise SurpriseError(f"the serving process did not start: {line}")
        print(f"  {line}", flush=True)
        return cls(process, line.rpartition(" ")[2])

    def predict(self, payload: object) -> dict[str, object]:
        """What the process answers to one payload."""
        request = urllib.request.Request(
            f"{self.url}/predict",
            data=json.dumps({"payload": payload}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        if not isinstance(found, dict):
            raise SurpriseError("the serving process answered no object")
        return found

    def wait_for(self, version: str, payload: object, *, seconds: float = 20.0) -> float:
        """Ask until `version` answers; the seconds that took. Raises SurpriseError when it does not come."""
        started = time.perf_counter()
        while (took := time.perf_counter() - started) < seconds:
            if self.predict(payload)["version"] == version:
                return took
        raise SurpriseError(f"{version} did not answer within {seconds:g} s")

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=10)
