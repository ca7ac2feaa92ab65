"""Small arrays as pictures: wanted, got and their difference as inline SVG, and the same as numbers.

The last two axes are one map; the axis before them runs to the right, all others downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from grader.results import Arrays

LOW, MIDDLE, HIGH = (33, 102, 172), (247, 247, 247), (179, 88, 6)  # blue and orange, told apart by every kind of eye
NO_NUMBER = (128, 128, 128)
WIDEST, HIGHEST = 64, 40  # in entries
WRITTEN_OUT = 64
Colour = tuple[int, int, int]


def heat_maps(arrays: Arrays) -> str:
    """Three maps side by side with their legend; nothing where they would be too large to look at."""
    rows, tiles, height, width = layout(arrays.shape)
    if tiles * width > WIDEST or rows * height > HIGHEST:
        return ""
    difference = [got - wanted for got, wanted in zip(arrays.got, arrays.wanted, strict=True)]
    values = _scale([*arrays.wanted, *arrays.got])
    errors = _scale(difference)
    shown = [
        _figure("wanted", arrays.wanted, values, arrays.shape, None),
        _figure("got", arrays.got, values, arrays.shape, arrays.wrong),
        _figure("got - wanted", difference, errors, arrays.shape, arrays.wrong),
    ]
    return f'<div class="maps">{"".join(shown)}</div><p class="quiet">{_legend(arrays.shape, values, errors)}</p>'


def numbers(arrays: Arrays) -> str:
    """Both arrays as plain text, wrong entries marked with a star."""
    plain = [False] * len(arrays.wanted)
    parts = []
    for name, values, wrong in (("wanted", arrays.wanted, plain), ("got", arrays.got, arrays.wrong)):
        parts += [f"{name}:", *_printed(values, wrong, arrays.shape)]
    return "\n".join(parts)


def layout(shape: Sequence[int]) -> tuple[int, int, int, int]:
    """How an array is laid out: rows of maps, maps in a row, rows of a map, entries in its row."""
    height, width = (1, *shape)[-2:]
    tiles = shape[-3] if len(shape) > 2 else 1
    return math.prod(shape[:-3]), tiles, height, width


def _figure(
    name: str, values: Sequence[float], scale: float, shape: Sequence[int], wrong: Sequence[bool] | None
) -> str:
    rows, tiles, height, width = layout(shape)
    written = len(values) <= WRITTEN_OUT
    cell_width, cell_height = (46, 26) if written else (14, 14)
    gap = 6
    total_width = tiles * (width * cell_width + gap) - gap + 4
    total_height = rows * (height * cell_height + gap) - gap + 4
    cells = []
    for position, value in enumerate(values):
        row, tile, i, j = _place(position, tiles, height, width)
        x = 2 + tile * (width * cell_width + gap) + j * cell_width
        y = 2 + row * (height * cell_height + gap) + i * cell_height
        outlined = wrong is not None and wrong[position]
        cells.append(_cell(x, y, (cell_width, cell_height), value, _colour(value, scale), outlined, written))
    finite = [value for value in values if math.isfinite(value)]
    span = f"from {min(finite):.3g} to {max(finite):.3g}" if finite else "no finite numbers"
    return (
        f'<figure><svg role="img" aria-label="{name}: heat map of {len(values)} entries, {span}"'
        f' width="{total_width}" height="{total_height}" viewBox="0 0 {total_width} {total_height}">'
        f"{''.join(cells)}</svg><figcaption>{name}</figcaption></figure>"
    )


def _cell(x: int, y: int, size: tuple[int, int], value: float, colour: Colour, outlined: bool, written: bool) -> str:
    width, height = size
    ink = "#000" if _luminance(colour) > 0.179 else "#fff"  # the one of the two with more contrast
    edge = 'stroke="#000" stroke-width="2.5"' if outlined else 'stroke="#888" stroke-width="0.5"'
    inset = 1.5 if outlined else 0
    box = (
        f'<rect x="{x + inset:g}" y="{y + inset:g}" width="{width - 2 * inset:g}" height="{height - 2 * inset:g}"'
        f' fill="#{colour[0]:02x}{colour[1]:02x}{colour[2]:02x}" {edge}'
    )
    if written:
        return f'{box}/><text x="{x + width // 2}" y="{y + height // 2 + 4}" fill="{ink}">{short(value)}</text>'
    return f"{box}><title>{short(value)}</title></rect>"


def short(value: float) -> str:
    """A number with at most seven characters or so."""
    value = value + 0.0  # no -0
    return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-") if math.isfinite(value) else str(value)


def _place(position: int, tiles: int, height: int, width: int) -> tuple[int, int, int, int]:
    rest, j = divmod(position, width)
    rest, i = divmod(rest, height)
    row, tile = divmod(rest, tiles)
    return row, tile, i, j


def _scale(values: Sequence[float]) -> float:
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0)


def _colour(value: float, scale: float) -> Colour:
    if not math.isfinite(value):
        return NO_NUMBER
    share = min(1.0, abs(value) / scale) if scale else 0.0
    end = HIGH if value > 0 else LOW
    red, green, blue = (round(m + (e - m) * share) for m, e in zip(MIDDLE, end, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    """Relative luminance as WCAG 2 defines it, from 0 to 1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _legend(shape: Sequence[int], values: float, errors: float) -> str:
    parts = [f"Shape ({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})."]
    if math.prod(shape[:-2]) > 1:
        down = f", axis {'0' if len(shape) == 4 else f'0 to {len(shape) - 4}'} downwards" if len(shape) > 3 else ""
        parts.append(f"Each map is one image of the last two axes: axis {len(shape) - 3} runs to the right{down}.")
    parts.append(f"Blue is negative, orange positive, strongest at {values:.3g}; in the difference at {errors:.3g}.")
    parts.append("Framed entries are off by more than allowed.")
    return " ".join(parts)


def _printed(values: Sequence[float], wrong: Sequence[bool], shape: Sequence[int]) -> Iterator[str]:
    """Row by row, aligned, with the leading indices above each map."""
    _, _, height, width = layout(shape)
    words = [f"{value:.8g}{'*' if off else ' '}" for value, off in zip(values, wrong, strict=True)]
    column = max(len(word) for word in words)
    for start in range(0, len(words), width):
        row = start // width
        if len(shape) > 2 and row % height == 0:
            yield f"  {list(_unravel(row // height, shape[:-2]))}"
        yield ("  " + " ".join(word.rjust(column) for word in words[start : start + width])).rstrip()


def _unravel(position: int, shape: Sequence[int]) -> tuple[int, ...]:
    index: list[int] = []
    for side in reversed(shape):
        position, place = divmod(position, side)
        index.insert(0, place)
    return tuple(index)
