"""What an approval says, word for word: it counts for one change, whichever commit carries it (DESIGN section 7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mooring.domain import layout
from mooring.domain.pointer import Pointer
from mooring.errors import UsageError
from mooring.stores.git.grammar import is_ref

_NOTHING = "none"
_TITLE = "Mooring statement"
_FORM = re.compile(
    r"Mooring statement\n\n"
    r"role: (?P<role>approve|request|retract|check)\n"
    r"path: (?P<path>[^\n]+)\n"
    r"base: (?P<base>none|[0-9a-f]{40,64})\n"
    r"blob: (?P<blob>none|[0-9a-f]{40,64})\n"
    r"promotion: (?P<key>[^\n]+)\n"
    r"principal: (?P<principal>[^\n]+)\n"
    r"(?:check: (?P<check>[a-z0-9][a-z0-9-]{0,62})\nconclusion: (?P<conclusion>passed|failed)\n"
    r"(?:detail: (?P<detail>[^\n]{1,500})\n)?)?"
)
_CHECK = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Role(StrEnum):
    """What somebody says about a change: that they agree, that they ask for it, that they take either back, or how a
    check of it ended.
    """

    APPROVE = "approve"
    REQUEST = "request"
    RETRACT = "retract"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Subject:
    """The one change that a statement is about: a path, the blobs before and after (None: no file), and its key."""

    path: str
    base: str | None
    blob: str | None
    key: str

    @property
    def target(self) -> str | None:
        """The object that a tag is put on: the pointer that comes, or the one that goes where none comes."""
        return self.blob or self.base


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How a check ended; `detail` is one line for people, such as the address of its log."""

    name: str
    passed: bool
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A subject, who speaks, and what they say. `parse(text) == self` for every statement.

    `check` is given with the role CHECK and with no other.
    """

    subject: Subject
    principal: str
    role: Role = Role.APPROVE
    check: CheckResult | None = None

    @property
    def text(self) -> str:
        """The message of the tag."""
        subject = self.subject
        said = ""
        if self.check is not None:
            said = f"check: {self.check.name}\nconclusion: {'passed' if self.check.passed else 'failed'}\n"
            said += f"detail: {self.check.detail}\n" if self.check.detail is not None else ""
        return (
            f"{_TITLE}\n\nrole: {self.role}\npath: {subject.path}\nbase: {subject.base or _NOTHING}\n"
            f"blob: {subject.blob or _NOTHING}\npromotion: {subject.key}\nprincipal: {self.principal}\n{said}"
        )

    @property
    def ref(self) -> str:
        """Where the tag lies; raises UsageError when the principal cannot be part of a ref."""
        if self.check is not None:
            return check_ref(self.subject.key, self.check.name, self.principal)
        return statement_ref(self.subject.key, self.principal)


def statement_ref(key: str, principal: str) -> str:
    """`refs/mooring/approvals/<key>/<principal>`; raises UsageError when one of them cannot be part of a ref."""
    return _ref(layout.APPROVALS, key, principal)


def check_ref(key: str, check: str, principal: str) -> str:
    """`refs/mooring/checks/<key>/<check>/<principal>`; raises UsageError when one of them cannot be part of a ref."""
    if not _CHECK.fullmatch(check):
        raise UsageError(
            f"{check!r} is no name of a check",
            "Use lower-case letters, digits and hyphens, such as load-test.",
        )
    return _ref(layout.CHECKS, f"{key}/{check}", principal)


def _ref(top: str, inside: str, principal: str) -> str:
    ref = f"{top}/{inside}/{principal}"
    if "/" in principal or not is_ref(ref):
        raise UsageError(
            f"{principal!r} cannot name who approves",
            "Use an e-mail address as the principal in .mooring/allowed_signers.",
        )
    return ref


def parse(text: str) -> Statement | None:
    """The statement that a tag's message is; None for any other text, however close."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    base, blob = (None if found[name] == _NOTHING else found[name] for name in ("base", "blob"))
    role, check = Role(found["role"]), None
    if (role is Role.CHECK) != (found["check"] is not None):
        return None
    if found["check"] is not None:
        check = CheckResult(found["check"], found["conclusion"] == "passed", found["detail"])
    return Statement(Subject(found["path"], base, blob, found["key"]), found["principal"], role, check)


def change_key(before: Pointer | None, after: Pointer | None, *, restores: bool) -> str:
    """What approvals of one change are filed under.

    A promotion's own id; a rollback brings back an id that was approved once, so it is filed under the promotion that
    is undone and the one that returns. That pair happens once: what a rollback left never comes back.
    """
    if not restores and after is not None:
        return after.promotion
    undone = before.promotion if before is not None else "nothing"
    return f"{undone}-to-{after.promotion if after is not None else 'nothing'}"
