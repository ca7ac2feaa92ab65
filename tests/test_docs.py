"""The pages say what is: outputs, commands, options, exit codes, fields, limits, links; and what they show works.

What stands between `<!-- begin NAME -->` and `<!-- end NAME -->` is made here; CONVGRADE_GOLDEN=write writes it anew.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from grader import cli, grade
from grader.checking.known import misconceptions_in
from grader.ci import FORMATS
from grader.ci.seed import COMMITS, SECRET
from grader.course import Course, load_course
from grader.doctor import Finding, examine, print_findings
from grader.results import Outcome, Report
from grader.session import course_module, on_path
from grader.watch import Watch
from grader.worker.limits import Limits

ROOT = Path(__file__).parents[1]
README, CONTRIBUTING, CHANGELOG = ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"
DOCS = ROOT / "docs"
PAGES = [README, CONTRIBUTING, CHANGELOG, *sorted(DOCS.glob("*.md"))]
STUDENTS, THIRTY = DOCS / "for-students.md", DOCS / "exercise-in-30-lines.md"
EXERCISE, FIELDS = DOCS / "writing-an-exercise.md", DOCS / "report-format.md"
CI = DOCS / "ci.md"
COURSE = DOCS / "running-a-course.md"
HOW, SANDBOX = DOCS / "how-it-works.md", DOCS / "sandbox.md"
GROUP, CHECK = re.compile(r"    \S"), re.compile(r"  \S   \S")


def text(page: Path) -> str:
    """A page's text."""
    return page.read_text("utf-8")


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    below = text(page).partition(f"\n{heading}\n")[2]
    assert below, f"{page.name} has no heading {heading!r}"
    lines = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
    assert lines is not None, f"{page.name}: there is no table below {heading!r}"
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[0].splitlines()[2:]]


def names(page: Path, heading: str) -> list[str]:
    """The first column of a table, without its code marks."""
    return [row[0].strip("`") for row in rows(page, heading)]


# -- what the pages show ----------------------------------------------------------------------------------------------


def shortened(report: str, groups: int) -> str:
    """The report with the checks of the first `groups` functions of each topic, the others left out."""
    kept: list[str] = []
    seen: int | None = None
    for line in report.splitlines():
        if not line:
            seen = None
        elif seen is None and line.endswith(" points") and not line.startswith(" "):
            seen = 0
        elif seen is not None and GROUP.match(line):
            seen += 1
            kept += ["    [...]"] if seen == groups + 1 else []
        if seen is None or seen <= groups:
            kept.append(line)
    return "\n".join(kept)


def shown(command: str, output: str) -> str:
    """A command and its output as a page shows them."""
    return f"```console\n$ {command}\n{output.rstrip()}\n```"


