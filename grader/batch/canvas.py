"""Canvas's submissions.zip: every file of everyone in one folder, with names that say whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader.batch.handedin import Clue, Found, HandedIn
from grader.batch.tree import Tree
from grader.submission.bundle import TAKEN
from grader.submission.sources import Entry

CANVAS = re.compile(r"(?=_(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>.+)$)")
ANONYMOUS = re.compile(r"anon(?P<late>_LATE)?_(?P<user>[A-Za-z0-9]+)_(?P<attachment>\d+)_(?P<file>.+)")
AGAIN = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,3})(?P<ending>\.[^.]+)")


@dataclass(frozen=True)
class _Attachment:
    name: str | None
    user: str
    number: int
    file: str
    late: bool
    item: str


def is_canvas(name: str) -> bool:
    """Whether a file's name is one that Canvas gives."""
    return ANONYMOUS.fullmatch(name) is not None or CANVAS.search(name) is not None


def canvas(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Canvas's submissions.zip: `<name>[_LATE]_<user id>_<attachment id>_<file>`, all in one folder."""
    files = [item for item in tree.items() if not item.is_folder]
    if not files or 2 * sum(is_canvas(item.name) for item in files) < len(files):
        return None
    by_user: dict[str, list[_Attachment]] = {}
    unused = [(item.name, "a folder, which Canvas does not make") for item in tree.items() if item.is_folder]
    for item in files:
        part = _attachment(item.name, known_ids)
        if part is None:
            unused.append((item.name, "its name is not one that Canvas gives"))
        else:
            by_user.setdefault(part.user, []).append(part)
    return Found("canvas", tuple(_canvas_submission(tree, parts) for parts in by_user.values()), tuple(unused))


def _attachment(item: str, known_ids: frozenset[str]) -> _Attachment | None:
    """The parts of a name; where digits at the end of a person's name leave it open, an id of the class list decides.

    Canvas takes `_<number>_` out of people's names, so that only a number at the very end can come before the user's. What
    comes later is part of the file's name, which the student chose, and never says whose it is.
    """
    if match := ANONYMOUS.fullmatch(item):
        return _Attachment(None, match["user"], int(match["attachment"]), match["file"], bool(match["late"]), item)
    candidates = list(CANVAS.finditer(item))
    if not candidates:
        return None
    first, *others = candidates
    shifted = [other for other in others if other.start("user") == first.start("attachment")]
    match = next((candidate for candidate in (first, *shifted) if candidate["user"] in known_ids), first)
    name = item[: match.start()]
    late = name.endswith("_LATE")
    return _Attachment(name.removesuffix("_LATE"), match["user"], int(match["attachment"]), match["file"], late, item)


def _canvas_submission(tree: Tree, parts: list[_Attachment]) -> HandedIn:
    """One person's attachments; the last of a file that was handed in again has the plain name, the others keep theirs."""
    first = parts[0]
    named: dict[str, _Attachment] = {}
    notes = []
    for part in sorted(parts, key=_attachment_order):
        again = AGAIN.fullmatch(part.file)
        file = again["stem"] + again["ending"] if again else part.file
        if file in named:
            notes.append(f"{file} was handed in more than once; the last one counts")
            earlier = named.pop(file)
            named[earlier.file if earlier.file != file else f"earlier/{earlier.number}/{file}"] = earlier
        named[file] = part

    def entries() -> list[Entry]:
        kept = {file: part for file, part in named.items() if PurePosixPath(file).suffix.lower() in TAKEN}
        return [replace(tree.entry(part.item), path=PurePosixPath(file)) for file, part in kept.items()]

    name = first.name
    return HandedIn(
        f"{name or 'anon'}_{first.user}",
        (Clue(name=name, id=first.user),),
        entries,
        when=(max(part.number for part in parts),),
        alone=len(named) == 1,
        late=any(part.late for part in parts),
        notes=tuple(dict.fromkeys(notes)),
    )


def _attachment_order(part: _Attachment) -> tuple[int, int]:
    again = AGAIN.fullmatch(part.file)
    return int(again["number"]) if again else 0, part.number
