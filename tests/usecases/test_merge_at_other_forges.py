"""From a promotion to its merge at GitLab and at Gitea: an approval counts for the commit that it is proven for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mooring.domain.environment import Settings
from mooring.stores.forge.address import Address, ForgeKind
from mooring.stores.forge.gitea import Gitea, gitea_client
from mooring.stores.forge.gitlab import GitLab, gitlab_client
from mooring.stores.forge.port import StatusState
from mooring.usecases.merge import MergeOutcome, NotReadyError
from mooring.usecases.merge_at_forge import merge_at
from mooring.usecases.offering import Offer, OfferOutcome, offer
from mooring.usecases.report_gates import ALL, report_gates
from tests.support.gitea_server import GiteaServer
from tests.support.gitlab_server import GitLabServer
from tests.support.scene import NOW, Scene, standard

PEOPLE = {f"{name}@example.com": f"{name}-at-hub" for name in ("alex", "sam")}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ForgeKind.GITLAB, ForgeKind.GITEA])
def test_from_a_promotion_to_its_merge(tmp_path: Path, kind: ForgeKind) -> None:
    scene = Scene.build(tmp_path, lambda signers: standard(signers=signers, settings=Settings(people=PEOPLE)))
    (scene.remote / "hooks" / "pre-receive").unlink(missing_ok=True)  # The forge guards main now.
    alex = scene.person("alex")
    address = Address(kind, f"{kind}.com", "acme/models")
    opens, client = (GitLabServer, gitlab_client) if kind is ForgeKind.GITLAB else (GiteaServer, gitea_client)
    with opens(scene.remote, me="alex-at-hub") as server, client(address, "t0ken", api=server.url) as asked:
        forge = GitLab(address, asked) if kind is ForgeKind.GITLAB else Gitea(address, asked)
        branch = alex.promote("iris@1.1.0", "production").branch
        wanted = Offer(branch, "main", "Promote iris", "the plan\n", ("mooring", "production"))

        assert [offer(forge, wanted).outcome for _ in range(2)] == [
            OfferOutcome.OPENED,
            OfferOutcome.UNCHANGED,
        ]

        def merge() -> MergeOutcome:
            return merge_at(alex.hub(), forge, branch, body_of=lambda _: "the plan", now=NOW).outcome

        server.review(1, "sam-at-hub", commit="a" * 40)
        with pytest.raises(NotReadyError, match="approved commit aaaaaaaaaaaa"):
            merge()
        (reported,) = report_gates(alex.hub(), forge, branch, now_ms=NOW * 1000)
        pending = {one.context: one.state for one in forge.statuses(reported.proposal.commit)}
        (again,) = report_gates(alex.hub(), forge, branch, now_ms=NOW * 1000)
        server.review(1, "sam-at-hub")

        assert pending[ALL] is StatusState.PENDING
        assert again.written == ()
        assert merge() is MergeOutcome.MERGED
        assert scene.live("production") == "1.1.0"
        assert "Approved-By: sam@example.com" in server.git("log", "-1", "--format=%B", "main")
        assert server.git("for-each-ref", f"refs/heads/{branch}") == ""
