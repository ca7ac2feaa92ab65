"""Which of the known shapes a class's submissions come in, and what each person handed in.

A shape is a function from a tree to what was handed in, or None where the tree does not look like it. Facts on the names that
each system gives: docs/running-a-course.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from grader.batch.tree import Item, Tree, read_small
from grader.errors import UsageError
from grader.submission.bundle import ARCHIVES
from grader.submission.sources import KINDS, Entry

LOOSE = (*KINDS, ".zip", *ARCHIVES)


@dataclass(frozen=True)
class Clue:
    """What a submission's place says about one person: each part is None where it says nothing. `label` may be any of them."""

    name: str | None = None
    id: str | None = None
    login: str | None = None
    email: str | None = None
    label: str | None = None


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


@dataclass(frozen=True)
class Found:
    """What lies in a tree: the shape's name, the submissions, and what is part of none, each with the reason."""

    shape: str
    submissions: tuple[HandedIn, ...]
    unused: tuple[tuple[str, str], ...] = ()


Shape = Callable[[Tree, frozenset[str]], "Found | None"]


def find_submissions(tree: Tree, known_ids: frozenset[str] = frozenset(), shape: str | None = None) -> Found:
    """Recognise the shape, or take the one that is named. Raises UsageError where there is nothing of it.

    `known_ids` are the ids of the class list, which tell apart what the names leave open.
    """
    if shape is not None and shape not in SHAPES:
        raise UsageError(f"shape {shape!r} is none of {', '.join(SHAPES)}")
    tried = SHAPES if shape is None else {shape: SHAPES[shape]}
    for inner in _with_only_folders(tree):
        for recognise in tried.values():
            found = recognise(inner, known_ids)
            if found is not None and found.submissions:
                return found
    what = "no submissions" if shape is None else f"no submissions in the shape {shape}"
    raise UsageError(f"{tree.name}: {what}; see the shapes in docs/running-a-course.md")


def _with_only_folders(tree: Tree) -> Iterator[Tree]:
    """The tree; and before it the folder in it, where that is all there is and holds several things itself."""
    items = tree.items()
    if len(items) == 1 and items[0].is_folder:
        inner = tree.down(items[0].name)
        several = [i for i in inner.items() if i.is_folder or i.name.lower().endswith((".zip", ".yml"))]
        if len(several) > 1 or _is_named(inner.name) or any(_is_canvas(i.name) for i in inner.items()):
            yield from _with_only_folders(inner)
    yield tree


def _is_named(name: str) -> bool:
    return name == "submitted" or name.endswith("-submissions") or "_submissions_" in name


# -- Canvas -----------------------------------------------------------------------------------------------------------

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


def _is_canvas(name: str) -> bool:
    return ANONYMOUS.fullmatch(name) is not None or CANVAS.search(name) is not None


