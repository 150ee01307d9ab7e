"""Reviews at a forge as votes: an account speaks for the person that `mooring.yaml` of main says it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mooring.stores.forge.port import Review, ReviewState
from mooring.stores.forge.statement import Role
from mooring.stores.forge.votes import Ballot, Doubt, Vote


def ballot_of(reviews: Sequence[Review], *, head: str, people: Mapping[str, str]) -> Ballot:
    """What the reviews of a pull request say about its newest commit `head`.

    `people` maps principals to accounts. An account that is nobody's does not count: it could be the requester's own,
    who cannot approve. Nor does a review of another commit: what was looked at is not what would be merged.
    """
    votes: list[Vote] = []
    doubts: list[Doubt] = []
    persons: dict[str, list[str]] = {}
    for principal, login in people.items():
        persons.setdefault(login.casefold(), []).append(principal)
    for review in sorted(reviews, key=lambda one: one.login):
        if review.state is not ReviewState.APPROVED:
            continue
        names = persons.get(review.login.casefold(), [])
        if review.commit != head:
            seen = "another commit" if review.commit is None else f"commit {review.commit[:12]}"
            doubts.append(Doubt(review.login, f"approved {seen}, and the branch is at {head[:12]}"))
        elif not names:
            doubts.append(Doubt(review.login, "is not the account of anybody in 'people' of mooring.yaml"))
        else:
            # Whoever pressed a button at the forge asks under the address that it gives the account.
            own = f"{review.login}@users.noreply.github.com"
            votes.append(Vote(names[0], Role.APPROVE, frozenset([*names, own]), None))
    return Ballot(tuple(votes), tuple(doubts))


def together(*ballots: Ballot) -> Ballot:
    """All that was said, wherever."""
    return Ballot(
        tuple(vote for ballot in ballots for vote in ballot.votes),
        tuple(doubt for ballot in ballots for doubt in ballot.doubts),
    )
