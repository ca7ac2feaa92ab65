"""The HTML report: says what the terminal says, is sound and accessible, and no text in it is ever markup."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hostile_text import HOSTILE, filled
from test_golden import made_up, text_of

from grader.report.heatmap import heat_maps, layout, numbers
from grader.report.html import POLICY, style_sheet, to_html
from grader.results import Arrays, Outcome, Report

VOID = {"meta", "link", "img", "br", "hr", "input"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """A parsed page: elements in order, attributes, text; wrongly nested elements are an error."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.words.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes nothing"
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    @property
    def tags(self) -> list[str]:
        """The elements' names in order."""
        return [tag for tag, _ in self.elements]

    @property
    def text(self) -> str:
        """All text, blanks collapsed."""
        return " ".join("".join(self.words).split())


def with_array_failure() -> Report:
    """A report whose only failure has arrays with images and channels."""
    report = made_up()
    check = next(check for check in report.topics[0].checks if check.failure is not None and check.failure.arrays)
    assert check.failure is not None
    count = 2 * 3 * 2 * 2
    arrays = Arrays((2, 3, 2, 2), tuple(map(float, range(count))), (float("nan"),) * count, (True,) * count)
    check = dataclasses.replace(check, failure=dataclasses.replace(check.failure, arrays=arrays))
    return dataclasses.replace(report, topics=(dataclasses.replace(report.topics[0], checks=(check,)),))


def test_everything_that_the_terminal_says_is_on_the_page() -> None:
    report = made_up()
    page = _bare(Page(to_html(report)).text)
    for line in text_of(report).splitlines():
        for part in re.split(r"([\d.]+/[\d.]+) |[✓✗!]|^- |\s{2,}|…|─+|\[\.\.\..*", line.strip()):
            assert _bare(part or "") in page, line


def _bare(text: str) -> str:
    """Without what only lays text out, and the colons that the terminal spaces out for a CI log."""
    return " ".join(text.replace(":", " ").lower().split())


def test_a_fault_of_ours_shows_no_score() -> None:
    report = made_up()
    ours = dataclasses.replace(report.topics[0].checks[1], outcome=Outcome.INTERNAL_ERROR, name="forward/ours")
    topic = dataclasses.replace(report.topics[0], checks=(ours, report.topics[0].checks[0]))
    page = Page(to_html(dataclasses.replace(report, topics=(topic,)))).text
    assert "No score" in page and "forward/ours" in page and "not judged" in page
    assert "Total" not in page and "%" not in page.replace("50% of the entries", "")


@pytest.mark.parametrize("report", [made_up(), with_array_failure()], ids=["made up", "arrays"])
def test_the_page_is_sound_and_accessible(report: Report) -> None:
    page = Page(to_html(report))
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))
    assert [page.tags.count(landmark) for landmark in ("header", "main", "footer")] == [1, 1, 1]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.elements:
        assert tag != "svg" or attributes.get("role") == "img" or attributes.get("aria-hidden") == "true"
        for name in ("href", "aria-labelledby"):
            target = attributes.get(name)
            assert target is None or target.lstrip("#") in ids
        assert not any(name.startswith("on") or name in ("src", "style", "tabindex") for name in attributes)
    assert ("html", {"lang": "en"}) in page.elements
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}) in page.elements