def files_of(page: Path) -> Iterator[tuple[str, str, str]]:
    """The files that a page tells the reader to write: path, what to do with it, content."""
    blocks = re.findall(r"^\*\*`([^`]+)`\*\*([^\n]*):\n\n```\w+\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)
    assert blocks
    yield from blocks


def write_files(page: Path, folder: Path, until: str | None = None) -> None:
    """Do what a page says, up to the first file that is changed after it was written, or up to a given one."""
    for path, how, content in files_of(page):
        if path == until:
            return
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if how == "":
            file.write_text(content, "utf-8")
        elif how == ", at the end":
            file.write_text(f"{file.read_text('utf-8')}\n\n{content}", "utf-8")
        else:
            old = re.fullmatch(r", in place of `(.+)`", how)
            assert old is not None and file.read_text("utf-8").count(old[1]) == 1, f"{path}{how}"
            file.write_text(file.read_text("utf-8").replace(old[1], content.strip()), "utf-8")


Command = Callable[..., str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `convgrade` in this process and give its standard output, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(folder: Path, *arguments: str) -> str:
        monkeypatch.chdir(folder)
        capsys.readouterr()
        assert cli.main(arguments) == cli.OK
        return capsys.readouterr().out

    return run


def grade_solutions(command: Command, folder: Path) -> str:
    """README: the first command."""
    return shown("scripts/grade", shortened(command(ROOT, "grade", "solutions"), 1))


def grade_mistake(command: Command, folder: Path) -> str:
    """README: a failure."""
    write_files(README, folder)
    return shown(
        "convgrade grade mine --topic pooling", shortened(command(folder, "grade", "mine", "--topic", "pooling"), 2)
    )


def topics(command: Command, folder: Path) -> str:
    """README: the table of topics."""
    course = load_course(ROOT)
    report = json.loads(command(ROOT, "grade", "solutions", "--json", "-"))
    lines = ["| topic | file | functions | checks | misconceptions | points |", "|---|---|---|---|---|---|"]
    for topic, graded in zip(course.topics, report["topics"], strict=True):
        assert topic.points == Fraction(graded["points_possible"]), f"course.toml: {topic.name}.points"
        with on_path(course):
            known = misconceptions_in(course_module(topic, "misconceptions"))
        counts = (len(topic.functions), len(graded["checks"]), len(known), graded["points_possible"])
        lines.append(f"| {topic.title} | `{topic.file}` | {' | '.join(map(str, counts))} |")
    return "\n".join(lines)


def ci_classroom50(command: Command, folder: Path) -> str:
    """The page on CI: one check in result.json."""
    write_files(README, folder)
    command(folder, "ci", "mine", "--topic", "pooling", "--format", "classroom50", "--seed-from", "0")
    lines = (folder / "result.json").read_text("utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if "overlapping" in line and "max_pool" in line)
    ran = "convgrade ci mine --topic pooling --format classroom50 --seed-from 0"
    return shown(
        f"{ran} > log\n$ grep -A3 max_pool_backward/overlapping result.json", "\n".join(lines[start : start + 4])
    )


def ci_annotations(command: Command, folder: Path) -> str:
    """README: where an annotation stands, and how it begins."""
    write_files(README, folder)
    out = command(folder, "ci", "mine", "--topic", "pooling", "--format", "annotations", "--seed-from", "0")
    lines = [line[:100] for line in out.splitlines() if line.startswith("::")]
    options = "--topic pooling --format annotations --seed-from 0"
    return shown(f"convgrade ci mine {options} | grep '^::' | cut -c1-100", "\n".join(lines))


def tour_students(command: Command, folder: Path) -> str:
    """README: a folder to work in, an explanation, a failing case."""
    write_files(README, folder)
    laid = command(folder, "init", "work").splitlines()
    explained = command(folder, "explain", "ties").splitlines()
    case = command(folder, "show-case", "max_pool_backward", "mine").splitlines()
    return "\n\n".join(
        [
            shown("convgrade init work | tail -n 2", "\n".join(laid[-2:])),
            shown("convgrade explain ties | head -n 3", "\n".join(explained[:3])),
            shown("convgrade show-case max_pool_backward mine | tail -n 2", "\n".join(case[-2:])),
        ]
    )


def tour_course(command: Command, folder: Path) -> str:
    """README: a new course."""
    new = command(folder, "new-course", "mycourse").splitlines()
    graded = command(folder, "grade", "mycourse/solutions", "--course", "mycourse").splitlines()
    (total,) = (line for line in graded if line.startswith("Total"))
    first = shown("convgrade new-course mycourse | head -n 1", new[0])
    return f"{first}\n\n{shown('convgrade grade mycourse/solutions --course mycourse | grep Total', total)}"


def watch(command: Command, folder: Path) -> str:
    """The students' page: what two saves show."""
    file = folder / "pooling.py"
    right = (ROOT / "solutions" / "pooling.py").read_text("utf-8")
    wrong = right.replace("windows.max(axis=0), (grid", "windows.min(axis=0), (grid")
    stream = io.StringIO()
    course = load_course(ROOT)
    console = Console(file=stream, width=80, highlight=False)
    watched = Watch(course, (course.topic("pooling"),), Path("."), 0, console)
    with contextlib.chdir(folder):
        for source in (right, wrong, right):
            file.write_text(source, "utf-8")
            watched.look()
    lines = [
        line for line in stream.getvalue().splitlines() if not re.match(r"\d\d:\d\d:\d\d, ", line)
    ]  # when, how long
    kept = lines[next(number for number, line in enumerate(lines) if line.startswith("Pooling") and ", -" in line) :]
    script = next(number for number, line in enumerate(kept) if "To see it yourself" in line)
    after = next(number for number, line in enumerate(kept) if number > script and line.startswith("  and "))
    return shown("convgrade watch --topic pooling", "\n".join([*kept[: script + 1], "        [...]", *kept[after:]]))


def explain(command: Command, folder: Path) -> str:
    """The students' page: a check."""
    return shown("convgrade explain max_pool_b/ov", command(ROOT, "explain", "max_pool_b/ov"))


def thirty_lines(command: Command, folder: Path) -> str:
    """The page of 30 lines: followed, and its student's report."""
    command(folder, "new-course", "mycourse")
    write_files(THIRTY, folder)
    arguments = ("grade", "mine", "--topic", "softplus", "--course", "mycourse")
    return shown(f"convgrade {' '.join(arguments)}", command(folder, *arguments))


def exercise_right(command: Command, folder: Path) -> str:
    """The exercise page: the solution's report."""
    write_files(EXERCISE, folder, "in_place/leaky_relu.py")
    return shown("convgrade grade solutions --course .", command(folder, "grade", "solutions", "--course", "."))


def exercise_wrong(command: Command, folder: Path) -> str:
    """The exercise page: the report of a mistake."""
    write_files(EXERCISE, folder, "in_place/leaky_relu.py")
    return shown("convgrade grade mine --course .", command(folder, "grade", "mine", "--course", "."))


def batch_class(command: Command, folder: Path) -> str:
    """The page on courses: a class of six."""
    write_files(README, folder)
    mine = (folder / "mine" / "pooling.py").read_text("utf-8")
    right = (ROOT / "solutions" / "pooling.py").read_text("utf-8")
    stub = (ROOT / "assignments" / "pooling.py").read_text("utf-8")
    handed_in = {"Lovelace Ada": right, "1906": mine, "alan@uni.example": stub, "Wei Li": right, "2002": right}
    for name, source in handed_in.items():
        (folder / "class" / name).mkdir(parents=True)
        (folder / "class" / name / "pooling.py").write_text(source, "utf-8")
    people = ["Ada Lovelace,1815,ada", "Grace Hopper,1906,grace", "Alan Turing,1912,alan", "Wei Li,2001,wei"]
    people += ["Li Wei,2002,li", "Emmy Noether,1882,emmy"]
    lines = ["name,id,email", *(f"{person}@uni.example" for person in people)]
    (folder / "class.csv").write_text("\n".join(lines), "utf-8")
    options = ["--out", "results", "--roster", "class.csv", "--topic", "pooling", "--gradebook", "csv"]
    output = command(folder, "batch", "class", *options, "--allow-weak-sandbox")
    return shown(f"convgrade batch class {' '.join(options)}", output)


MADE: list[tuple[Path, Callable[[Command, Path], str]]] = [
    (README, grade_solutions),
    (README, grade_mistake),
    (README, topics),
    (README, ci_annotations),
    (README, tour_students),
    (README, tour_course),
    (STUDENTS, watch),
    (STUDENTS, explain),
    (THIRTY, thirty_lines),
    (CI, ci_classroom50),
    (COURSE, batch_class),
    (EXERCISE, exercise_right),
    (EXERCISE, exercise_wrong),
]


def compare(page: Path, name: str, made: str, comparable: Callable[[str], Any] = str) -> None:
    """Compare what a page shows under a name with what was made, or write it there."""
    pattern = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
    assert len(pattern.findall(text(page))) == 1, f"{page.name} has no place for {name}"
    if os.environ.get("CONVGRADE_GOLDEN") == "write":
        page.write_text(pattern.sub(lambda match: f"{match[1]}\n{made}\n\n{match[2]}", text(page)), "utf-8")
    there = pattern.search(text(page))
    assert there is not None
    assert comparable(there[0].partition("\n")[2].rpartition("\n")[0].strip()) == comparable(made)


def without_machine(output: str) -> str:
    """The output without the lines that differ between machines: isolation and versions."""
    return re.sub(r"^Isolation: .*?(?=```)", "", output, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("page", "make"), MADE, ids=lambda value: getattr(value, "__name__", ""))
def test_pages_show_what_is_printed(
    page: Path, make: Callable[[Command, Path], str], command: Command, tmp_path: Path
) -> None:
    compare(page, make.__name__.replace("_", "-"), make(command, tmp_path), without_machine)


def test_the_script_of_the_failure_in_the_readme_shows_it(tmp_path: Path) -> None:
    write_files(README, tmp_path)
    report = grade(tmp_path / "mine", ["pooling"], course=ROOT)
    failure = next(
        c.failure for t in report.topics for c in t.checks if c.outcome is Outcome.FAILED and c.failure.index
    )
    assert failure is not None and failure.reproduce is not None
    script = "\n".join(f"        {line}".rstrip() for line in failure.reproduce.splitlines())
    assert script in text(README)
    result = subprocess.run(
        [sys.executable, "-c", failure.reproduce], cwd=tmp_path / "mine", capture_output=True, text=True, check=True
    )
    assert f"{failure.got:g}" in result.stdout


# -- commands and options ---------------------------------------------------------------------------------------------


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """Every subcommand's parser by name."""
    parser = cli.build_parser()
    (action,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(action.choices)


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """The long options of a parser, without --help."""
    return {name for action in parser._actions for name in action.option_strings if name.startswith("--")} - {"--help"}


def everything() -> str:
    """README and docs."""
    return "\n".join(text(page) for page in (README, *sorted(DOCS.glob("*.md"))))


def code_in(page: Path) -> list[str]:
    """Each line of console blocks that begins with $, and each inline code."""
    lines = [
        line[2:]
        for block in re.findall(r"```console\n(.*?)```", text(page), re.DOTALL)
        for line in block.splitlines()
        if line.startswith("$ ")
    ]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL))


@pytest.mark.parametrize("name", sorted(subcommands()))
def test_every_command_and_option_is_documented(name: str) -> None:
    pages = everything()
    assert f"convgrade {name}" in pages
    for option in options_of(subcommands()[name]):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", pages), f"{option} of convgrade {name}"


def test_the_table_of_options_is_that_of_grade() -> None:
    listed = {cell.split()[0] for cell in names(README, "## Grade your own")}
    assert listed == options_of(subcommands()["grade"])
    devices = next(a.choices for a in subcommands()["grade"]._actions if a.dest == "device")
    assert devices is not None and "\\|".join(devices) in text(README)


def test_the_tables_of_ci_are_those_of_the_code() -> None:
    assert set(names(CI, "## What it writes")) == set(FORMATS)
    option_table = text(CI).partition("| option | meaning |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(--[\w-]+)", option_table, re.MULTILINE)) == options_of(subcommands()["ci"])
    for name in (SECRET, *COMMITS):
        assert f"`{name}`" in text(CI)


def test_the_table_of_options_is_that_of_batch() -> None:
    listed = {cell.split()[0].partition("[")[0] for cell in names(COURSE, "## Options")}
    assert listed == options_of(subcommands()["batch"])


def test_the_shapes_and_gradebooks_are_those_of_the_code() -> None:
    from grader.batch.gradebooks import FORMATS
    from grader.batch.shapes import SHAPES

    assert names(COURSE, "## How submissions come in") == list(SHAPES)
    assert {name.partition("=")[0] for name in names(COURSE, "## Gradebooks")} == set(FORMATS)


def test_every_field_of_class_json_is_documented(command: Command, tmp_path: Path) -> None:
    batch_class(command, tmp_path)
    form = json.loads((tmp_path / "results" / "class.json").read_text("utf-8"))
    assert names(COURSE, "## class.json") == list(form)
    assert set(names(COURSE, "### `rows[]`")) == set(form["rows"][0])
    kinds = {row[0].strip("`"): row[1] for row in rows(COURSE, "## class.json") + rows(COURSE, "### `rows[]`")}
    for name, value in [*form.items(), *(item for row in form["rows"] for item in row.items())]:
        kind = kinds[name]
        assert (kind.endswith(" or null") and value is None) or fits(value, kind.removesuffix(" or null")), name


def test_the_plugins_options_are_documented() -> None:
    for option in re.findall(r'addoption\(\s*"(--[\w-]+)"', (ROOT / "grader" / "plugin.py").read_text("utf-8")):
        assert f"`{option} " in text(README) or f"pytest {option}=" in text(README), option


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_the_pages_exists(page: Path) -> None:
    targets = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[0].split()
    for code in code_in(page):
        words = code.partition("#")[0].split()
        for position, word in enumerate(words):
            after = words[position + 1 :]
            if word == "convgrade" and after and not after[0].startswith("-"):
                assert after[0] in subcommands(), code
                known = options_of(subcommands()[after[0]])
                assert {option.partition("=")[0] for option in after if option.startswith("--")} <= known, code
            elif word.startswith("scripts/"):
                file = ROOT / word
                assert file.is_file() and os.access(file, os.X_OK), code
            elif word == "make" and after:
                assert after[0] in targets, code
            elif word.startswith("tests/") and word.endswith(".py"):
                assert (ROOT / word).is_file(), code


def test_every_script_is_in_contributing_and_is_a_target() -> None:
    scripts = {file.name for file in (ROOT / "scripts").iterdir()}
    assert {name.removeprefix("scripts/") for name in names(CONTRIBUTING, "## Set-up")} == scripts
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert set(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[0].split()) == scripts - {"setup"}


def test_the_options_of_the_scripts_in_contributing_exist() -> None:
    for row in rows(CONTRIBUTING, "## Set-up"):
        name = row[0].strip("`").removeprefix("scripts/")
        sources = [(ROOT / "scripts" / name).read_text("utf-8")]
        sources += [(ROOT / file).read_text("utf-8") for file in re.findall(r"tests/\w+\.py", sources[0])]
        for option in re.findall(r"--[\w-]+", row[1]):
            assert any(option in source for source in sources), f"scripts/{name} {option}"


def test_exit_codes() -> None:
    heading = text(README).partition("| exit code |")[2]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", heading, re.MULTILINE)]
    assert codes == [cli.OK, cli.BELOW, cli.USAGE, cli.FAULT, cli.INTERRUPTED]


# -- facts ------------------------------------------------------------------------------------------------------------


def test_the_limits_are_those_of_the_code() -> None:
    units = {"s": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
    documented = {}
    for name, default, *_ in rows(HOW, "## Limits"):
        number, _, unit = default.partition(" ")
        documented[name.strip("`")] = float(number) * units[unit] if unit else float(number)
    assert documented == {field.name: getattr(Limits(), field.name) for field in dataclasses.fields(Limits)}


def test_the_outcomes_are_those_of_the_code() -> None:
    assert set(names(HOW, "## Outcomes")) == set(Outcome)
    cell = next(row[2] for row in rows(FIELDS, "## `topics[].checks[]`") if row[0] == "`outcome`")
    assert set(re.findall(r"`(\w+)`", cell)) == set(Outcome)


def test_every_entry_of_course_toml_is_documented() -> None:
    documented = set(names(HOW, "## course.toml"))
    source = (ROOT / "grader" / "course.py").read_text("utf-8")
    for entry in documented:
        assert f'"{entry.rpartition(".")[2]}"' in source, f"{entry} is not an entry"
    for key in set(re.findall(r'(?:entry|course)\.(?:text|take|child|children|fraction|moment)\("(\w+)"', source)):
        assert any(key in entry.split(".") for entry in documented), f"{key} is not documented"


def test_the_protections_are_documented() -> None:
    if sys.platform != "linux":
        pytest.skip("the full sandbox is for Linux")
    findings = examine()
    assert {finding.protection for finding in findings} == set(names(SANDBOX, "## What keeps the machine safe"))
    compare(SANDBOX, "doctor", shown("convgrade doctor", doctor_table(findings)), lambda block: protections_in(block))


def doctor_table(findings: list[Finding]) -> str:
    """What `convgrade doctor` prints, 120 columns wide, without the names of temporary folders."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile("w+", encoding="utf-8") as stream:
        patch.setenv("COLUMNS", "120")
        patch.setattr(sys, "stdout", stream)
        print_findings(findings)
        stream.seek(0)
        lines = [line.rstrip() for line in stream.read().splitlines()]
    return re.sub(r"convgrade-doctor-\w+", "convgrade-doctor-...", "\n".join(lines))


def protections_in(block: str) -> list[str]:
    """The protections that a doctor's table lists."""
    return re.findall(r"^[✓✗]  (\w+(?: \w+)*)  ", block, re.MULTILINE)


def test_the_kinds_of_hostile_submissions_are_documented() -> None:
    files = list((ROOT / "tests" / "hostile").glob("*.py"))
    documented = {name.removesuffix("_*") for name in names(SANDBOX, "## How it is proven")}
    assert documented == {file.name.partition("_")[0] for file in files}
    assert len(files) > 100, "README says how many there are"


# -- the report's fields ----------------------------------------------------------------------------------------------

MAPS = ("isolation.protections", "versions")
KINDS: dict[str, tuple[type, ...]] = {
    "integer": (int,), "number": (int, float), "string": (str,), "boolean": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip


def documented_fields() -> dict[str, tuple[str, str]]:
    """Type and "null when" of every field, by its path, such as topics[].checks[].failure.index."""
    found = {}
    for heading in re.findall(r"^## .+$", text(FIELDS), re.MULTILINE):
        prefix = "" if heading == "## The report" else heading[4:].rstrip("`") + "."
        for name, kind, _, null in rows(FIELDS, heading):
            found[prefix + name.strip("`")] = kind, null
    return found


def fields_in(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every field of a report with its value, by path."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            yield here, item
            yield from fields_in(item, here)
    elif isinstance(value, list):
        for item in value:
            yield from fields_in(item, f"{path}[]")


def fits(value: Any, kind: str) -> bool:
    """Whether a value is of a documented type: "number, string or boolean", "array of strings"."""
    if kind.startswith("array of "):
        return isinstance(value, list) and all(fits(item, kind[9:].rstrip("s")) for item in value)
    allowed = [KINDS[word] for word in re.split(r", | or ", kind)]
    if isinstance(value, bool):
        return (bool,) in allowed
    return any(isinstance(value, types) for types in allowed)


@pytest.fixture(scope="module")
def golden() -> list[tuple[str, Any]]:
    """Every field of every golden report."""
    reports = [json.loads(file.read_text("utf-8")) for file in sorted((ROOT / "tests" / "golden").glob("*.json"))]
    assert reports
    return [field for report in reports for field in fields_in(report)]


def test_every_field_is_documented_and_every_documented_field_occurs(golden: list[tuple[str, Any]]) -> None:
    documented = {path for path in documented_fields() if not path.startswith(MAPS) or path in MAPS}
    assert documented == {path for path, _ in golden if not path.startswith(MAPS) or path in MAPS}
    assert {path for path, _ in golden} <= set(documented_fields())


def test_every_field_is_of_its_type_and_null_only_where_it_may_be(golden: list[tuple[str, Any]]) -> None:
    documented = documented_fields()
    for path, value in golden:
        kind, null = documented[path]
        assert (null != "never") if value is None else fits(value, kind), f"{path}: {value!r} is no {kind}"
    optional = {path for path, (_, null) in documented.items() if null != "never"}
    assert optional == {path for path, value in golden if value is None}


def test_the_protections_and_versions_of_a_report_are_documented(course: Course, tmp_path: Path) -> None:
    report = grade(course.root / "solutions", course=course)
    fields = documented_fields()
    assert {f"versions.{name}" for name in report.versions} <= set(fields)
    assert {f"isolation.protections.{name}" for name in report.isolation.protections} == {
        path for path in fields if path.startswith("isolation.protections.")
    }


# -- links and code ---------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", text(page), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(page)):
        file, _, anchor = target.partition("#")
        there = (page.parent / file).resolve() if file else page
        assert there.is_relative_to(ROOT) and there.is_file(), target
        assert not anchor or anchor in anchors(there), target


def test_every_page_can_be_found_from_the_readme() -> None:
    found, pending = {README}, [README]
    while pending:
        page = pending.pop()
        linked = {(page.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+\.md)", text(page))}
        pending += linked - found
        found |= linked
    assert set(PAGES) <= found


def runnable() -> list[Any]:
    """The Python blocks that stand below `<!-- run -->`."""
    return [
        pytest.param(code, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, code in enumerate(re.findall(r"<!-- run -->\n```python\n(.*?)```", text(page), re.DOTALL))
    ]


@pytest.mark.parametrize("code", runnable())
def test_python_in_the_pages_runs(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(code, "page", "exec"), {"__name__": "page"})


def test_the_exercise_in_30_lines(command: Command, tmp_path: Path) -> None:
    command(tmp_path, "new-course", "mycourse")
    before = {file: file.read_text("utf-8") for file in (tmp_path / "mycourse").rglob("*") if file.is_file()}
    write_files(THIRTY, tmp_path)
    added = 0
    for file in (
        path for path in (tmp_path / "mycourse").rglob("*") if path.is_file() and path.suffix in (".py", ".toml")
    ):
        lines = file.read_text("utf-8").removeprefix(before.get(file, "")).splitlines()
        added += sum(bool(line.strip()) for line in lines)
    assert added <= 45 and "30 lines" in text(THIRTY)
    course = load_course(tmp_path / "mycourse")
    assert lost(grade(tmp_path / "mycourse" / "solutions", course=course)) == {}
    assert lost(grade(tmp_path / "mine", ["softplus"], course=course)) == {"softplus/values": ["overflows"]}
    assert "softplus.ipynb" in command(tmp_path, "release", "--course", "mycourse", "--out", "students")


# -- the exercise, to the letter --------------------------------------------------------------------------------------


@pytest.fixture
def exercise(tmp_path: Path) -> Path:
    """The page's course, with everything that the page adds to it."""
    write_files(EXERCISE, tmp_path)
    return tmp_path


def lost(report: Report) -> dict[str, list[str]]:
    """The checks that were not passed, each with the misconceptions that are named."""
    checks = [check for topic in report.topics for check in topic.checks if check.outcome is not Outcome.PASSED]
    return {check.name: [misconception.slug for misconception in check.misconceptions] for check in checks}


def test_the_exercises_stubs_are_made_and_earn_nothing(exercise: Path, command: Command) -> None:
    written = command(exercise, "release", "--course", ".").split()
    assert [Path(file).name for file in written] == ["leaky_relu.ipynb", "leaky_relu.py"]
    assert "0 of 7 points" in command(exercise, "grade", "--course", ".")


def test_the_exercise_grades_right_and_wrong(exercise: Path) -> None:
    course = load_course(exercise)
    assert lost(grade(exercise / "solutions", course=course)) == {}
    assert lost(grade(exercise / "mine", course=course)) == {
        "leaky_relu_backward/worked_example": ["derivative-without-dout"],
        "leaky_relu_backward/gradient": ["derivative-without-dout"],
    }


def test_the_added_check_catches_what_no_other_does(exercise: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    before = tmp_path_factory.mktemp("before")
    write_files(EXERCISE, before, "in_place/leaky_relu.py")
    report = grade(exercise / "in_place", course=before)
    assert lost(report) == {} and report.points_possible == 6 == load_course(before).topics[0].points
    report = grade(exercise / "in_place", course=exercise)
    assert lost(report) == {"leaky_relu_forward/arguments_unchanged": ["changed-in-place"]}
    assert report.points_possible == 7 == load_course(exercise).topics[0].points


def test_both_proofs_hold_for_the_exercise(exercise: Path) -> None:
    """What `CONVGRADE_ROOT=... scripts/proof leaky_relu` runs."""
    result = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "proof.py"), "leaky_relu", "--seeds", "2"],
        env={**os.environ, "CONVGRADE_ROOT": str(exercise)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 of 5 misconceptions lose points and are named first" in result.stdout
