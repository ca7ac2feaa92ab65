"""Canvas's submissions.zip: every file of everyone in one folder, with names that say whose it is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from grader.batch.handedin import Clue, Found, HandedIn, Known
from grader.batch.names import share_a_word
from grader.batch.tree import Tree
from grader.submission.bundle import TAKEN
from grader.submission.sources import Entry

CANVAS = re.compile(r"(?=_(?P<user>\d+)_(?P<attachment>\d+)_(?P<file>.+)$)")
ANONYMOUS = re.compile(
    r"(?P<first>LATE_)?anon(?P<late>_LATE)?_(?P<user>[A-Za-z0-9]+)_(?P<attachment>\d+)_(?P<file>.+)", re.IGNORECASE
)
TYPED = re.compile(r".+_(text|link)\.html")
"""What somebody typed into a box of Canvas's, or the address of a page."""
LATE = re.compile(r"_late$", re.IGNORECASE)  # in older versions in small letters
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
    return any(found(name) for found in (ANONYMOUS.fullmatch, CANVAS.search, TYPED.fullmatch))


def canvas(tree: Tree, known: Known) -> Found | None:
    """Canvas's submissions.zip: `<name>[_LATE]_<user id>_<attachment id>_<file>`, all in one folder."""
    files = [item.name for item in tree.items() if not item.is_folder]
    if not files or 2 * sum(map(is_canvas, files)) < len(files):
        return None
    unused = [(item.name, "a folder, which Canvas does not make") for item in tree.items() if item.is_folder]
    readings = {item: _readings(item) for item in files}
    for item in [item for item in files if not readings[item]]:
        typed = "was typed into Canvas or is a link, not a file" if TYPED.fullmatch(item) else None
        unused.append((item, typed or "its name is not one that Canvas gives"))
        del readings[item]
    people: dict[tuple[str | None, str], list[_Attachment]] = {}
    for item, part in _choose(readings, known).items():
        if isinstance(part, str):
            unused.append((item, part))
        else:
            people.setdefault((part.name, part.user), []).append(part)
    return Found("canvas", tuple(_canvas_submission(tree, parts) for parts in people.values()), tuple(unused))


def _readings(item: str) -> list[_Attachment]:
    """The ways to read a file's name; more than one where digits at the end of a person's name leave it open.

    Canvas takes `_<number>_` out of people's names, so that only a number at the very end can come before the user's. What
    comes later is part of the file's name, which the student chose, and never says whose it is.
    """
    if match := ANONYMOUS.fullmatch(item):
        late = bool(match["first"] or match["late"])
        return [_Attachment(None, match["user"], int(match["attachment"]), match["file"], late, item)]
    found = list(CANVAS.finditer(item))
    found = (
        [found[0], *(one for one in found[1:] if one.start("user") == found[0].start("attachment"))] if found else []
    )
    return [
        _Attachment(
            LATE.sub("", name), one["user"], int(one["attachment"]), one["file"], LATE.search(name) is not None, item
        )
        for one in found
        for name in (item[: one.start()],)
    ]


def _choose(readings: dict[str, list[_Attachment]], known: Known) -> dict[str, _Attachment | str]:
    """How each name is read, or why that cannot be told.

    By the ids of the class list; where they fit two ways, the name has to be that of the second, since the first is what
    somebody may have wanted to look like. Without a list by this: nobody has another's id.
    """
    names: dict[str, set[str | None]] = {}
    for first, *_ in readings.values():
        names.setdefault(first.user, set()).add(first.name)

    def choose(found: list[_Attachment]) -> _Attachment | str:
        listed = [part for part in found if part.user in known]
        if len(listed) == 1:
            return listed[0]
        if listed:
            first, last = listed
            if not _is_called(first, known) and _is_called(last, known):
                return last
            people = (f"{known[part.user] or part.user} ({part.user})" for part in listed)
            return f"it could be of {' or '.join(people)}"
        return found[-1] if len(names[found[0].user]) > 1 else found[0]

    return {item: choose(found) for item, found in readings.items()}


def _is_called(part: _Attachment, known: Known) -> bool:
    return part.name is not None and share_a_word(part.name, known[part.user])


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
        (Clue(name=name, id=first.user, may_be_team=True),),
        entries,
        when=(max(part.number for part in parts),),
        alone=len(named) == 1,
        late=any(part.late for part in parts),
        notes=tuple(dict.fromkeys(notes)),
    )


def _attachment_order(part: _Attachment) -> tuple[int, int]:
    again = AGAIN.fullmatch(part.file)
    return int(again["number"]) if again else 0, part.number
