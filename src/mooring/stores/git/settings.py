"""Git configuration as the user's own Git sees it."""

from __future__ import annotations

from mooring.stores.git.grammar import check_config_key
from mooring.stores.git.process import GitRunner, Profile


def value(runner: GitRunner, key: str) -> str | None:
    """The last value of `key`, None if unset."""
    done = runner.run("config", "--null", "--get", check_config_key(key), profile=Profile.TALKING, ok=(0, 1))
    return done.line.removesuffix("\0") if done.returncode == 0 else None


def flag(runner: GitRunner, key: str) -> bool:
    """Whether `key` is set to a true value; Git's own reading of yes, on, 1 and true."""
    done = runner.run(
        "config", "--type=bool", "--get", check_config_key(key), profile=Profile.TALKING, ok=(0, 1)
    )
    return done.line == "true"


def remotes(runner: GitRunner) -> dict[str, str]:
    """The configured remotes and their fetch URLs as written, before `url.*.insteadOf`."""
    done = runner.run(
        "config", "--null", "--get-regexp", r"^remote\..*\.url$", profile=Profile.TALKING, ok=(0, 1)
    )
    found: dict[str, str] = {}
    for item in done.line.split("\0"):
        key, _, url = item.partition("\n")
        if key:
            found.setdefault(key.removeprefix("remote.").removesuffix(".url"), url)
    return found


def promisor(runner: GitRunner) -> str | None:
    """The remote that a partial clone gets its missing objects from; None for a clone that is to have them all."""
    done = runner.run("config", "--null", "--get-regexp", r"^remote\..*\.promisor$", ok=(0, 1))
    for item in done.line.split("\0"):
        key, _, set_to = item.partition("\n")
        if key and set_to == "true":
            return key.removeprefix("remote.").removesuffix(".promisor")
    return None
