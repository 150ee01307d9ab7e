"""What Git sees of the machine: the two profiles of DESIGN section 10 as environments and fixed settings.

Apart from `process`, whose imports cost more than a quick answer may.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum


class Profile(StrEnum):
    """Which configuration a run of Git sees."""

    READING = "reading"
    """Neither system nor user configuration, no network: the answer depends on the repository alone."""
    TALKING = "talking"
    """The user's and the system's configuration: credentials, company certificates, identity, signing keys."""


# Without these a hook sees neither the pushed objects (quarantine) nor the index that is being committed.
_KEPT_IN_HOOKS = re.compile(
    r"GIT_(?:DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|INDEX_FILE|PUSH_OPTION_\w+)"
)
_KEPT_FOR_TALKING = re.compile(
    r"GIT_(?:SSH|SSH_\w+|ASKPASS|SSL_\w+|CONFIG_\w+|PROXY_\w+|HTTP_\w+|AUTHOR_\w+|COMMITTER_\w+)"
)
PROTECTIONS: tuple[str, ...] = tuple(
    word
    for setting in (
        "core.hooksPath=/dev/null",
        "core.fsmonitor=false",
        "core.symlinks=false",
        "core.pager=cat",
        "core.useReplaceRefs=false",
        "protocol.ext.allow=never",
        "submodule.recurse=false",
        "gc.auto=0",
        "maintenance.auto=false",
        # A repository's own configuration can make "git log" run a program to verify signatures.
        "log.showSignature=false",
        "log.showRoot=true",
        "log.follow=false",
    )
    for word in ("-c", setting)
)


def environment(profile: Profile, base: Mapping[str, str], *, in_hook: bool = False) -> dict[str, str]:
    """The environment for Git made from `base`: every `GIT_*` goes but those that the profile lives on.

    `in_hook` keeps what Git hands to its hooks (`GIT_DIR`, quarantine, index, push options). In the reading
    profile no transport is allowed at all: a partial clone then cannot fetch a missing object behind our
    back, one connection per object, whatever Git's version (`GIT_NO_LAZY_FETCH` alone needs 2.39.4 or 2.44).
    """
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith("GIT_")
        or (in_hook and _KEPT_IN_HOOKS.fullmatch(name))
        or (profile is Profile.TALKING and _KEPT_FOR_TALKING.fullmatch(name))
    }
    # Messages are matched in English; C.UTF-8 falls back to C where it is unknown.
    kept |= {
        "LC_ALL": "C.UTF-8",
        "LANGUAGE": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        # A path that cannot exist: an empty or absent file would do as well, a real one would hide history.
        "GIT_GRAFT_FILE": "/dev/null/grafts",
    }
    if profile is Profile.TALKING:
        return kept | {"GIT_ALLOW_PROTOCOL": "https:ssh:file"}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": "",
    }
