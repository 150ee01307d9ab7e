"""Rules about what files hold, whatever they are: nothing that must not be in Git, and prose that can be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mooring.documents import card, yaml
from mooring.documents.yaml import YamlProblem
from mooring.domain import layout
from mooring.domain.finding import Place
from mooring.domain.layout import FileKind
from mooring.domain.registry import Registry
from mooring.domain.secrets import secrets_in
from mooring.domain.text import hidden_character
from mooring.rules.rule import Fault, state_rule
from mooring.rules.subjects import FileAt

# Persian, the languages of India and pictures of people are written with joiners; hyphens may be soft in prose.
_ALLOWED = "\t\u200c\u200d\u00ad"


@state_rule(FileAt, waivable=False)
def secret_in_document(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A file holds what looks like a password, a token or a private key.

    Looked for are the shapes that issuers gave their secrets so that they can be found: keys and tokens of AWS,
    Azure, Google, GitHub, GitLab, Hugging Face, Slack and others, private keys, JSON web tokens, passwords and
    signatures in URLs. Comments and cards are read too. A finding never repeats what it found.

    Why it matters: Git never forgets, and every clone has all of it. Whoever can read the registry, now or
    later, can use the secret.

    How to mend it: replace the secret where it was issued first, because it has been seen. Then remove it
    here: name the secret store or an environment variable instead.
    """
    if not file.is_regular:
        return
    text = registry.files.read(file.entry).decode("utf-8", "replace")
    counted: Counter[str] = Counter()
    for kind, start in secrets_in(text):
        counted[kind] += 1
        line = text.count("\n", 0, start) + 1
        yield Fault(
            Place(file.path),
            f"it seems to hold {kind}",
            "Replace the secret where it was issued, then write here where it can be had, not what it is.",
            value=f"{kind} {counted[kind]}",
            line=line,
            column=start - text.rfind("\n", 0, start),
        )


@state_rule(FileAt)
def unreadable_card(registry: Registry, file: FileAt) -> Iterator[Fault]:
    """A card is no text that everybody reads alike.

    A card is UTF-8 without a byte order mark, invisible or control characters, and at most 256 KiB long. Front
    matter, where there is any, is strict YAML.

    Why it matters: a card tells people what a model may be used for. Characters that reorder text let a
    reviewer approve other words than are published, and programs that read front matter must all read the
    same.

    How to mend it: correct the line that is named, and keep pictures and tables of data elsewhere, with a link.
    """
    place = layout.identify(file.path) if file.path.endswith(".md") else None
    if place is None or place.kind is not FileKind.CARD or not file.is_regular:
        return
    data = registry.files.read(file.entry)
    if len(data) > card.LARGEST:
        yield _fault(file, f"{len(data):,} bytes, and a card has at most {card.LARGEST:,}", 1)
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        yield _fault(file, "it is not UTF-8", data.count(b"\n", 0, error.start) + 1)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.isprintable() and (problem := hidden_character(line.removesuffix("\r"), allow=_ALLOWED)):
            yield _fault(file, problem, number)
            return
    front = card.front_matter(text)
    if front:
        try:
            yaml.load(front.encode())
        except YamlProblem as problem:
            yield _fault(file, f"its front matter: {problem.reason}", (problem.line or 0) + 1, problem.hint)


def _fault(file: FileAt, message: str, line: int, hint: str | None = None) -> Fault:
    return Fault(
        Place(file.path),
        message,
        hint or "Correct this line, or leave it out; 'mooring check' reads it again.",
        value=file.entry.oid,
        line=line,
        column=1,
    )
