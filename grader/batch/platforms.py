"""The folders that Moodle, GitHub Classroom, Classroom 50, Gradescope and nbgrader give, and plain ones."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath
from typing import Any

from grader.batch.handedin import Clue, Found, HandedIn, Known, take_item
from grader.batch.roster import is_within_reach
from grader.batch.tree import Item, Tree, read_small
from grader.errors import UsageError
from grader.submission.bundle import TAKEN
from grader.submission.sources import PLATFORM_BYTES

MOODLE = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?")
"""The first place where it fits: Moodle's names of people have no `_`, a file's name is what the student likes.

Of a team the name and the number are the group's; those who are in none are one team without a number.
"""


def moodle(tree: Tree, known: Known) -> Found | None:
    """Moodle's download: `<Full name>_<id>_assignsubmission_file`, older ones end in `_`; folders, or files without."""
    items = tree.items()
    matches = [(item, MOODLE.fullmatch(item.name)) for item in items]
    if not items or 2 * sum(match is not None for _, match in matches) < len(items):
        return None
    people = {(match["name"], match["id"]) for _, match in matches if match is not None}
    blind = len(people) > 1 and len({name for name, _ in people}) == 1  # "Participant", in the site's language
    submissions: dict[tuple[str, str | None], HandedIn] = {}
    unused = []
    for item, match in matches:
        if match is None:
            unused.append((item.name, "its name is not one that Moodle gives"))
        elif match["plugin"] != "file":
            unused.append((item.name, f"is Moodle's {match['plugin']}, not files"))
        else:
            key = match["name"], match["id"]
            name = None if blind or match["name"] == "Participant" else match["name"]
            clue = Clue(name=name, id=match["id"], may_be_team=True, team_number=True)
            new = take_item(tree, item, clue, file=match["file"] or None)
            label = "_".join(filter(None, (match["name"], match["id"])))
            submissions[key] = _together(submissions[key], new) if key in submissions else replace(new, label=label)
    return Found("moodle", tuple(submissions.values()), tuple(unused))


def _together(one: HandedIn, other: HandedIn) -> HandedIn:
    """Two parts of one submission."""
    return replace(one, entries=lambda: [*one.entries(), *other.entries()], alone=False, when=max(one.when, other.when))


def github(tree: Tree, known: Known) -> Found | None:
    """Clones of GitHub Classroom: `<slug>-submissions/<slug>-<login>`, a folder each."""
    slug = tree.name.removesuffix("-submissions")
    return _repositories(tree, "github", slug) if tree.name.endswith("-submissions") else None


def classroom50(tree: Tree, known: Known) -> Found | None:
    """Classroom 50's download: `<classroom>-<assignment>_submissions_<time>/<classroom>-<assignment>-<login>`.

    Where it was told to use another folder, scores.csv tells it; then only a class list can say where a login begins.
    """
    slug, found, _ = tree.name.partition("_submissions_")
    if not found and Item("scores.csv", False) not in tree.items():
        return None
    return _repositories(tree, "classroom50", slug if found else "")


def _repositories(tree: Tree, shape: str, slug: str) -> Found:
    submissions, unused = [], []
    for item in tree.items():
        if not item.is_folder:
            kept = shape == "classroom50" and item.name in ("scores.csv", "results.json")
            unused += [] if kept else [(item.name, "is no repository's folder, or is a link")]
            continue
        login = item.name.removeprefix(f"{slug}-") if item.name.startswith(f"{slug}-") else item.name
        submissions.append(take_item(tree, item, Clue(login=login, label=item.name)))
    return Found(shape, tuple(submissions), tuple(unused))


METADATA = "submission_metadata.yml"


def gradescope(tree: Tree, known: Known) -> Found | None:
    """Gradescope's export: `submission_metadata.yml` says whose each folder is, more than one person where they teamed up."""
    content = read_small(tree, METADATA, PLATFORM_BYTES)
    if content is None:
        if Item(METADATA, False) in tree.items():
            raise UsageError(f"{METADATA} cannot be read, or is larger than {PLATFORM_BYTES >> 20} MiB")
        return None
    table = _load_metadata(content)
    submissions, unused = [], []
    for item in tree.items():
        entry = table.get(item.name)
        listed = entry.get(":submitters") if entry else None
        people = tuple(map(_submitter, listed)) if isinstance(listed, list) else ()
        if people and item.is_folder:
            made = _moment(entry.get(":created_at")) if entry else None
            found = take_item(tree, item, *people)
            when = (made.timestamp(),) if made is not None else found.when
            submissions.append(replace(found, when=when, moment=made))
        elif item.name != METADATA:
            unused.append((item.name, f"{METADATA} does not say whose it is"))
    return Found("gradescope", tuple(submissions), tuple(unused))


