"""Random lines of main, made by `git fast-import` in one process each, with what truly happened written down.

A line is drawn as small numbers and laid out here, without asking any code of Mooring what is lawful: every commit
holds its whole state, so that a test can compare what Mooring says with what was done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
from itertools import count
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

from mooring.documents import codec
from mooring.domain import layout
from mooring.domain.digests import digest_of
from mooring.domain.pointer import Pointer, Rollout, Step, Strategy
from tests.support.builder import Builder, promotion_id
from tests.support.gitrepo import FIRST_SECOND, git

State = Mapping[str, bytes]
VERSIONS = ("1.0.0", "1.1.0", "1.2.0")
SPOTS = (("staging", "iris"), ("production", "iris"), ("staging", "team/churn"))
PATHS = tuple(layout.pointer_path(*spot) for spot in SPOTS)
ROLLOUTS = (
    None,
    Rollout(strategy=Strategy.CANARY, steps=(Step(weight=5, hold="2h"), Step(weight=100))),
    Rollout(strategy=Strategy.BLUE_GREEN, window="1h", abort_on=("error_rate > 0.5%",)),
)
_names = count(1)


def examples(number: int) -> settings:
    """So many examples in the default profile, and as many times more in another as that profile has more."""
    default = settings.get_profile("default").max_examples
    return settings(max_examples=number * settings().max_examples // default)


@cache
def base_state() -> State:
    """A registry with two environments, two models, and nothing deployed."""
    made = Builder().settings().environment("staging").environment("production", promotes_from=["staging"])
    for model in dict.fromkeys(model for _, model in SPOTS):
        made.model(model)
        for version in VERSIONS:
            made.version(version)
    return made.write("README.md", "# Models\n").files


class Deed(Enum):
    """What one commit of main does."""

    PROMOTE = "promote"
    WITHDRAW = "withdraw"
    RESTORE = "restore"
    REMOVE = "remove"
    UNRELATED = "unrelated"


class Way(Enum):
    """How it gets to main: one commit, a merge commit, or one whose branch was made before other things happened."""

    SQUASH = "squash"
    MERGE = "merge"
    LATE_MERGE = "late merge"


@dataclass(frozen=True)
class Commit:
    """One commit: the places of its parents in `Line.commits`, its whole state, and its date in seconds."""

    parents: tuple[int, ...]
    state: State
    message: str
    time: int


@dataclass
class Line:
    """Commits in the order of their making; `main` are the places of the first-parent line, oldest first."""

    commits: list[Commit]
    main: list[int]
    ids: list[str] = field(default_factory=list)
    promotions: int = 0

    @property
    def tip(self) -> str:
        """The id of the newest commit of main, once planted."""
        return self.ids[self.main[-1]]

    @property
    def state(self) -> State:
        """The newest state of main."""
        return self.commits[self.main[-1]].state

    def states_of(self, path: str) -> list[bytes | None]:
        """The bytes at `path` (None: no file) at each commit of main, oldest first."""
        return [self.commits[place].state.get(path) for place in self.main]

    def fork(self, at: int) -> Line:
        """A line that shares the first `at` commits of main and goes its own way; promotion ids stay its own."""
        main = self.main[: max(1, at)]
        return Line(list(self.commits[: main[-1] + 1]), list(main), [], self.promotions + 500)

    def add(self, state: State, message: str, *, way: Way = Way.SQUASH, late: int = 0, skew: int = 0) -> None:
        """Bring `state` to main; `late` counts how many commits of main its branch did not know."""
        tip = self.main[-1]
        time = FIRST_SECOND + 60 * len(self.commits) + skew
        if way is Way.SQUASH:
            self.commits.append(Commit((tip,), state, message, time))
        else:
            start = self.main[-1 - late] if way is Way.LATE_MERGE and late < len(self.main) else tip
            before = self.commits[start].state
            changed = [path for path in {*state, *self.state} if state.get(path) != self.state.get(path)]
            if any(before.get(path) != self.state.get(path) for path in changed):
                start, before = tip, self.state
            branch = _changed(before, {path: state.get(path) for path in changed})
            self.commits.append(Commit((start,), branch, message, time))
            side = len(self.commits) - 1
            merge = f"Merge pull request #{side} from acme/change\n\n{message}"
            self.commits.append(Commit((tip, side), state, merge, time + 1))
        self.main.append(len(self.commits) - 1)

    def plant(self, repository: Path) -> Line:
        """Write the line into a repository, below a ref of its own, and return it with the ids of its commits."""
        ref = f"refs/laws/{next(_names)}"
        marks = repository / f"{ref.rpartition('/')[2]}.marks"
        stream = b"".join(self._command(place, ref) for place in range(len(self.commits)))
        options = ["--quiet", "--force", f"--export-marks={marks}"]
        git(repository, "-c", "fastimport.unpackLimit=0", "fast-import", *options, stdin=stream)
        found = dict(line.split(" ") for line in marks.read_text().splitlines())
        marks.unlink()
        return replace(self, ids=[found[f":{place + 1}"] for place in range(len(self.commits))])

    def _command(self, place: int, ref: str) -> bytes:
        commit = self.commits[place]
        who = f"Sam Rivera <sam.rivera@example.com> {commit.time} +0000"
        message = commit.message.encode()
        head = f"commit {ref}\nmark :{place + 1}\nauthor {who}\ncommitter {who}\ndata {len(message)}\n"
        parts = [head.encode(), message, b"\n"]
        if commit.parents:
            first, *others = commit.parents
            parts.append(f"from :{first + 1}\n".encode())
            parts += [f"merge :{other + 1}\n".encode() for other in others]
        before = self.commits[commit.parents[0]].state if commit.parents else {}
        for path in sorted({*before, *commit.state}):
            new = commit.state.get(path)
            if new == before.get(path):
                continue
            if new is None:
                parts.append(f"D {path}\n".encode())
            else:
                parts.append(f"M 100644 inline {path}\ndata {len(new)}\n".encode() + new + b"\n")
        return b"".join(parts)


def _changed(state: State, changes: Mapping[str, bytes | None]) -> dict[str, bytes]:
    new = dict(state) | {path: data for path, data in changes.items() if data is not None}
    for path, data in changes.items():
        if data is None:
            new.pop(path, None)
    return new


def start() -> Line:
    """A line with the base state alone."""
    return Line([Commit((), base_state(), "Start the registry", FIRST_SECOND)], [0])


def pointer(line: Line, spot: tuple[str, str], version: str | None, rollout: Rollout | None = None) -> bytes:
    """A new pointer with an id of its own, as `mooring promote` or `mooring withdraw` would write it on this line."""
    environment, model = spot
    path = layout.pointer_path(environment, model)
    old = line.state.get(path)
    live = codec.decode(Pointer, old, path) if old is not None else None
    line.promotions += 1
    manifest = line.state[layout.manifest_path(model, version)] if version is not None else None
    return codec.encode(
        Pointer(
            version=version,
            manifest=digest_of(manifest) if manifest is not None else None,
            promotion=promotion_id(line.promotions),
            replaces=live.version if isinstance(live, Pointer) else None,
            # Few different reasons: lines that are equal by chance are what a wrong merge would hang on.
            reason="It serves nobody" if version is None else "Better on the holdout set",
            requested_by="Alex Turner <alex.turner@example.com>",
            rollout=rollout if version is not None else None,
        )
    )


def do(line: Line, deed: Deed, spot: tuple[str, str], choice: int) -> tuple[State, str] | None:
    """The next state of main and a message, or None where the deed has nothing to do."""
    environment, model = spot
    path = layout.pointer_path(environment, model)
    past = line.states_of(path)
    if deed is Deed.UNRELATED:
        name = ("README.md", f"registry/{model}/cards/1.0.0.md", "docs/notes.md")[choice % 3]
        text = line.state.get(name, b"") + f"Line {len(line.commits)}\n".encode()
        return _changed(line.state, {name: text}), f"Edit {name}"
    if deed is Deed.PROMOTE:
        version, rollout = VERSIONS[choice % 3], ROLLOUTS[choice // 3 % 3]
        new = pointer(line, spot, version, rollout)
        return _changed(line.state, {path: new}), f"Promote {model} {version} to {environment}"
    if deed is Deed.WITHDRAW:
        return _changed(line.state, {path: pointer(line, spot, None)}), f"Withdraw {model} from {environment}"
    if deed is Deed.REMOVE:
        return (_changed(line.state, {path: None}), f"Remove {path}") if past[-1] is not None else None
    older = [state for state in dict.fromkeys(past) if state != past[-1]]
    if not older:
        return None
    back = older[choice % len(older)]
    return _changed(line.state, {path: back}), f"Restore {path}"


DEEDS = st.tuples(
    st.sampled_from([Deed.PROMOTE, Deed.PROMOTE, Deed.RESTORE, Deed.WITHDRAW, Deed.UNRELATED, Deed.REMOVE]),
    # Mostly one pointer: long stories of one are where faults hide.
    st.sampled_from([SPOTS[0], SPOTS[0], SPOTS[1], SPOTS[2]]),
    st.integers(0, 8),
    st.sampled_from(list(Way)),
    st.integers(0, 3),
    # Clocks that are right, and those of 1990 and 2030.
    st.sampled_from([0, 0, 0, -1_136_000_000, 126_000_000]),
)
STORIES = st.lists(DEEDS, min_size=1, max_size=9)
Story = Sequence[tuple[Deed, tuple[str, str], int, Way, int, int]]


def tell(line: Line, story: Story) -> Line:
    """Let a drawn story happen on a line."""
    for deed, spot, choice, way, late, skew in story:
        done = do(line, deed, spot, choice)
        if done is not None:
            line.add(*done, way=way, late=late, skew=skew)
    return line
