"""Pictures of screens: a grid as SVG, written by hand so that the same grid is the same bytes, and as PNG.

Every character has its own x, so cells align in any font; what fonts often lack (braille, shades,
pointers) is drawn as shapes. A PNG needs the extra `png`, and fonts on the machine that have the letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path

from tui.options import Options
from tui.player.chapter import Chapter
from tui.player.grid import Grid, Line, Span
from tui.themes import DARK, THEMES, Look, Theme, hexadecimal, look
from tui.widths import width_of

CELL, LINE, SIZE, BASE = 9, 18, 15, 14
"""Width and height of a cell, size of the letters, and their base line in the cell; in pixels."""

EDGE = 9
"""Ground around the grid, in pixels."""

_FONTS = "'DejaVu Sans Mono','Noto Sans Mono','Liberation Mono','NanumGothicCoding','D2Coding',monospace"
_SHAPES = {
    "▐": f"M{CELL / 2:g} 0h{CELL / 2:g}v{LINE}h-{CELL / 2:g}z",
    "►": f"M1 4l{CELL - 2} 5l-{CELL - 2} 5z",
    "◦": "M2 9a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0m1.2 0a1.3 1.3 0 1 1 2.6 0a1.3 1.3 0 1 1 -2.6 0z",
    "¦": f"M4 2h1v{LINE // 2 - 3}h-1zM4 {LINE // 2 + 1}h1v{LINE // 2 - 3}h-1z",
    "░": "".join(
        f"M{1.5 + 3 * column:g} {1 + 3 * row + (column % 2) * 1.5:g}h1.2v1.2h-1.2z"
        for row in range(6)
        for column in range(3)
    ),
}
_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # column, row of braille's bits


class PictureError(Exception):
    """A picture cannot be made: what, and what to do, in a sentence."""


def svg(grid: Grid, theme: Theme) -> str:
    """Draw a grid in a theme of real colours (one of `THEMES`); the same grid gives the same text."""
    width, height = grid.width * CELL + 2 * EDGE, grid.height * LINE + 2 * EDGE
    rows = "".join(_row(line, row, theme) for row, line in enumerate(grid.lines))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="{_FONTS}" font-size="{SIZE}">\n'
        "<style>rect{shape-rendering:crispEdges}</style>\n"
        f'<rect width="{width}" height="{height}" fill="{hexadecimal(theme.ground)}"/>\n'
        f'<g transform="translate({EDGE} {EDGE})">\n{rows}</g></svg>\n'
    )


def png(picture: str, zoom: float = 2.0) -> bytes:
    """Turn an SVG of `svg` into a PNG. Raises PictureError where the extra is not installed."""
    if any(width_of(character) > 1 for character in set(picture)) and _letter("한") == _letter("글"):
        raise PictureError("no font on this machine has Korean letters; install one, such as fonts-nanum")
    return _drawn(picture, zoom)


def _letter(letter: str) -> bytes:
    """Draw one letter; two that the fonts do not have look the same."""
    return _drawn(svg(Grid(2, 1, ((Span(letter, 0),),)), DARK))


def _drawn(picture: str, zoom: float = 1.0) -> bytes:
    try:
        import resvg_py
    except ImportError:
        what = "a PNG needs resvg-py; install it with: pip install 'hopscope[png]'"
        raise PictureError(what) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=picture, zoom=zoom, monospace_family="DejaVu Sans Mono"))


def shoot(
    chapter: Chapter, t: int, size: tuple[int, int], theme: str, language: str, path: Path | str
) -> None:
    """Write what the Stage shows of a chapter at `t` ns, paused, into an .svg or .png, by the name's end."""
    from tui.stagecraft import stage_of

    path = Path(path)
    stage = stage_of(chapter)
    show = stage.show_at(t, Options(paused=True))
    picture = svg(stage.frame(show.view, show.t, size, language), THEMES[theme])
    if path.suffix == ".svg":
        path.write_text(picture, encoding="utf-8")
    elif path.suffix == ".png":
        path.write_bytes(png(picture))
    else:
        raise PictureError(f"{path}: a picture is an .svg or a .png; give a name that ends so")


def _row(line: Line, row: int, theme: Theme) -> str:
    """Draw the grounds of a row first, then what stands on them."""
    places, column = [], 0
    for span in line:
        places.append((column, span.text, look(theme, span.style)))
        column += width_of(span.text)
    grounds = "".join(_ground(at, text, seen, row, theme) for at, text, seen in places)
    return grounds + "".join(_span(at, text, seen, row) for at, text, seen in places)


def _ground(column: int, text: str, seen: Look, row: int, theme: Theme) -> str:
    if seen.ground == theme.ground:
        return ""
    width = width_of(text) * CELL
    fill = hexadecimal(seen.ground)
    return f'<rect x="{column * CELL}" y="{row * LINE}" width="{width}" height="{LINE}" fill="{fill}"/>\n'


def _span(column: int, text: str, seen: Look, row: int) -> str:
    """Draw the characters of a span: letters as text, the rest as shapes."""
    fill = hexadecimal(seen.colour)
    cells = list(_cells(column, text))
    drawn = "".join(
        _letters(list(group), seen, row, fill) if lettered else _shapes(list(group), row, fill)
        for lettered, group in groupby(cells, key=lambda cell: not _shape(cell[1]))
    )
    if seen.underline:
        y, width = row * LINE + LINE - 2, width_of(text) * CELL
        drawn += f'<rect x="{column * CELL}" y="{y}" width="{width}" height="1" fill="{fill}"/>\n'
    return drawn


def _cells(column: int, text: str) -> Iterator[tuple[int, str]]:
    for character in text:
        if character != " ":
            yield column, character
        column += width_of(character)


def _letters(cells: list[tuple[int, str]], seen: Look, row: int, fill: str) -> str:
    at = " ".join(str(column * CELL) for column, _ in cells)
    text = escape("".join(character for _, character in cells))
    bold = ' font-weight="bold"' if seen.bold else ""
    return f'<text x="{at}" y="{row * LINE + BASE}" fill="{fill}"{bold}>{text}</text>\n'


def _shapes(cells: list[tuple[int, str]], row: int, fill: str) -> str:
    return "".join(
        f'<path transform="translate({column * CELL} {row * LINE})" fill="{fill}" d="{_shape(character)}"/>\n'
        for column, character in cells
    )


def _shape(character: str) -> str:
    """Give the path of a character that is drawn, in its cell; "" for letters."""
    if "⠀" < character <= "⣿":
        bits = ord(character) - 0x2800
        dots = (place for bit, place in enumerate(_DOTS) if bits >> bit & 1)
        return "".join(f"M{1.2 + 4 * x:g} {1 + 4.5 * y:g}h2.6v2.6h-2.6z" for x, y in dots)
    return _SHAPES.get(character, "")
