"""Big text: digits of three by three cells, of braille dots, which are one column wide everywhere."""

from __future__ import annotations

from tui.player import braille

_PIXELS = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# .## ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# .#. .#.",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
}
"""Three by five, a row a word; each is drawn two dots wide and two high."""

HIGH, WIDE = 3, 3
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # row, column of braille's dots


def big(digits: str, dots: bool = True) -> list[str]:
    """Write digits large: three lines, a blank column between two; plain where there are no dots."""
    if not dots:
        return [" " * len(digits), digits, " " * len(digits)]
    return [" ".join(_cells(_PIXELS[digit].split(), row) for digit in digits) for row in range(HIGH)]


def _cells(pixels: list[str], row: int) -> str:
    """Give the three cells of one of the three rows of a digit; it stands one dot below the top."""
    return "".join(braille.DOTS[_bits(pixels, row, column)] for column in range(WIDE))


def _bits(pixels: list[str], row: int, column: int) -> int:
    lit = 0
    for down, both in enumerate(_BITS):
        y = (4 * row + down - 1) // 2
        if 0 <= y < len(pixels) and pixels[y][column] == "#":
            lit |= both[0] | both[1]
    return lit
