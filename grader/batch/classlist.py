"""Who handed in what: submissions matched to the class list, never by a guess between two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grader.batch.handedin import Clue, Found, HandedIn
from grader.batch.names import file_name, folded, name_keys, share_a_word
from grader.batch.roster import Student

PIECES = re.compile(r"[\s_,;()\[\]]+")
TEAMS = "where teams hand in, it is the team's, and the class list says in a column group who is in it"
CERTAIN = 4  # characters that an id within a longer label must have at least


@dataclass(frozen=True)
class Row:
    """One line of the results: a person and the submission that counts, if any.

    `file` is the name, without ending, of the row's files. `earlier` are the person's submissions that do not count. `listed`
    is False for a submission that matches nobody on the class list; `why` then says so. `called` is the name that came with the
    submission where it has nothing in common with the person's, who was found by an id.
    """

    student: Student
    file: str
    submission: HandedIn | None
    earlier: tuple[str, ...] = ()
    listed: bool = True
    why: str | None = None
    called: str | None = None

    @property
    def moment(self) -> datetime | None:
        """When the submission was handed in: as the platform says, or else the class list."""
        if self.submission is None:
            return None
        return self.submission.moment or self.student.handed_in


@dataclass(frozen=True)
class ClassList:
    """The rows in the class list's order, then those of nobody on it; and what was no submission at all."""

    shape: str
    rows: tuple[Row, ...]
    unused: tuple[tuple[str, str], ...]
    has_roster: bool


def match_class(found: Found, roster: Sequence[Student] | None) -> ClassList:
    """Give each submission to its people. Without a class list, each is its own person's."""
    owned: dict[Student, list[HandedIn]] = {student: [] for student in roster or ()}
    called: dict[tuple[Student, str], str] = {}
    doubtful: dict[tuple[Student, str], Clue] = {}
    nobody: list[Row] = []
    index = Index(roster) if roster is not None else None
    clues = [clue for submission in found.submissions for clue in submission.people]
    of_people = index is not None and any(map(index.fits, clues))
    for submission in found.submissions:
        for clue in submission.people or (Clue(label=submission.label),):
            if index is None:
                owned.setdefault(student_of(clue), []).append(submission)
                continue
            if team := index.team(clue):
                for member in team:
                    owned[member].append(submission)
                continue
            match = index.match(clue)
            if isinstance(match, Student):
                stranger = clue.name and match.name and not share_a_word(clue.name, match.name)
                if stranger and clue.team_number and not of_people:
                    why = f"the number is that of {match.shown}, the name is not: {TEAMS}"
                    nobody.append(_of_nobody(submission, replace(clue, id=None), why))
                    continue
                owned[match].append(submission)
                if clue.name and stranger:
                    called[match, submission.label] = clue.name
                    doubtful[match, submission.label] = clue
                elif clue.login and match.login and not _is_login(clue.login, match):
                    doubtful[match, submission.label] = clue
            else:
                nobody.append(_of_nobody(submission, clue, match))
    for student, theirs in owned.items():
        sure = [one for one in theirs if (student, one.label) not in doubtful]
        for one in [one for one in theirs if one not in sure] if sure else ():  # their own stands, whatever its date
            why = f"it could be meant for {student.shown}, but {sure[0].label} goes by that person's own login or name"
            nobody.append(_of_nobody(one, doubtful[student, one.label], why))
            theirs.remove(one)
    rows = [_row(student, submissions, called) for student, submissions in owned.items()]
    return ClassList(found.shape, (*rows, *nobody), found.unused, roster is not None)


def _is_login(text: str, student: Student) -> bool:
    return folded(text) in {folded(one) for one in (student.login, student.email, *student.also)}


def student_of(clue: Clue) -> Student:
    """The person that a clue alone describes."""
    if clue.id or clue.login or clue.email:
        return Student(clue.name or "", clue.id or "", clue.login or "", clue.email or "")
    return Student(clue.name or clue.label or "")


def _row(student: Student, submissions: list[HandedIn], called: Mapping[tuple[Student, str], str]) -> Row:
    """The newest submission counts; between two of the same time, the later in the order of their names."""
    ordered = sorted(submissions, key=lambda submission: (submission.when, submission.label))
    earlier = tuple(submission.label for submission in ordered[:-1])
    newest = ordered[-1] if ordered else None
    name = called.get((student, newest.label)) if newest is not None else None
    return Row(student, file_name(student.name, student.key), newest, earlier, called=name)


def _of_nobody(submission: HandedIn, clue: Clue, why: str) -> Row:
    identity = f"{submission.label}/{clue.id or clue.login or clue.email or clue.name or ''}"
    return Row(student_of(clue), file_name("unmatched", f"/{identity}"), submission, (), False, why)


