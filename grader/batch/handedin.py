"""What one person or team handed in, and whose it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from grader.batch.tree import Item, Tree, read_small
from grader.errors import UsageError
from grader.submission.sources import Entry

Known = Mapping[str, str]
"""The names on the class list by id, which tell apart what the names of files leave open."""


@dataclass(frozen=True)
class Clue:
    """What a submission's place says about one person: each part is None where it says nothing. `label` may be any of them.

    The name `may_be_team`'s; then the id is that of one of them, or with `team_number` the team's own, in another count.
    """

    name: str | None = None
    id: str | None = None
    login: str | None = None
    email: str | None = None
    label: str | None = None
    may_be_team: bool = False
    team_number: bool = False


@dataclass(frozen=True)
class HandedIn:
    """One submission: what it is called, whose it is, its files. Of two of one person the one with the larger `when` is newer."""

    label: str
    people: tuple[Clue, ...]
    entries: Callable[[], list[Entry]]
    when: tuple[float, ...] = ()
    alone: bool = False
    late: bool = False
    notes: tuple[str, ...] = ()
    result: Callable[[], bytes | None] | None = None
    """The result.json that Classroom 50 keeps beside it."""
    moment: datetime | None = None
    """When it was handed in, with its offset from UTC, where the platform says so; the dates of files say nothing of that."""


@dataclass(frozen=True)
class Found:
    """What lies in a tree: the shape's name, the submissions, and what is part of none, each with the reason."""

    shape: str
    submissions: tuple[HandedIn, ...]
    unused: tuple[tuple[str, str], ...] = ()


def take_item(tree: Tree, item: Item, *people: Clue, file: str | None = None) -> HandedIn:
    """What lies under one name in the tree as a submission; a single file is called `file` there, if given."""
    if not item.is_folder:
        entry = tree.entry(item.name)
        renamed = replace(entry, path=PurePosixPath(file)) if file else entry
        return HandedIn(item.name, people, lambda: [renamed], (entry.modified,), alone=True)
    inner = tree.down(item.name)
    return HandedIn(
        item.name,
        people,
        inner.entries,
        when=(_newest_in(inner),),
        result=lambda: read_small(inner, "result.json"),
    )


def _newest_in(tree: Tree) -> float:
    """When the newest of a folder's files was last changed; 0 where it cannot be listed, which is told when it is read."""
    try:
        return max((entry.modified for entry in tree.entries()), default=0.0)
    except UsageError:
        return 0.0
