"""A local copy of a registry that is given by its URL: bare, without the bytes of old files, safe to delete."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mooring.errors import IntegrityError, MooringError
from mooring.stores.git.lockfile import exclusive
from mooring.stores.git.process import GitRunner
from mooring.stores.git.remote import Progress, fetch, remote_head
from mooring.stores.git.repository import Repository
from mooring.stores.git.talk import TALKING_SECONDS, talk
from mooring.stores.git.url import check_url

REFSPECS = ("+refs/heads/*:refs/heads/*", "+refs/mooring/*:refs/mooring/*")


def open_mirror(
    url: str,
    cache_dir: Path,
    *,
    environ: Mapping[str, str],
    refresh: bool = True,
    progress: Progress | None = None,
    timeout: float | None = None,
) -> Repository:
    """Open the mirror of `url` in `cache_dir`, made if absent and, with `refresh`, brought up to date.

    Branches and `refs/mooring/*` have the remote's names and values (its remote is called origin). Blobs are
    left out where the server can do that; `Repository.prefetch` gets those that are wanted. Two processes
    may open one mirror at once. A damaged mirror is made anew. UnavailableError if the remote does not answer
    within `timeout` seconds; a mirror that exists is left as it was, and `refresh=False` opens it.
    """
    check_url(url)
    limit = timeout or TALKING_SECONDS
    name = hashlib.sha256(url.encode()).hexdigest()
    place = cache_dir / name
    if not refresh and (kept := _sound(place, url, environ)) is not None:
        # Without the lock: another process may be waiting for a remote that hangs, and holds it.
        return kept
    cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with exclusive(cache_dir / f"{name}.lock", timeout=limit):
        found = _sound(place, url, environ)
        if found is not None and refresh:
            try:
                fetch(found, "origin", prune=True, progress=progress, timeout=limit)
            except IntegrityError:
                found.close()
                found = None
        return found or _made(url, place, environ, progress=progress, timeout=limit)


def mirror_exists(url: str, cache_dir: Path) -> bool:
    """Whether `url` was mirrored in `cache_dir` before, so that `refresh=False` needs no network."""
    return (cache_dir / hashlib.sha256(url.encode()).hexdigest()).is_dir()


def _sound(place: Path, url: str, environ: Mapping[str, str]) -> Repository | None:
    """The mirror at `place`, or None if there is none that can be used."""
    if not place.is_dir():
        return None
    try:
        found = Repository.open(place, environ=environ)
        fits = found.git_dir.samefile(place) and found.config("remote.origin.url") == url
        # A power cut may leave refs whose objects never reached the disk.
        heads = found.objects.headers(f"{oid}^{{tree}}" for oid in found.refs("refs/heads/").values())
    except MooringError:
        return None
    if fits and None not in heads:
        return found
    found.close()
    return None


def _made(
    url: str, place: Path, environ: Mapping[str, str], *, progress: Progress | None, timeout: float
) -> Repository:
    """Build a mirror beside `place` and rename it there; the caller holds the lock."""
    # The lock says that nobody else builds this one: what lies here is of a killed process.
    for left in place.parent.glob(f".{place.name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    building = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent))
    try:
        with _fetched(url, building, environ, progress=progress, timeout=timeout):
            pass
        if place.exists():
            place.rename(Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=place.parent)) / "old")
        building.rename(place)
    finally:
        for left in place.parent.glob(f".{place.name}.*"):
            shutil.rmtree(left, ignore_errors=True)
    return Repository.open(place, environ=environ)


def _fetched(
    url: str, folder: Path, environ: Mapping[str, str], *, progress: Progress | None, timeout: float
) -> Repository:
    start = GitRunner(environ, cwd=folder)
    start.run("init", "--quiet", "--bare", "--initial-branch=main", "--template=", "--", str(folder))
    made = Repository.open(folder, environ=environ)
    settings = [("remote.origin.url", url), *(("remote.origin.fetch", spec) for spec in REFSPECS)]
    # An automatic gc in one process would remove packs that another one is reading.
    settings += [("gc.auto", "0"), ("maintenance.auto", "false"), ("transfer.fsckObjects", "true")]
    for key, value in settings:
        made.git("config", "--add", key, value)
    # A server without filters says so and sends everything; that is a mirror too.
    arguments = ["fetch", "--filter=blob:none", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"]
    arguments += ["--progress"] if progress is not None else ["--quiet"]
    talk(made, "origin", arguments, [], progress=progress, timeout=timeout)
    head = remote_head(made, "origin", timeout=timeout)
    if head is not None and head.startswith("refs/heads/"):
        made.git("symbolic-ref", "HEAD", head)
    return made
