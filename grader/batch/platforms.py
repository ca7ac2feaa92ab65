"""The folders that Moodle, GitHub Classroom, Classroom 50, Gradescope and nbgrader give, and plain ones."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from grader.batch.handedin import Clue, Found, HandedIn, take_item
from grader.batch.roster import is_within_reach
from grader.batch.tree import Item, Tree, read_small
from grader.errors import UsageError
from grader.submission.bundle import TAKEN
from grader.submission.sources import PLATFORM_BYTES

MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?")
"""The first place where it fits: Moodle's names of people have no `_`, a file's name is what the student likes."""


def moodle(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """Moodle's download: `<Full name>_<id>_assignsubmission_file`, older ones end in `_`; folders, or files without."""
    items = tree.items()
    matches = [(item, MOODLE.fullmatch(item.name)) for item in items]
    if not items or 2 * sum(match is not None for _, match in matches) < len(items):
        return None
    people = {(match["name"], match["id"]) for _, match in matches if match is not None}
    blind = len(people) > 1 and len({name for name, _ in people}) == 1  # "Participant", in the site's language
    submissions: dict[tuple[str, str], HandedIn] = {}
    unused = []
    for item, match in matches:
        if match is None:
            unused.append((item.name, "its name is not one that Moodle gives"))
        elif match["plugin"] != "file":
            unused.append((item.name, f"is Moodle's {match['plugin']}, not files"))
        else:
            key = match["name"], match["id"]
            known = None if blind or match["name"] == "Participant" else match["name"]
            clue = Clue(name=known, id=match["id"])
            new = take_item(tree, item, clue, file=match["file"] or None)
            label = f"{match['name']}_{match['id']}"
            submissions[key] = _together(submissions[key], new) if key in submissions else replace(new, label=label)
    return Found("moodle", tuple(submissions.values()), tuple(unused))


def _together(one: HandedIn, other: HandedIn) -> HandedIn:
    """Two parts of one submission."""
    return replace(one, entries=lambda: [*one.entries(), *other.entries()], alone=False, when=max(one.when, other.when))


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
            unused += [] if kept else [(item.name, "is no repository's folder, or is a link")]
            continue
        login = item.name.removeprefix(f"{slug}-") if item.name.startswith(f"{slug}-") else item.name
        submissions.append(take_item(tree, item, Clue(login=login, label=item.name)))
    return Found(shape, tuple(submissions), tuple(unused))


METADATA = "submission_metadata.yml"


def gradescope(tree: Tree, known_ids: frozenset[str]) -> Found | None:
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


def nbgrader(tree: Tree, known_ids: frozenset[str]) -> Found | None:
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


def _timestamp(tree: Tree) -> datetime | None:
    """The newest of the times that nbgrader keeps in timestamp.txt, in UTC; None where there is none."""
    times = []
    try:
        items = tree.items()
    except UsageError:
        return None
    for item in items:
        content = read_small(tree.down(item.name), "timestamp.txt") if item.is_folder else None
        try:
            text = (content or b"").decode("ascii").strip().removesuffix(" UTC")
            found = datetime.fromisoformat(text)
        except ValueError:
            continue
        times.append(found if found.tzinfo is not None else found.replace(tzinfo=UTC))
    return max(filter(is_within_reach, times), default=None)


def folders(tree: Tree, known_ids: frozenset[str]) -> Found | None:
    """One folder, or one file or zip, a student, named after the student in whatever way."""
    submissions, unused = [], []
    for item in tree.items():
        if item.is_folder or PurePosixPath(item.name).suffix.lower() in TAKEN:
            label = item.name if item.is_folder else PurePosixPath(item.name).stem
            submissions.append(take_item(tree, item, Clue(label=label)))
        else:
            unused.append((item.name, "is neither a folder, a zip, a .py file nor a notebook, or is a link"))
    return Found("folders", tuple(submissions), tuple(unused))
