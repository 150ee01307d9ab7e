"""The fast path of `mooring check --all`: a tree that was judged before, and of which nothing is to be said.

Importing the rules costs more than Git needs to list 10 000 files. Only the plain case is answered here: the whole of
what HEAD holds, by these very rules, without a finding and without anything that has an end. Everything else is left
to the ordinary way, and the answer is the same to the byte.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from mooring.stores.git.profile import PROTECTIONS, Profile, environment

NOTHING_FOUND: Final = "No problems found.\n"


def quick_answer(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """What the command line `arguments` prints, or None where the ordinary way must answer."""
    place = _place(arguments, environ)
    if place is None:
        return None
    try:
        return NOTHING_FOUND if _is_plain(Path(place), environ) else None
    except (OSError, ValueError, subprocess.SubprocessError):
        # Whatever it was, the ordinary way meets it again and has words for it.
        return None


def _place(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """The folder that is to be checked as a whole; None where something else is asked."""
    place: str | None = None
    words = list(arguments)
    if words[:1] != ["check"]:
        return None
    rest = iter(words[1:])
    for word in rest:
        if word == "--registry":
            place = next(rest, "")
        elif word.startswith("--registry="):
            place = word.removeprefix("--registry=")
        elif word not in ("--all", "--offline"):
            return None
    place = place if place is not None else environ.get("MOORING_REGISTRY") or "."
    return place if place.strip() and ":" not in place else None


def _is_plain(place: Path, environ: Mapping[str, str]) -> bool:
    # Git looks for the repository itself here, and only the user's own configuration can call its owner safe.
    talking = environment(Profile.TALKING, environ)
    bare, folder, tree = _git(
        place, talking, "rev-parse", "--is-bare-repository", "--git-common-dir", "HEAD^{tree}"
    )
    if bare == "true":
        # There the main branch is looked for, wherever HEAD points to.
        asked = ("config", "--get-regexp", r"^(remote\..*\.url|mooring\.branch)$")
        if _git(place, talking, *asked, ok=(0, 1)):
            return False
        (tree,) = _git(place, talking, "rev-parse", "--verify", "refs/heads/main^{tree}")
    return _was_plain(place / folder, tree)


def _was_plain(folder: Path, tree: str) -> bool:
    from mooring.rules.fingerprint import fingerprint
    from mooring.stores.cache import Cache

    cache = Cache.in_git_directory(folder)
    try:
        known = cache.judgement(tree, fingerprint())
    finally:
        cache.close()
    return known is not None and known.plain


def _git(place: Path, environ: Mapping[str, str], *arguments: str, ok: Sequence[int] = (0,)) -> list[str]:
    done = subprocess.run(
        ["git", *PROTECTIONS, *arguments],
        cwd=place,
        env=environ,
        capture_output=True,
        check=False,
        timeout=30,
    )
    if done.returncode not in ok:
        raise ValueError(done.returncode)
    return done.stdout.decode("utf-8", "surrogateescape").splitlines()