def _load_metadata(content: bytes) -> dict[str, dict[str, Any]]:
    import yaml

    # the base, the faster one where it was built, is known at run time alone
    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Reads objects of Ruby's as the plain tables, lists and texts that they are written as."""

    def plain(loader: Any, suffix: str, node: Any) -> Any:
        if isinstance(node, yaml.MappingNode):
            return loader.construct_mapping(node, deep=True)
        return loader.construct_sequence(node, deep=True) if isinstance(node, yaml.SequenceNode) else node.value

    Loader.add_multi_constructor("!", plain)
    try:
        table = yaml.load(content, Loader)
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"{METADATA} cannot be read: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"{METADATA} is no table of folders")
    return {str(key): entry for key, entry in table.items() if isinstance(entry, dict)}


def _moment(value: Any) -> datetime | None:
    """A date of the table; the reader gives some in UTC without saying so."""
    if not isinstance(value, datetime) or not is_within_reach(value):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _submitter(person: Any) -> Clue:
    if not isinstance(person, dict):
        return Clue(label=str(person))
    name, sid, email = (str(person[key]) if person.get(key) else None for key in (":name", ":sid", ":email"))
    return Clue(name=name, id=sid, email=email)


NBGRADERS = frozenset(
    {"submitted", "source", "release", "autograded", "feedback", "exchange", "nbgrader_config.py", "gradebook.db"}
)
"""What lies in a course's folder of nbgrader's."""


def nbgrader(tree: Tree, known: Known) -> Found | None:
    """nbgrader's `submitted/<student id>/<assignment>/`; all assignments of a person together are one submission."""
    submissions, unused = [], []
    if tree.name != "submitted":
        items = tree.items()
        if Item("submitted", True) not in items:
            return None
        beside = "lies beside submitted/, where nbgrader keeps what was handed in"
        unused += [(item.name, beside) for item in items if item.name not in NBGRADERS]
        tree = tree.down("submitted")
    for item in tree.items():
        if item.is_folder:
            found = take_item(tree, item, Clue(id=item.name, label=item.name))
            made = _timestamp(tree.down(item.name))
            when = (made.timestamp(),) if made is not None else found.when
            submissions.append(replace(found, when=when, moment=made))
        else:
            unused.append((item.name, "is no student's folder"))
    return Found("nbgrader", tuple(submissions), tuple(unused))


HOURS = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3,
    "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PDT": -7, "AKDT": -8, "HST": -10, "NZST": 12, "NZDT": 13,
    "AEST": 10, "AEDT": 11, "JST": 9, "KST": 9, "HKT": 8, "SGT": 8,
}  # fmt: skip
"""Zones that nbgrader may be set to, ahead of UTC. Not those whose letters stand for several, such as CST and IST."""


def _timestamp(tree: Tree) -> datetime | None:
    """The newest of the times that nbgrader keeps in timestamp.txt; None where there is none, or in a zone that is not known."""
    times = []
    try:
        items = tree.items()
    except UsageError:
        return None
    for item in items:
        content = read_small(tree.down(item.name), "timestamp.txt") if item.is_folder else None
        try:
            text = (content or b"").decode("ascii").strip()
            date, _, zone = text.rpartition(" ") if text[-1:].isalpha() and " " in text else (text, "", "UTC")
            found, ahead = datetime.fromisoformat(date), timezone(timedelta(hours=HOURS[zone]))
        except (ValueError, KeyError):
            continue
        times.append(found if found.tzinfo is not None else found.replace(tzinfo=ahead))
    return max(filter(is_within_reach, times), default=None)


def folders(tree: Tree, known: Known) -> Found | None:
    """One folder, or one file or zip, a student, named after the student in whatever way."""
    submissions, unused = [], []
    for item in tree.items():
        if item.is_folder or PurePosixPath(item.name).suffix.lower() in TAKEN:
            label = item.name if item.is_folder else PurePosixPath(item.name).stem
            submissions.append(take_item(tree, item, Clue(label=label)))
        else:
            unused.append((item.name, "is neither a folder, a zip, a .py file nor a notebook, or is a link"))
    return Found("folders", tuple(submissions), tuple(unused))
