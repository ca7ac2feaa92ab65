"""Submissions that are suspiciously alike: winnowing over the tokens of the code (copydetect), without what the stub gives.

Winnowing: Schleimer, Wilkerson and Aiken, Winnowing: local algorithms for document fingerprinting (SIGMOD 2003).
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from grader.batch.store import Store
from grader.course import Course, Topic
from grader.errors import UsageError
from grader.report.text import one_line
from grader.submission import load_submission

TOKENS = 25
"""Characters of simplified code (names and strings made alike) that a match has at least."""


@dataclass(frozen=True)
class Pair:
    """Two people's files for one topic: the share of each that is in the other, in percent."""

    topic: str
    one: str
    other: str
    of_one: float
    of_other: float

    @property
    def alike(self) -> float:
        """The larger of the two: a part that was copied into something longer counts in full."""
        return max(self.of_one, self.of_other)


@dataclass(frozen=True)
class _Work:
    """One person's file: whose, which submission, its fingerprint."""

    name: str
    submission: str
    print: Any


def find_similar(results: Path, course: Course, above: int) -> list[Pair]:
    """Every pair at least `above` percent alike, the most alike first. Raises UsageError."""
    compare_files = _import_copydetect().compare_files
    store = Store(results)
    form = store.read_class()
    chosen = form["settings"]["topics"]
    pairs = []
    for topic in course.topics:
        if chosen is not None and topic.name not in chosen:
            continue
        stub = course.root / "assignments" / topic.file
        given = _fingerprint(stub.read_bytes(), frozenset()).hashes if stub.is_file() else ()
        works = list(_works(store, form["rows"], course, topic, frozenset(given)))
        for one, other in _candidates(works):
            _, (of_one, of_other), _ = compare_files(one.print, other.print)
            pair = Pair(topic.title, one.name, other.name, 100 * of_one, 100 * of_other)
            pairs += [pair] if pair.alike >= above else []
    return sorted(pairs, key=lambda pair: (-pair.alike, pair.topic, pair.one, pair.other))


def _works(
    store: Store, rows: Sequence[dict[str, Any]], course: Course, topic: Topic, given: frozenset[int]
) -> Iterator[_Work]:
    """Everyone's file for a topic, where it has anything that the stub has not."""
    for row in rows:
        if row["submission"] is None or not (store.root / "submissions" / f"{row['file']}.zip").is_file():
            continue
        submission = load_submission(store.read_bundle(row["file"], row["submission"]), course, (topic,))
        content = submission.sources.get(topic.file) if topic.name not in submission.problems else None
        if content is None:
            continue
        found = _fingerprint(content, given)
        if len(found.hashes):
            yield _Work(row["name"] or row["login"] or row["email"] or row["id"], row["submission"], found)


def _fingerprint(content: bytes, given: frozenset[int]) -> Any:
    """copydetect's fingerprint of a file without the hashes that are given.

    copydetect can leave some out itself, but of one that occurs several times in the file it leaves out only one.
    """
    module = _import_copydetect()
    text = io.StringIO(content.decode("utf-8", "replace"))
    found = module.CodeFingerprint("code.py", TOKENS, 1, language="python", fp=text)
    for value in given & found.hashes:
        del found.hash_idx[value]
    found.hashes -= given
    found.token_coverage = module.utils.get_token_coverage(found.hash_idx, TOKENS, len(found.filtered_code))
    return found


def _import_copydetect() -> Any:  # it has no types
    try:
        import copydetect
    except ImportError:
        raise UsageError("`convgrade similar` needs the package copydetect: pip install 'convgrade[similar]'") from None
    return copydetect


def _candidates(works: Sequence[_Work]) -> Iterator[tuple[_Work, _Work]]:
    """Pairs that share anything, found by who has which hash rather than by trying all; not those who handed in together."""
    owners: dict[int, list[int]] = {}
    for position, work in enumerate(works):
        shared: Counter[int] = Counter()
        for value in set(work.print.hashes):
            shared.update(owners.get(value, ()))
            owners.setdefault(value, []).append(position)
        for other in sorted(shared):
            if works[other].submission != work.submission:
                yield works[other], work


def print_pairs(console: Console, pairs: Sequence[Pair], above: int) -> None:
    """The pairs as lines, topic by topic in the order given."""

    def say(text: str) -> None:
        console.print(text, highlight=False, markup=False, emoji=False, soft_wrap=True)

    if not pairs:
        say(f"No two submissions are {above} % alike or more.")
        return
    many = f"{len(pairs)} pairs are" if len(pairs) > 1 else "1 pair is"
    say(f"{many} {above} % alike or more. Short functions leave little choice: look before you judge.")
    for pair in pairs:
        names = f"{one_line(pair.one, 60)} and {one_line(pair.other, 60)}"
        say(
            f"{pair.alike:3.0f} %  {pair.topic}: {names} ({pair.of_one:.0f} % of the first, {pair.of_other:.0f} % of the second)"
        )
