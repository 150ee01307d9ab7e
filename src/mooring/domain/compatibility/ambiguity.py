"""Which patterns any engine matches in linear time, and a text that matches one."""

from __future__ import annotations

from collections.abc import Iterator

from mooring.domain.compatibility.patterns import Chars, Choice, Node, PatternError, Repeat, Sequence, parse

MAX_SAMPLE = 10_000


def pattern_problems(pattern: str, *, dollar_ends: bool) -> list[str]:
    """What speaks against a pattern in a document; empty if nothing does."""
    try:
        tree = parse(pattern)
    except PatternError as error:
        return [str(error)]
    problems = []
    if any(_ambiguous(repeat) for repeat in _repeats(tree)):
        problems.append(
            "a repeated group may match one text in several ways, so matching can take exponential time"
        )
    if not dollar_ends and pattern.endswith("$") and not pattern.endswith("\\$"):
        problems.append("ends in `$`, which in Python also matches before a final line break")
    return problems


def sample(pattern: str) -> str | None:
    """A text that probably matches `pattern` (look-arounds are ignored), or None if the pattern cannot be read."""
    try:
        return _text(parse(pattern))
    except PatternError:
        return None


def _repeats(node: Node) -> Iterator[Repeat]:
    match node:
        case Repeat(body=body):
            yield node
            yield from _repeats(body)
        case Sequence(parts=nodes) | Choice(branches=nodes):
            for part in nodes:
                yield from _repeats(part)


def _ambiguous(repeat: Repeat) -> bool:
    """Whether rounds of an open repetition can be told apart in more than one way.

    Rounds are told apart by their first character: it must differ from everything later in a round, unless the
    body has one fixed length.
    """
    if repeat.most is not None and repeat.most <= 1:
        return False
    body = repeat.body
    if _choices_overlap(body):
        return True
    if _length(body):
        return False
    return _nullable(body) or bool(_first(body) & _after_first(body))


def _choices_overlap(node: Node) -> bool:
    match node:
        case Choice(branches=branches):
            seen: frozenset[int] = frozenset()
            for branch in branches:
                if _nullable(branch) or seen & _first(branch) or _choices_overlap(branch):
                    return True
                seen |= _first(branch)
            return False
        case Sequence(parts=parts):
            return any(_choices_overlap(part) for part in parts)
        case Repeat(body=body):
            return _choices_overlap(body)
    return False


def _length(node: Node) -> int | None:
    """The one length of every text that matches, or None if there are several."""
    match node:
        case Chars():
            return 1
        case Sequence(parts=parts):
            lengths = [_length(part) for part in parts]
            return None if None in lengths else sum(length or 0 for length in lengths)
        case Choice(branches=branches):
            lengths = [_length(branch) for branch in branches]
            return lengths[0] if len(set(lengths)) == 1 else None
        case Repeat(body=body, least=least, most=most):
            length = _length(body)
            return least * length if length is not None and least == most else None
    return 0


def _nullable(node: Node) -> bool:
    match node:
        case Chars():
            return False
        case Sequence(parts=parts):
            return all(_nullable(part) for part in parts)
        case Choice(branches=branches):
            return any(_nullable(branch) for branch in branches)
        case Repeat(body=body, least=least):
            return least == 0 or _nullable(body)
    return True


def _first(node: Node) -> frozenset[int]:
    match node:
        case Chars(of=of):
            return of
        case Sequence(parts=parts):
            found: frozenset[int] = frozenset()
            for part in parts:
                found |= _first(part)
                if not _nullable(part):
                    break
            return found
        case Choice(branches=branches):
            return frozenset().union(*(_first(branch) for branch in branches))
        case Repeat(body=body):
            return _first(body)
    return frozenset()


def _every(node: Node) -> frozenset[int]:
    match node:
        case Chars(of=of):
            return of
        case Sequence(parts=nodes) | Choice(branches=nodes):
            return frozenset().union(*(_every(part) for part in nodes))
        case Repeat(body=body):
            return _every(body)
    return frozenset()


def _after_first(node: Node) -> frozenset[int]:
    """Every character that may stand in a round after its first one."""
    match node:
        case Sequence(parts=parts):
            found: frozenset[int] = frozenset()
            begun = False
            for part in parts:
                found |= _every(part) if begun else _after_first(part)
                begun = begun or bool(_first(part))
            return found
        case Choice(branches=branches):
            return frozenset().union(*(_after_first(branch) for branch in branches))
        case Repeat(body=body, most=most):
            return _after_first(body) if most == 1 else _every(body)
    return frozenset()


def _text(node: Node) -> str:
    match node:
        case Chars(sample=char):
            return char
        case Sequence(parts=parts):
            return _bounded("".join(_text(part) for part in parts))
        case Choice(branches=branches):
            return _text(branches[0])
        case Repeat(body=body, least=least):
            text = _text(body)
            return _bounded(text * min(least, MAX_SAMPLE // max(len(text), 1) + 1))
    return ""


def _bounded(text: str) -> str:
    if len(text) > MAX_SAMPLE:
        raise PatternError(f"matches only texts longer than {MAX_SAMPLE} characters")
    return text