def test_nothing_comes_from_outside() -> None:
    page = Page(to_html(made_up()))
    assert not {"script", "link", "img", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert all(str(a["href"]).startswith("#") for _, a in page.elements if "href" in a)
    assert "url(" not in style_sheet() and "@import" not in style_sheet() and "<" not in style_sheet()
    assert POLICY.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text_in_every_field(name: str) -> None:
    report = made_up()
    text = to_html(filled(report, HOSTILE[name] or " "))
    usual = Page(to_html(filled(report, "usual" * (len(HOSTILE[name]) // 5) if len(HOSTILE[name]) > 9999 else "usual")))
    page = Page(text)
    assert page.tags == usual.tags
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", text)
    text.encode("utf-8")
    for (_, attributes), (_, others) in zip(page.elements, usual.elements, strict=True):
        assert attributes.keys() == others.keys()


def test_an_empty_report_is_a_page() -> None:
    assert "0 of 0 points" in Page(to_html(dataclasses.replace(made_up(), topics=()))).text


# -- colours ----------------------------------------------------------------------------------------------------------


def schemes() -> dict[str, dict[str, str]]:
    """The colours of the light, dark and printed page."""
    blocks = re.findall(r":root \{(.*?)\}", style_sheet(), re.DOTALL)
    return {
        name: dict(re.findall(r"--(\w+): #(\w{6})", block))
        for name, block in zip(("light", "dark", "print"), blocks, strict=True)
    }


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG 2 defines."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_contrast_is_at_least_aa(scheme: str) -> None:
    colours = schemes()[scheme]
    for name in ("text", "quiet", "passed", "failed", "ours", "link"):
        for ground in ("page", "raised"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


def test_numbers_on_a_heat_map_have_contrast() -> None:
    values = tuple(float(value) for value in range(-30, 31))
    drawn = heat_maps(Arrays((len(values),), values, values, (False,) * len(values)))
    pairs = re.findall(r'fill="#(\w{6})"[^>]*/><text[^>]*fill="#(\w{3})"', drawn)
    assert len(pairs) == 3 * len(values)
    assert all(contrast(ground, "".join(2 * c for c in ink)) >= 4.5 for ground, ink in pairs)


# -- heat maps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "laid_out"),
    [
        ((5,), (1, 1, 1, 5)),
        ((2, 3), (1, 1, 2, 3)),
        ((4, 2, 3), (1, 4, 2, 3)),
        ((5, 4, 2, 3), (5, 4, 2, 3)),
        ((2, 5, 4, 2, 3), (10, 4, 2, 3)),
    ],
)
def test_layout(shape: tuple[int, ...], laid_out: tuple[int, ...]) -> None:
    assert layout(shape) == laid_out


def test_every_entry_has_its_place_and_wrong_ones_a_frame() -> None:
    got = (0.0, 1.0, 2.0, 3.0, 4.0, 9.0, 6.0, 7.0)
    arrays = Arrays((2, 1, 2, 2), tuple(map(float, range(8))), got, tuple(v == 9 for v in got))
    drawn = Page(heat_maps(arrays))
    cells = [attributes for tag, attributes in drawn.elements if tag == "rect"]
    assert len(cells) == 24 and len({(c["x"], c["y"]) for c in cells[:8]}) == 8
    assert [c["stroke-width"] for c in cells[:8]] == ["0.5"] * 8
    assert [position % 8 for position, c in enumerate(cells) if c["stroke-width"] == "2.5"] == [5, 5]
    assert "9" in drawn.text and "(2, 1, 2, 2)" in drawn.text


def test_numbers_that_are_none_are_written_out() -> None:
    arrays = Arrays((3,), (1.0, 2.0, 3.0), (float("nan"), float("inf"), 3.0), (True, True, False))
    assert "nan" in Page(heat_maps(arrays)).text and "inf" in Page(heat_maps(arrays)).text
    assert numbers(arrays).splitlines() == ["wanted:", "  1  2  3", "got:", "  nan* inf*   3"]


def test_arrays_too_large_to_look_at_are_numbers_only() -> None:
    wide = Arrays((65,), (1.0,) * 65, (2.0,) * 65, (True,) * 65)
    assert heat_maps(dataclasses.replace(wide, shape=(65, 1, 1))) == ""
    assert heat_maps(dataclasses.replace(wide, shape=(65, 1))) == ""
    assert heat_maps(wide) == "" and numbers(wide).count("2*") == 65


def test_the_legend_says_where_the_axes_run() -> None:
    two = Arrays((1, 1, 1, 2), (0.0, 1.0), (-0.0, 2.0), (False, True))
    assert "axis" not in heat_maps(two) and "-0" not in Page(heat_maps(two)).text
    assert "axis 1 runs to the right, axis 0 downwards" in heat_maps(Arrays((2, 1, 1, 1), *two_entries(two)))
    assert "axis 0 runs to the right." in heat_maps(Arrays((2, 1, 1), *two_entries(two)))


def two_entries(arrays: Arrays) -> tuple[tuple[float, ...], tuple[float, ...], tuple[bool, ...]]:
    """The entries without their shape."""
    return arrays.wanted, arrays.got, arrays.wrong


def test_all_zeros_have_a_colour() -> None:
    assert "#f7f7f7" in heat_maps(Arrays((2,), (0.0, 0.0), (0.0, 0.0), (False, False)))


def test_leading_indices_stand_above_each_map() -> None:
    arrays = Arrays((2, 1, 1, 2), (1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 5.0), (False, False, False, True))
    assert numbers(arrays).splitlines()[:5] == ["wanted:", "  [0, 0]", "  1  2", "  [1, 0]", "  3  4"]


# -- a real browser ---------------------------------------------------------------------------------------------------


def chromium(page: Path, *flags: str) -> str:
    """Run the browser on a page; gives what it prints."""
    assert CHROMIUM is not None
    quiet = [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
        "--disable-background-networking", "--disable-component-update", f"--user-data-dir={page.parent / 'profile'}",
    ]  # fmt: skip
    done = subprocess.run([CHROMIUM, *quiet, *flags, page.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_sees_the_elements_that_were_written_and_no_more(tmp_path: Path) -> None:
    everything = " ".join(text for text in HOSTILE.values() if len(text) < 9999)
    written = to_html(filled(with_array_failure(), everything))
    page = tmp_path / "page.html"
    page.write_text(written, "utf-8")
    seen = re.findall(r"<([a-z][a-z0-9]*)[ >/]", chromium(page, "--dump-dom"))
    assert [tag for tag in seen if tag != "tbody"] == [tag for tag in Page(written).tags if tag != "tbody"]


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_phone_needs_no_sideways_scrolling_and_a_printer_gets_pages(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(to_html(filled(with_array_failure(), "w" * 300)), "utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        '<iframe id="f" src="page.html" width="360" height="700"></iframe><p id="width"></p><script>onload = () => {'
        'document.getElementById("width").textContent ='
        ' "wide " + document.getElementById("f").contentDocument.documentElement.scrollWidth }</script>'
    )
    width = re.search(r"wide (\d+)", chromium(frame, "--dump-dom", "--allow-file-access-from-files"))
    assert width is not None and int(width[1]) <= 360
    chromium(page, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF-")


def test_checks_of_equal_names_in_two_topics_keep_their_links() -> None:
    report = made_up()
    page = Page(to_html(dataclasses.replace(report, topics=(report.topics[0], report.topics[0]))))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
