"""Who writes: the identity that Git itself would put into a commit made here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from mooring.errors import RefusedError, UsageError
from mooring.stores.git.process import GitRunner, Profile

# Else Git invents user@hostname where nothing is set, and an audit trail full of root@build-7.
ONLY_CONFIGURED = ("-c", "user.useConfigOnly=true")
_LONGEST = 500
_IDENT = r"(?P<name>.*?) ?<(?P<email>[^<>]*)> (?P<time>[0-9]+) (?P<zone>[+-][0-9]{4})"


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and an e-mail address, as in the author line of a commit; it proves nothing."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def checked(self) -> Identity:
        """Itself, if Git can hold it in one line; else UsageError."""
        if not self.name.strip() or any(sign in self.name + self.email for sign in "<>\n\r\0"):
            raise UsageError(
                f"not a name and e-mail address: {str(self)!r}", "write: Ada Lovelace <ada@example.com>"
            )
        return self


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as Git writes it."""

    seconds: int
    """Since 1970, UTC."""
    zone: str = "+0000"

    @classmethod
    def of(cls, time: datetime) -> Moment:
        """The moment `time` (aware), to the second."""
        offset = time.strftime("%z")
        return cls(int(time.timestamp()), offset[:5] or "+0000")

    def __str__(self) -> str:
        return f"{self.seconds} {self.zone}"


def whoami(runner: GitRunner, *, committer: bool = False) -> tuple[Identity, Moment]:
    """The identity and time that Git would use now.

    RefusedError with the two commands if it has none, or one that no document can hold.
    """
    role = "GIT_COMMITTER_IDENT" if committer else "GIT_AUTHOR_IDENT"
    line = runner.run(*ONLY_CONFIGURED, "var", role, profile=Profile.TALKING).line
    found = re.fullmatch(_IDENT, line)
    if found is None:
        raise RefusedError(
            f"Git gave an identity that cannot be read: {line!r}", "look at: git var GIT_AUTHOR_IDENT"
        )
    identity = Identity(found["name"], found["email"])
    if problem := _problem(str(identity)):
        raise RefusedError(
            f"Git says that you are {str(identity)[:80]!r}, and that cannot be kept: {problem}",
            'correct it: git config --global user.name "Your Name"',
        )
    return identity, Moment(int(found["time"]), found["zone"])


def _problem(identity: str) -> str | None:
    """Why a pointer or manifest could not name this author; they show it to reviewers as it is."""
    if len(identity) > _LONGEST:
        return f"it has {len(identity)} characters, and {_LONGEST} are allowed"
    if identity.isprintable():
        return None
    from mooring.domain.text import hidden_character

    return hidden_character(identity)


def author_variables(
    author: Identity | None, committer: Identity | None, time: Moment | None
) -> dict[str, str]:
    """The variables that make Git use these names and this time; what is None stays Git's own."""
    made: dict[str, str] = {}
    for role, who in (("AUTHOR", author), ("COMMITTER", committer)):
        if who is not None:
            made |= {f"GIT_{role}_NAME": who.checked().name, f"GIT_{role}_EMAIL": who.email}
        if time is not None:
            made[f"GIT_{role}_DATE"] = f"@{time}"
    return made
