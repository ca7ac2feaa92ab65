"""Names of people, compared without regard to script variants, order and punctuation; and file names made from them."""

from __future__ import annotations

import hashlib
import re
import unicodedata

BARE = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "\u0131": "i"})
"""Letters that no Unicode form takes apart; the last is the dotless i."""
APOSTROPHES = "'`\u2019\u02bc"
RUN = re.compile(r"[^a-z0-9]+")


def folded(text: str) -> str:
    """The text in one Unicode form without case, and without characters that do not show."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn") or c.isspace())
    return " ".join(text.split())


def words(name: str, bare: bool = False) -> tuple[str, ...]:
    """The words of a name, folded; `bare` also takes off accents and what else is written above or below letters."""
    text = folded(name)
    if bare:
        text = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in text if not unicodedata.combining(c))
        text = text.translate(BARE)
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " if c not in APOSTROPHES else "" for c in text)
    return tuple(kept.split())


def name_keys(name: str, bare: bool = False) -> frozenset[str]:
    """What two ways of writing a name have in common: the words in any order, and run together in each order that turns round.

    Canvas writes "Lovelace, Ada" as "lovelaceada", Moodle "Ada Lovelace".
    """
    parts = words(name, bare)
    turned = {"".join(parts[start:] + parts[:start]) for start in range(len(parts))}
    return frozenset(turned | {" ".join(sorted(parts))}) if parts else frozenset()


def share_a_word(one: str, other: str) -> bool:
    """Whether two names have a word in common, or one runs it together with others, as Canvas does in files' names."""
    first, second = words(one, bare=True), words(other, bare=True)
    return any(word in "".join(second) for word in first) or any(word in "".join(first) for word in second)


def file_name(name: str, identity: str) -> str:
    """A file name, without ending, for one person: plain ASCII, at most 80 characters, different for different identities.

    It is made from the name, and the identity where that is as plain; otherwise from the name and a hash of the identity.
    """
    plain = RUN.sub("-", _ascii(name)).strip("-")[:40].strip("-")
    safe = re.fullmatch(r"(?!x[0-9a-f]{12}$)[a-z0-9-]{1,32}", identity) is not None  # what looks like a hash is hashed
    last = identity if safe else hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{plain}_{'' if safe else 'x'}{last}" if plain else f"student_{'' if safe else 'x'}{last}"


def _ascii(name: str) -> str:
    return "-".join(words(name, bare=True)).encode("ascii", "ignore").decode()
