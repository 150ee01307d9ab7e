"""People whose clones think that the scene's bare remote is GitHub, and whose token says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.github import GitHub, github_client
from tests.support.github_server import GitHubServer
from tests.support.scene import Person, Scene

ADDRESS = "https://github.com/acme/models.git"


@dataclass(frozen=True)
class AtHub:
    """A scene with GitHub in front of its remote: merges there are the forge's own."""

    scene: Scene
    server: GitHubServer
    forge: GitHub

    def person(self, name: str) -> Person:
        """Somebody whose `origin` is the address at GitHub; Git is told where that really lies."""
        person = self.scene.person(name)
        person.git("remote", "set-url", "origin", ADDRESS)
        person.git("config", f"url.{self.scene.remote}.insteadOf", ADDRESS)
        return person

    def environ(self, person: Person) -> dict[str, str]:
        """Their environment with a token, and where this GitHub's API is."""
        return {**person.environ, "GITHUB_TOKEN": self.server.token, "MOORING_FORGE_API": self.server.url}


@contextmanager
def at_hub(scene: Scene, *, me: str = "alex-at-hub") -> Iterator[AtHub]:
    """Put GitHub in front of a scene; it, and no hook of ours, guards main now."""
    (scene.remote / "hooks" / "pre-receive").unlink(missing_ok=True)
    address = Address(ForgeKind.GITHUB, "github.com", "acme/models")
    with (
        GitHubServer(scene.remote, me=me) as server,
        github_client(address, server.token, api=server.url) as client,
    ):
        yield AtHub(scene, server, GitHub(address, client))
