"""`mooring archive`: retire a version."""

from __future__ import annotations

from mooring.cli.status_options import status_command
from mooring.domain.model import State

command = status_command(
    "archive",
    State.ARCHIVED,
    """Retire MODEL@REF: its bytes may then be removed from the remote, its manifest stays for ever.

    Refused for a version that is live, that was live within an environment's retention, or that a live one was made
    from.
    """,
)
