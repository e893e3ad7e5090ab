"""Themes: which colour a role of the player's grid has. Colours are entries of the 256-colour table.

Taking them from the table's cube makes true colour, 256 colours and pictures the same. Dark and light
meet AA for text, `contrast` AAA. No Textual, no Rich: a picture needs the same answers as a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tui.player.grid import BLAME, BOLD, FILLED, FOLLOW, INK, UNDERLINE, Ink

DEFAULT = -1
"""A colour: whatever the terminal's own is."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by role, as indexes of the 256-colour table; `inks` is ordered as `Ink`."""

    name: str
    ground: int
    inks: tuple[int, ...]
    faint_dims: bool = False  # FAINT has no colour of its own, so it is dimmed
    plain: bool = False  # no colours at all: NO_COLOR


DARK = Theme("dark", 233, (254, 247, 227, 43, 166, 68))
LIGHT = Theme("light", 231, (234, 59, 94, 29, 52, 20))
CONTRAST = Theme("contrast", 16, (231, 251, 226, 86, 209, 110))
SIXTEEN = Theme("sixteen", DEFAULT, (DEFAULT, DEFAULT, 3, 2, 9, 12), faint_dims=True)
PLAIN = Theme("plain", DEFAULT, (DEFAULT,) * 6, faint_dims=True, plain=True)

THEMES = {theme.name: theme for theme in (DARK, LIGHT, CONTRAST)}
"""What `--theme` chooses from; SIXTEEN and PLAIN follow from the terminal and NO_COLOR."""

_LEVELS = (0, 95, 135, 175, 215, 255)


class Look(NamedTuple):
    """How cells are drawn: colours as table indexes (DEFAULT: the terminal's), and attributes."""

    colour: int
    ground: int
    bold: bool = False
    dim: bool = False
    underline: bool = False
    reverse: bool = False


def look(theme: Theme, style: int) -> Look:
    """Tell how a style of the grid (an Ink or'ed with attributes) looks in a theme."""
    ink = Ink(style & INK)
    bold, underline = bool(style & BOLD), bool(style & UNDERLINE)
    dim = theme.faint_dims and ink is Ink.FAINT
    swapped = bool(style & (FILLED | BLAME | FOLLOW))
    if theme.plain and style & BLAME:
        return Look(DEFAULT, DEFAULT, bold=True, underline=True, reverse=bool(style & (FILLED | FOLLOW)))
    if style & (BLAME | FOLLOW):
        ink, bold, dim = Ink.TEXT, bold or bool(style & BLAME), False
    colour, ground = theme.inks[ink], theme.ground
    if swapped and ground == DEFAULT:  # only the terminal knows what to swap with
        return Look(colour, DEFAULT, bold, dim, underline, reverse=True)
    return (
        Look(ground, colour, bold, dim, underline) if swapped else Look(colour, ground, bold, dim, underline)
    )


def hexadecimal(index: int) -> str:
    """Give `#RRGGBB` of an entry of the 256-colour table, from 16 on."""
    if index >= 232:
        return "#" + f"{8 + 10 * (index - 232):02X}" * 3
    red, rest = divmod(index - 16, 36)
    green, blue = divmod(rest, 6)
    return "#" + "".join(f"{_LEVELS[part]:02X}" for part in (red, green, blue))


def fitting(name: str, colours: str | None, *, no_color: bool) -> Theme:
    """Choose the theme: as asked (dark, light, contrast), or less where the terminal can do less.

    `colours` is Rich's name of what the terminal can: None, "standard", "256", "truecolor".
    """
    if no_color or colours is None:
        return PLAIN
    return SIXTEEN if colours in ("standard", "windows") else THEMES[name]