def canvas(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Canvas's submissions.zip: `<name>[_LATE]_<user id>_<attachment id>_<file>`, all in one folder."""
    files = [item for item in tree.items() if not item.is_folder]
    if not files or 2 * sum(_is_canvas(item.name) for item in files) < len(files):
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
    """The parts of a name; where digits in a person's name leave it open, an id of the class list decides, else the first."""
    if match := ANONYMOUS.fullmatch(item):
        return _Attachment(None, match["user"], int(match["attachment"]), match["file"], bool(match["late"]), item)
    candidates = list(CANVAS.finditer(item))
    if not candidates:
        return None
    match = next((candidate for candidate in candidates if candidate["user"] in known_ids), candidates[0])
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
        kept = {file: part for file, part in named.items() if PurePosixPath(file).suffix.lower() in LOOSE}
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


# -- Moodle -----------------------------------------------------------------------------------------------------------

MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?")


def moodle(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Moodle's download: `<Full name>_<id>_assignsubmission_file`, older ones end in `_`; folders, or files without."""
    items = tree.items()
    matches = [(item, MOODLE.fullmatch(item.name)) for item in items]
    if not items or 2 * sum(match is not None for _, match in matches) < len(items):
        return None
    submissions: dict[tuple[str, str], HandedIn] = {}
    unused = []
    for item, match in matches:
        if match is None:
            unused.append((item.name, "its name is not one that Moodle gives"))
        elif match["plugin"] != "file":
            unused.append((item.name, f"is Moodle's {match['plugin']}, not files"))
        else:
            key = match["name"], match["id"]
            clue = Clue(id=match["id"]) if match["name"] == "Participant" else Clue(name=match["name"], id=match["id"])
            new = _item_submission(tree, item, clue, file=match["file"] or None)
            label = f"{match['name']}_{match['id']}"
            submissions[key] = _together(submissions[key], new) if key in submissions else replace(new, label=label)
    return Found("moodle", tuple(submissions.values()), tuple(unused))


def _together(one: HandedIn, other: HandedIn) -> HandedIn:
    """Two parts of one submission."""
    return replace(one, entries=lambda: [*one.entries(), *other.entries()], alone=False, when=max(one.when, other.when))


# -- GitHub -----------------------------------------------------------------------------------------------------------


def github(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Clones of GitHub Classroom: `<slug>-submissions/<slug>-<login>`, a folder each."""
    slug = tree.name.removesuffix("-submissions")
    return _repositories(tree, "github", slug) if tree.name.endswith("-submissions") else None


def classroom50(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Classroom 50's download: `<classroom>-<assignment>_submissions_<time>/<classroom>-<assignment>-<login>`."""
    slug, found, _ = tree.name.partition("_submissions_")
    return _repositories(tree, "classroom50", slug) if found else None


def _repositories(tree: Tree, shape: str, slug: str) -> Found:
    submissions, unused = [], []
    for item in tree.items():
        if not item.is_folder:
            kept = shape == "classroom50" and item.name in ("scores.csv", "results.json")
            unused += [] if kept else [(item.name, "is no repository's folder")]
            continue
        login = item.name.removeprefix(f"{slug}-") if item.name.startswith(f"{slug}-") else item.name
        submissions.append(_item_submission(tree, item, Clue(login=login, label=item.name)))
    return Found(shape, tuple(submissions), tuple(unused))


# -- Gradescope -------------------------------------------------------------------------------------------------------

METADATA = "submission_metadata.yml"


def gradescope(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Gradescope's export: `submission_metadata.yml` says whose each folder is, more than one person where they teamed up."""
    content = read_small(tree, METADATA)
    if content is None:
        return None
    table = _load_metadata(content)
    submissions, unused = [], []
    for item in tree.items():
        entry = table.get(item.name)
        people = tuple(_submitter(person) for person in entry.get(":submitters") or ()) if entry else ()
        if people and item.is_folder:
            made = entry.get(":created_at") if entry else None
            found = _item_submission(tree, item, *people)
            when = (made.timestamp(),) if isinstance(made, datetime) else found.when
            submissions.append(replace(found, when=when))
        elif item.name != METADATA:
            unused.append((item.name, f"{METADATA} does not say whose it is"))
    return Found("gradescope", tuple(submissions), tuple(unused))


def _load_metadata(content: bytes) -> dict[str, dict[str, Any]]:
    import yaml

    try:
        table = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"{METADATA} cannot be read: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{METADATA} is no table of folders")
    return {str(key): entry for key, entry in table.items() if isinstance(entry, dict)}


def _submitter(person: Any) -> Clue:
    if not isinstance(person, dict):
        return Clue(label=str(person))
    name, sid, email = (str(person[key]) if person.get(key) else None for key in (":name", ":sid", ":email"))
    return Clue(name=name, id=sid, email=email)


# -- nbgrader ---------------------------------------------------------------------------------------------------------


def nbgrader(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """nbgrader's `submitted/<student id>/<assignment>/`; all assignments of a person together are one submission."""
    if tree.name != "submitted":
        if not any(item == Item("submitted", True) for item in tree.items()):
            return None
        tree = tree.down("submitted")
    submissions, unused = [], []
    for item in tree.items():
        if item.is_folder:
            found = _item_submission(tree, item, Clue(id=item.name, label=item.name))
            submissions.append(replace(found, when=_timestamp(tree.down(item.name)) or found.when))
        else:
            unused.append((item.name, "is no student's folder"))
    return Found("nbgrader", tuple(submissions), tuple(unused))


def _timestamp(tree: Tree) -> tuple[float, ...]:
    """The newest of the times that nbgrader keeps in timestamp.txt, empty where there is none."""
    times = []
    for item in tree.items():
        content = read_small(tree.down(item.name), "timestamp.txt") if item.is_folder else None
        try:
            text = (content or b"").decode("ascii").strip().removesuffix(" UTC")
            times.append(datetime.fromisoformat(text).timestamp())
        except (ValueError, OverflowError):
            continue
    return (max(times),) if times else ()


# -- one folder a student ---------------------------------------------------------------------------------------------


def folders(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """One folder, or one file or zip, a student, named after the student in whatever way."""
    submissions, unused = [], []
    for item in tree.items():
        if item.is_folder or PurePosixPath(item.name).suffix.lower() in LOOSE:
            label = item.name if item.is_folder else PurePosixPath(item.name).stem
            submissions.append(_item_submission(tree, item, Clue(label=label)))
        else:
            unused.append((item.name, "is neither a folder, a zip, a .py file nor a notebook"))
    return Found("folders", tuple(submissions), tuple(unused))


SHAPES: dict[str, Shape] = {
    "gradescope": gradescope,
    "canvas": canvas,
    "moodle": moodle,
    "classroom50": classroom50,
    "github": github,
    "nbgrader": nbgrader,
    "folders": folders,
}
"""In the order in which they are tried: the plainest last."""


def _item_submission(tree: Tree, item: Item, *people: Clue, file: str | None = None) -> HandedIn:
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
        when=(_newest(inner.entries()),),
        result=lambda: read_small(inner, "result.json"),
    )


def _newest(entries: Iterable[Entry]) -> float:
    return max((entry.modified for entry in entries), default=0.0)


def known_ids_of(students: Iterable[Any]) -> frozenset[str]:
    """Every id of a class list."""
    return frozenset(text for student in students for text in (student.id, *student.also) if text)


__all__ = ["SHAPES", "Clue", "Found", "HandedIn", "find_submissions", "known_ids_of"]
