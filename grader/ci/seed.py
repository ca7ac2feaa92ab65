"""The seed of a CI run: another one for every submission, so that a table of remembered answers is worth nothing.

It is the first 13 hexadecimal digits (52 bits, which every JSON reader keeps) of HMAC-SHA256 over "convgrade seed 1", a line
end, and what identifies the submission; the key is the secret, or empty. With a secret nobody can work the seed out before.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from pathlib import Path

from grader.course import Course, Topic
from grader.errors import SubmissionUnreadable, UsageError
from grader.submission import load_submission

SECRET = "CONVGRADE_SEED_SECRET"
COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA")
"""Where GitHub and GitLab put the commit."""


def choose_seed(
    source: str | None, environment: Mapping[str, str], path: Path, course: Course, topics: tuple[Topic, ...]
) -> int:
    """The seed from a whole number, "commit" or "files"; None is the commit where there is one, else the files.

    Raises UsageError for anything else, and for a commit that is not known.
    """
    if source is not None and re.fullmatch(r"-?\d{1,18}", source):
        return int(source)
    commit = next((environment[name] for name in COMMITS if environment.get(name)), None)
    if source not in (None, "commit", "files"):
        raise UsageError(f'--seed-from {source}: neither "commit", "files" nor a whole number')
    if source == "commit" and commit is None:
        raise UsageError(f"--seed-from commit: none of {', '.join(COMMITS)} is set")
    secret = environment.get(SECRET, "")
    if commit is not None and source != "files":
        return seed_of(f"commit {commit}", secret)
    return seed_of(f"files {_hash_of_files(path, course, topics)}", secret)


def seed_of(identity: str, secret: str = "") -> int:
    """The seed as the module's docstring defines it."""
    digest = hmac.new(secret.encode(), f"convgrade seed 1\n{identity}".encode(), hashlib.sha256).hexdigest()
    return int(digest[:13], 16)


def _hash_of_files(path: Path, course: Course, topics: tuple[Topic, ...]) -> str:
    try:
        sources = load_submission(path, course, topics).sources
    except SubmissionUnreadable:
        sources = {}
    total = hashlib.sha256()
    for name in sorted(sources):
        total.update(f"{name}\n{hashlib.sha256(sources[name]).hexdigest()}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()