class Index:
    """Finds the one person on the class list whom a clue means, or says why there is not exactly one."""

    def __init__(self, roster: Sequence[Student]) -> None:
        self._known: dict[str, list[Student]] = {}
        for student in roster:
            for text in student.known_as():
                self._known.setdefault(text, []).append(student)
        self._teams: dict[str, list[Student]] = {}
        self._names: dict[tuple[bool, str], list[Student]] = {}
        for student in roster:
            for key in name_keys(student.team):
                self._teams.setdefault(key, []).append(student)
            for bare in (False, True):
                for key in name_keys(student.name, bare):
                    self._names.setdefault((bare, key), []).append(student)

    def known(self, text: str) -> list[Student]:
        """Everyone with this id, login or e-mail, which must be folded."""
        return self._known.get(text, [])

    def match(self, clue: Clue) -> Student | str:
        """The person, or a sentence without an end that says why it is nobody."""
        exact = [self._known.get(folded(text), []) for text in (clue.id, clue.login, clue.email) if text]
        certain = _common(people for people in exact if people)
        by_name = self._named(clue.name) if clue.name else []
        if len(certain) == 1:
            (student,) = certain
            return self.contradiction(student, clue.name) or student
        if len(certain) > 1:
            return _several(certain)
        if any(exact):
            return "its parts are those of different people"
        if by_name:
            return by_name[0] if len(by_name) == 1 else _several(by_name)
        found = self._labelled(clue.label) if clue.label else "nobody on the list has this id or name"
        ending = self._ending(clue.label) if clue.login and clue.label and isinstance(found, str) else []
        return ending[0] if len(ending) == 1 else found

    def fits(self, clue: Clue) -> bool:
        """Whether the id is that of a person whose name has a word in common with the one given."""
        whose = self.known(folded(clue.id)) if clue.id else []
        return bool(clue.name) and any(share_a_word(clue.name or "", one.name) for one in whose)

    def team(self, clue: Clue) -> list[Student]:
        """The members of the team that handed in; nobody where the name is also a person's, or the id that of another."""
        if not (clue.name and clue.may_be_team) or self._named(clue.name):
            return []
        members = list(dict.fromkeys(one for key in sorted(name_keys(clue.name)) for one in self._teams.get(key, [])))
        whose = self.known(folded(clue.id)) if clue.id and not clue.team_number else []
        return members if all(one in members for one in whose) else []

    def contradiction(self, student: Student, name: str | None) -> str | None:
        """Why an id of this person does not go with a name, which is that of others; a name unknown to the list is none."""
        named = self._named(name) if name else []
        if not named or student in named:
            return None
        return f"the id is that of {student.shown}, the name that of {' and '.join(s.shown for s in named[:3])}"

    def _named(self, name: str) -> list[Student]:
        """Everyone of that name; those whose accents differ too only where there is nobody else."""
        for bare in (False, True):
            keys = sorted(name_keys(name, bare))
            found = [student for key in keys for student in self._names.get((bare, key), [])]
            if found:
                return list(dict.fromkeys(found))
        return []

    def _labelled(self, label: str) -> Student | str:
        """Whom a folder's or file's name means: all of it, or an id or e-mail in it that the rest does not contradict."""
        whole = self._known.get(folded(label), [])
        if whole:
            return whole[0] if len(whole) == 1 else _several(whole)
        named = self._named(label)
        if named:
            return named[0] if len(named) == 1 else _several(named)
        pieces = [piece for piece in PIECES.split(label) if piece]
        hits = {piece: self._by_number(piece) for piece in pieces}
        found = list(dict.fromkeys(student for students in hits.values() for student in students))
        if len(found) > 1:
            return _several(found)
        rest = " ".join(piece for piece in pieces if not hits[piece])
        others = self._named(rest) if rest else []
        if found and (not others or found[0] in others):
            return found[0]
        if not found and others and rest != label:
            return others[0] if len(others) == 1 else _several(others)
        return "nobody on the list is called this" if not found else _several([*found, *others])

    def _ending(self, label: str) -> list[Student]:
        """Whose logins a repository's name ends with."""
        label = folded(label)
        return list(
            dict.fromkeys(one for text, all in self._known.items() if label.endswith(f"-{text}") for one in all)
        )

    def _by_number(self, piece: str) -> list[Student]:
        """Whose id or e-mail it is; logins are often like names, and so are not looked for within a longer name."""
        certain = len(piece) >= CERTAIN and (any(c.isdigit() for c in piece) or "@" in piece)
        return self._known.get(folded(piece), []) if certain else []


def _common(groups: Iterable[list[Student]]) -> list[Student]:
    """The people in every group; all of them where no one is."""
    remaining: list[Student] | None = None
    for group in groups:
        remaining = group if remaining is None else [student for student in remaining if student in group]
    return remaining or []


def _several(students: Sequence[Student]) -> str:
    names = [f"{student.shown} ({student.key})" for student in students[:3]]
    return f"it could be {' or '.join(names)}" + (" or others" if len(students) > 3 else "")


def missing(rows: Iterable[Row]) -> list[Row]:
    """Those who handed in nothing."""
    return [row for row in rows if row.submission is None]
