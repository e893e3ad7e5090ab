"""Rows: how the height of the screen is shared out among the places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rows:
    """Each place is (first row, how many); a row that was dropped has none."""

    client: tuple[int, int]
    above: tuple[int, int]  # the names of the hops down to the open one, where a stack has several
    queue: tuple[int, int]
    lanes: tuple[int, int]
    outside: tuple[int, int]
    below: tuple[int, int]  # the names of the hops behind it
    why: tuple[int, int]
    latency: tuple[int, int]  # without its own headline, which stands above
    figures: tuple[int, int]
    detail: tuple[int, int]  # the followed request, where there is room
    narration: tuple[int, int]
    blank: tuple[int, int]
    load: tuple[int, int]
    queues: tuple[int, int]  # of each side
    ruler: tuple[int, int]
    keys: tuple[int, int]


def rows_of(height: int, queue: int, lanes: int, outside: int, above: int = 0, below: int = 0) -> Rows:
    """Share out the rows of a screen: what queue, lanes and outside could use, what names of hops take."""
    return _placed(_sizes(height - above - below, queue, lanes, outside) | {"above": above, "below": below})


def _placed(sizes: dict[str, int]) -> Rows:
    """Put the places one below the other, under title and names; latency has a headline of its own."""
    places, row = [], 2
    for name in Rows.__dataclass_fields__:
        row += name == "latency"
        places.append((row, sizes[name]))
        row += sizes[name]
    return Rows(*places)


def _sizes(height: int, queue: int, lanes: int, outside: int) -> dict[str, int]:
    """Give each place its rows; first the smallest that tells the story, then what it could use."""
    big = height >= 45
    sizes = dict.fromkeys(Rows.__dataclass_fields__, 1) | {"above": 0, "below": 0}
    sizes |= {"lanes": 3, "outside": 2, "latency": 3, "figures": 2, "narration": 2, "queues": 2, "detail": 0}
    if height < 24:
        return _small(sizes, height)
    if height >= 30:
        sizes |= {"blank": 0, "lanes": min(lanes, 3), "outside": 3, "latency": 5}
    if height >= 36:
        sizes |= {"figures": 3}
    if big:
        sizes |= {"narration": 3, "load": 2, "queues": 4, "latency": 12}
    wants = [("queue", queue), ("lanes", min(lanes, 16)), ("outside", outside), ("latency", 7)]
    if big:
        wants = [("queue", max(queue, 4)), ("lanes", min(lanes, 16)), ("outside", 4), ("detail", 8)]
    wants += [("lanes", 3), ("outside", 4), ("latency", 12), ("detail", 6), ("queue", 3), ("latency", 20)]
    free = height - 3 - sum(sizes.values())
    for name, most in wants:
        more = min(max(0, most - sizes[name]), free)
        sizes[name] += more
        free -= more
    sizes["latency"] += free
    return sizes


def speaker_rows(height: int, lanes: int) -> Rows:
    """Share out the rows of the speaker view: three or four a lane, the rest for the latency strip."""
    sizes = dict.fromkeys(Rows.__dataclass_fields__, 0) | {
        "queue": 3,
        "outside": 3,
        "why": 1,
        "figures": 1,
        "keys": 1,
    }
    pitch = 4 if 4 * lanes <= height - 14 else 3
    sizes["lanes"] = pitch * max(1, min(lanes, (height - 14) // pitch))
    sizes["latency"] = max(1, height - 3 - sum(sizes.values()))
    return _placed(sizes)


_DROPS = ("blank", "load", "narration", "outside", "latency", "keys", "lanes", "figures")


def _small(sizes: dict[str, int], height: int) -> dict[str, int]:
    """Drop what matters least until the rest fits."""
    for name in _DROPS:
        if 3 + sum(sizes.values()) <= height:
            break
        sizes[name] -= 1
    sizes["latency"] += max(0, height - 3 - sum(sizes.values()))
    return sizes
