"""Finds the misconception behind a wrong answer: the known wrong way that gives the student's very output.

A misconception is a function with the student's signature, marked in a topic's `misconceptions.py`. The calls that a check
made are made again in this process, with the misconception in the place of the function in question and the oracle for the
others. It is named when it explains every case of the check: each result is the student's, or at least that part of a tuple
that was refused, since other parts may be wrong for another reason. And the other checks of the function have a say:

- It must be wrong nowhere where the student is right.
- Where it would be wrong too, it must give the student's result in half of the cases; a student may have two mistakes.
- One or two wrong numbers, as of a worked example, are explained by too many things. What explains those must explain
  some of the function's other wrong numbers as well, where there are any.
- Two functions that raise the same kind of exception have little in common, and the traceback says more. What explains an
  exception must raise it in every case in which the student's function does and in no other, and there must be others.
  Of several such, those with the student's very messages are named alone; of models, whose first differing layer can be
  told instead, no others. What refuses something is not named where a library raised.
  Where others are wrong in a number, and it would be too, it must give at least one of these numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from grader.checking.judge import CaseRun
from grader.checking.known import Known
from grader.client.student import Call
from grader.course import Topic
from grader.errors import StudentRaised
from grader.evidence import Functions, Replays, Stance, Witnesses, is_random, is_wrong_value, stance
from grader.replaying import flat, same_call, same_value
from grader.results import Misconception
from grader.worker.wire import Handle

NAMED = 2
RUNS = 40
FEW = 2


def diagnose(
    function: str, runs: Sequence[CaseRun], all_runs: Sequence[CaseRun], known: Iterable[Known], replays: Replays
) -> tuple[Misconception, ...]:
    """The misconceptions about `function` that explain `runs`, best first.

    `all_runs` are the cases of every check of the function: what reproduces them all is the better explanation, and where
    something does, nothing less is named.
    """
    replays.begin(function)
    some, every = spread(runs), spread(all_runs)
    own = {id(run) for run in runs}
    others = [run for run in every if id(run) not in own and (run.error is not None or not is_random(run))]
    if all(run.error is not None for run in every) and any(map(_crashed, some)):
        return ()  # what always raises has no more to it than its traceback
    best: list[Known] = []
    crashed = [run for run in others if _crashed(run)] if any(map(_crashed, some)) else []
    witnesses = Witnesses([*some, *crashed], [run for run in others if run.error is None])
    wrong = [run for run in others if run.error is not None]
    for candidates in (replays.complete, [one for one in known if one.function == function]):
        left = [one for one in candidates if not replays.is_refuted(one, witnesses)]
        share, best = _best([one for one in left if _is_likely(one, some, wrong, replays)], every, replays)
        if share == 1:  # nothing explains more, for this check or another one of the function
            replays.complete = best
            break
    if any(map(_crashed, some)):
        same = [one for one in best if _says_the_same(one, some, replays)]
        best = (
            same
            if same or replays.topic.needs == "torch"
            else [one for one in best if _refuses_too(one, some, replays)]
        )
    return tuple(Misconception(candidate.slug, candidate.hint) for candidate in best[:NAMED])


def wrong_feeder(function: str, runs: Sequence[CaseRun], replays: Replays) -> str | None:
    """The function that gave a wrong result in every failed case, and kept what this one was given; None where there is none.

    What this one makes of it says little about itself then.
    """
    found = {_feeder(function, run, replays) for run in spread([run for run in runs if run.error is not None])}
    return found.pop() if len(found) == 1 else None


def _feeder(function: str, run: CaseRun, replays: Replays) -> str | None:
    again = replays.of(run) if not is_random(run) and replays.topic.needs == "numpy" else None
    given = {
        value.number
        for call in run.calls
        if call.function == function
        for value in (*call.arguments, *call.keywords.values())
        if isinstance(value, Handle)
    }
    for theirs, right in zip(run.calls, again or (), strict=False):
        kept = {item.number for item in flat(theirs.result) if isinstance(item, Handle)}
        if theirs.function != function and kept & given and not same_value(theirs.result, right.result):
            return theirs.function
    return None


def _best(likely: Sequence[Known], every: Sequence[CaseRun], replays: Replays) -> tuple[float, list[Known]]:
    """The largest share of the cases that a candidate reproduces, and those that do, in the order of the file."""
    shares = [sum(_reproduces(one, run, replays) is True for run in every) / max(1, len(every)) for one in likely]
    largest = max(shares, default=0.0)
    return largest, [one for one, share in zip(likely, shares, strict=True) if share == largest]


def _is_likely(candidate: Known, own: Sequence[CaseRun], wrong: Sequence[CaseRun], replays: Replays) -> bool:
    """Whether not too many of the `wrong` cases of other checks speak against a candidate that nothing refutes."""
    if any(map(_crashed, own)) and any(
        stance(candidate, run, replays) is not Stance.FOR and (_crashed(run) or _raises(candidate, run, replays))
        for run in wrong
    ):
        return False
    values = [stance(candidate, run, replays) for run in wrong if is_wrong_value(run)]
    if all(map(_crashed, own)) and Stance.AGAINST in values and Stance.FOR not in values:
        return False
    said = [stance(candidate, run, replays) for run in wrong]
    weak = len(own) <= FEW and all(map(is_wrong_value, own)) and any(map(is_wrong_value, wrong))
    return said.count(Stance.FOR) >= max(said.count(Stance.AGAINST), int(weak))


def _raises(candidate: Known, run: CaseRun, replays: Replays) -> bool:
    """Whether a candidate raises what the oracle in its place does not."""
    again, right = replays.of(run, candidate), replays.of(run)
    return again is not None and any(
        ours.owner == candidate.function and ours.error is not None and wanted.error is None
        for ours, wanted in zip(again, right or again, strict=True)
    )


def _says_the_same(candidate: Known, runs: Sequence[CaseRun], replays: Replays) -> bool:
    """Whether its exceptions have the same messages: libraries put sizes there, which others that raise do not share."""
    for run in filter(_crashed, runs):
        again = replays.of(run, candidate) or []
        if any(str(theirs.error) != str(ours.error) for theirs, ours in zip(run.calls, again, strict=False)):
            return False
    return True


def _crashed(run: CaseRun) -> bool:
    return isinstance(run.error, StudentRaised)


def _refuses_too(candidate: Known, runs: Sequence[CaseRun], replays: Replays) -> bool:
    """Whether, where the candidate refuses something by a `raise` of its own, so did the student: a library did not."""
    for run in filter(_crashed, runs):
        again = replays.of(run, candidate) or []
        if any(_refuses(ours) and not _refuses(theirs) for theirs, ours in zip(run.calls, again, strict=False)):
            return False
    return True


def _refuses(call: Call) -> bool:
    frames = call.error.frames if isinstance(call.error, StudentRaised) else ()
    return bool(frames) and frames[-1].code.startswith("raise")


def spread(runs: Sequence[CaseRun]) -> Sequence[CaseRun]:
    """At most RUNS of the cases, from first to last at even distances: as good as all, and at once."""
    return [runs[round(i * (len(runs) - 1) / (RUNS - 1))] for i in range(RUNS)] if len(runs) > RUNS else runs


def reproduces(candidate: Known, runs: Sequence[CaseRun], topic: Topic, oracle: Functions) -> bool:
    """Whether the candidate gives what the student's function gave, in every call to it in `runs`."""
    replays = Replays(topic, oracle)
    found = {_reproduces(candidate, run, replays) for run in runs}
    return True in found and False not in found


def _reproduces(candidate: Known, run: CaseRun, replays: Replays) -> bool | None:
    """The same for one case; None where the function is not called in it."""
    again = replays.of(run, candidate)
    if again is None:
        return False
    pairs = [
        (theirs, ours) for theirs, ours in zip(run.calls, again, strict=True) if theirs.owner == candidate.function
    ]
    return all(same_call(theirs, ours) for theirs, ours in pairs) if pairs else None
