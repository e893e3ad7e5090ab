"""From the grid to the terminal's styles: widths, themes, NO_COLOR, 16 colours."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from small_scene import frame, show

from tui.player.grid import BLAME, BOLD, FILLED, FOLLOW, UNDERLINE, Ink, Span
from tui.themes import CONTRAST, DARK, LIGHT, PLAIN, SIXTEEN, THEMES, fitting, hexadecimal
from tui.widgets.canvas import changed_rows
from tui.widgets.paint import rich_style, strip

# The table of the design: text, faint, queue, run, block, wait, ground.
HEXES = {
    "dark": "#E4E4E4 #9E9E9E #FFFF5F #00D7AF #D75F00 #5F87D7 #121212",
    "light": "#1C1C1C #5F5F5F #875F00 #00875F #5F0000 #0000D7 #FFFFFF",
    "contrast": "#FFFFFF #C6C6C6 #FFFF00 #5FFFD7 #FF875F #87AFD7 #000000",
}
SIDES = [0, FILLED, BOLD, BLAME, FOLLOW, UNDERLINE, FILLED | BLAME, BLAME | FOLLOW]
STYLES = [ink | extra for ink in Ink for extra in SIDES]


@pytest.mark.parametrize("name", THEMES)
def test_colours_are_those_of_the_design(name):
    theme = THEMES[name]
    assert [hexadecimal(index) for index in (*theme.inks, theme.ground)] == HEXES[name].split()


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("theme", "least"), [(DARK, 4.5), (LIGHT, 4.5), (CONTRAST, 7)])
def test_every_style_is_readable(theme, least):
    for style in STYLES:
        painted = rich_style(theme, style)
        light, dark = sorted(
            (luminance(hexadecimal(colour.number)) for colour in (painted.color, painted.bgcolor)),
            reverse=True,
        )
        assert (light + 0.05) / (dark + 0.05) >= least, style


@given(
    st.lists(st.tuples(st.text("ab #1►▐◦⣿한글", max_size=30), st.sampled_from(STYLES)), max_size=8),
    st.integers(1, 90),
)
def test_strips_are_exactly_as_wide_as_the_screen(spans, width):
    painted = strip(DARK, tuple(Span(*span) for span in spans), width)
    assert painted.cell_length == width
    assert sum(segment.cell_length for segment in painted) == width


def sequences(theme, style, **environment):
    """Give what a terminal is sent for one cell."""
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", _environ=environment)
    return strip(theme, (Span("x", style),), 1).render(console)


def test_colours_are_sent_as_short_table_entries():
    assert sequences(DARK, Ink.BLOCK) == "\x1b[38;5;166;48;5;233mx\x1b[0m"
    assert sequences(LIGHT, Ink.RUN | FILLED) == "\x1b[38;5;231;48;5;29mx\x1b[0m"


@pytest.mark.parametrize(
    ("style", "codes"),
    [
        (Ink.TEXT, ""),
        (Ink.FAINT, "2"),
        (Ink.BLOCK | BOLD, "1"),
        (Ink.RUN | FILLED, "7"),
        (Ink.TEXT | FOLLOW, "7"),
        (Ink.BLOCK | BLAME, "1;4"),
        (Ink.BLOCK | BLAME | FILLED, "1;4;7"),
    ],
)
def test_without_colour_attributes_say_it(style, codes):
    assert sequences(PLAIN, style) == (f"\x1b[{codes}mx\x1b[0m" if codes else "x")


def test_sixteen_colours_swap_by_reversing():
    assert sequences(SIXTEEN, Ink.BLOCK) == "\x1b[91;49mx\x1b[0m"
    assert sequences(SIXTEEN, Ink.RUN | FILLED) == "\x1b[7;32;49mx\x1b[0m"
    assert sequences(SIXTEEN, Ink.FAINT) == "\x1b[2;39;49mx\x1b[0m"


def test_states_that_colour_tells_differ_without_it_too():
    kinds = [Ink.RUN | FILLED, Ink.BLOCK | BOLD, Ink.WAIT, Ink.FAINT]
    assert len({sequences(PLAIN, kind) for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("colours", "no_color", "theme"),
    [
        ("truecolor", False, LIGHT),
        ("256", False, LIGHT),
        ("standard", False, SIXTEEN),
        (None, False, PLAIN),
        ("truecolor", True, PLAIN),
    ],
)
def test_the_terminal_decides_what_a_theme_can_be(colours, no_color, theme):
    assert fitting("light", colours, no_color=no_color) is theme


def test_rows_that_changed_are_found():
    before = frame(show().view, 0, (80, 24), "en")
    assert changed_rows(before, frame(show().view, 0, (80, 24), "en")) == []
    assert changed_rows(before, frame(show(side=1).view, 5, (80, 24), "en")) == [0, 1]
