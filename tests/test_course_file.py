"""Reading course.toml: every mistake is named with file and entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.course import Course, find_course, load_course
from grader.errors import CourseError


def test_what_a_course_file_says(course: Course) -> None:
    topic = course.topic("area")
    assert (course.name, course.title, course.version) == ("tiny", "Tiny course", "1.0")
    assert topic.limits.call_seconds == 2 and topic.limits.load_seconds == 10
    assert topic.functions["area"].returns == ("size",) and topic.functions["area"].kept == ()
    assert topic.functions["scale_forward"].returns == ("out", "cache")
    assert topic.functions["scale_forward"].kept == ((1,),)
    assert topic.checks.name == "test_area.py"


def test_nested_results_and_their_opaque_parts(course: Course) -> None:
    toml = course.root / "reference" / "course.toml"
    toml.write_text(toml.read_text().replace('["out", "cache"]', '["out", ["mean", "cache"], "count"]'))
    function = load_course(course.root).topic("area").functions["scale_forward"]
    assert function.returns == ("out", ("mean", "cache"), "count")
    assert function.kept == ((1, 1),)


def test_the_course_of_this_checkout_is_found_by_default() -> None:
    assert find_course() == Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Tiny course"\n', "", r"course\.title: is missing"),
        ("points = 7", 'points = "seven"', r"topic\[0\]\.points: 'seven' is not a number"),
        ("points = 7", "points = true", r"topic\[0\]\.points: True is not a whole number"),
        ('needs = "numpy"', 'needs = "jax"', r"needs: 'jax' is none of numpy"),
        ('source = "Euclid, Elements"', 'sauce = "tomato"\nsource = ""', r"topic\[0\]\.sauce: is not an entry"),
        ("call_seconds = 2", "call_seconds = 0", r"limits\.call_seconds: 0 is not positive"),
        ("call_seconds = 2", "call_minutes = 2", r"limits\.call_minutes: is not an entry"),
        ('name = "area"', 'name = "volume"', r"there is no .*test_volume\.py"),
        ('opaque = ["cache"]', 'opaque = ["cache", "cash"]', r"topic\[0\]\.opaque: no function returns 'cash'"),
        ('area = "size"', "area = [1]", r"functions\.area: \[1\] is not a list of names"),
        ("[course]", "[course", r"course\.toml: .*line 2"),
    ],
)
def test_a_mistake_is_named(course: Course, old: str, new: str, message: str) -> None:
    toml = course.root / "reference" / "course.toml"
    assert old in toml.read_text()
    toml.write_text(toml.read_text().replace(old, new))
    with pytest.raises(CourseError, match=message) as raised:
        load_course(course.root)
    assert str(toml) in str(raised.value)


@pytest.mark.parametrize("name", ["oracle.py", "misconceptions.py"])
def test_a_file_of_a_topic_that_is_missing_is_named(course: Course, name: str) -> None:
    (course.topics[0].folder / name).unlink()
    with pytest.raises(CourseError, match=f"there is no .*{name}"):
        load_course(course.root)


def test_a_topic_twice_and_no_course_at_all(course: Course, tmp_path: Path) -> None:
    toml = course.root / "reference" / "course.toml"
    text = toml.read_text()
    toml.write_text(text + text[text.index("[[topic]]") :])
    with pytest.raises(CourseError, match="topic 'area' stands there twice"):
        load_course(course.root)
    with pytest.raises(CourseError, match="no course here"):
        load_course(tmp_path / "nowhere")
