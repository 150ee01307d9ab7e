"""What can go wrong, by who must act; each class carries the exit code that the command line ends with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status means; scripts may rely on these numbers (DESIGN section 5)."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_FOUND = 3
    PENDING = 4
    INTEGRITY = 5
    UNAVAILABLE = 6
    BUG = 70
    INTERRUPTED = 130


class MooringError(Exception):
    """A command cannot do what was asked: `message` says what and where, `hint` what to do next."""

    exit_code: ExitCode = ExitCode.REFUSED

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\n{self.hint}"


class RefusedError(MooringError):
    """A rule, a gate or the state of the registry forbids it; nothing was changed."""

    exit_code = ExitCode.REFUSED


class UsageError(MooringError):
    """The words of the request are wrong: an unknown option, a malformed name, a contradiction."""

    exit_code = ExitCode.USAGE


class NotFoundError(MooringError):
    """The model, version, environment, commit or file that was asked for is not there."""

    exit_code = ExitCode.NOT_FOUND


class PendingError(MooringError):
    """The request is in order and was recorded, but somebody or something else must act first."""

    exit_code = ExitCode.PENDING


class IntegrityError(MooringError):
    """Bytes, digests, history or signatures are not what they must be; nothing was loaded or moved."""

    exit_code = ExitCode.INTEGRITY


class UnavailableError(MooringError):
    """Git, a remote, the network or a disk did not answer; trying again may help."""

    exit_code = ExitCode.UNAVAILABLE
