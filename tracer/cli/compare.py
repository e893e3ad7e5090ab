"""`tracer compare A B`: two recordings hop by hop, and whether the difference is more than noise."""

from __future__ import annotations

import argparse
import operator
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format, flat, write_csv, write_json, write_lines
from tracer.cli.inputs import opened, title
from tracer.cli.keylog import add_keylog
from tracer.cli.streams import tell

if TYPE_CHECKING:
    from tracer.analysis.compare import Difference
    from tracer.recording import Recording

_SIDE = "a .trace, or a directory of them: replications of one configuration"
_FIELDS = ("hop", "metric", "a", "b", "ratio", "interval.lo", "interval.hi", "verdict")


class Limit(NamedTuple):
    """`gunicorn.p99 > 1.1`: a ratio that is too much."""

    written: str
    hop: str | None
    metric: str
    sign: str
    ratio: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_keylog(parser)
    parser.add_argument("a", metavar="A", help=_SIDE)
    parser.add_argument("b", metavar="B", help="the same; ratios are B / A")
    parser.add_argument(
        "--fail-over",
        action="append",
        default=[],
        type=_limit,
        metavar="LIMIT",
        help='exit with 1 if B / A is beyond it and that is more than noise: "p99 > 1.1", '
        '"gunicorn.utilisation > 1.2", "throughput < 0.9" (may be given again)',
    )
    parser.add_argument(
        "--confidence", type=_confidence, default=0.95, metavar="P", help="of the intervals (0.95)"
    )
    add_format(parser)


def _confidence(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0.5 <= share < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no confidence; give a number from 0.5 to below 1")
    return share


def _limit(text: str) -> Limit:
    from tracer.analysis.compare_figures import METRICS

    match = re.fullmatch(r"\s*(?:(.+)\.)?([a-z0-9]+)\s*([<>])\s*(\d+(?:\.\d*)?|\.\d+)\s*", text)
    if match is None:
        form = "write METRIC > RATIO or HOP.METRIC > RATIO, such as p99 > 1.1"
        raise argparse.ArgumentTypeError(f"{text!r} is no limit; {form}")
    if match[2] not in METRICS:
        raise argparse.ArgumentTypeError(f"there is no metric {match[2]!r}; there is {', '.join(METRICS)}")
    return Limit(text.strip(), match[1], match[2], match[3], float(match[4]))


def run(arguments: argparse.Namespace) -> int:
    """Compare, print, and say by the exit code whether a limit is broken."""
    from tracer.analysis.compare import compare

    (name_a, a), (name_b, b) = _side(arguments.a), _side(arguments.b)
    found = compare(a, b, arguments.confidence)
    broken = [limit for limit in arguments.fail_over if _is_broken(limit, found)]
    if arguments.format == "text":
        from tracer.cli.compare_text import write

        write((name_a, name_b), found, arguments.confidence)
    else:
        _write(arguments.format, [_record(one) for one in found])
    for limit in broken:
        tell(f"{limit.written}: broken")
    return 1 if broken else 0


def _side(name: str) -> tuple[str, list[Recording]]:
    """Open a recording, or all in a directory; give what to call it."""
    path = Path(name)
    if not path.is_dir() or path.name.endswith(".part"):
        recording = opened(name)
        return title(recording, name), [recording]
    files = sorted(path.glob("*.trace"))
    if not files:
        raise CliError(f"{name}: there is no .trace in this directory; give {_SIDE}")
    return path.name, [opened(str(file)) for file in files]


def _is_broken(limit: Limit, found: list[Difference]) -> bool:
    row = next((one for one in found if (one.hop, one.metric) == (limit.hop, limit.metric)), None)
    if row is None:
        hops = ", ".join(dict.fromkeys(one.hop for one in found if one.hop)) or "none"
        raise CliError(f"--fail-over {limit.written}: neither side has that figure; their hops are {hops}")
    if row.verdict != ("higher" if limit.sign == ">" else "lower"):
        return False
    beyond = operator.gt if limit.sign == ">" else operator.lt
    return row.ratio is None or beyond(row.ratio, limit.ratio)


def _record(one: Difference) -> dict[str, Any]:
    interval = None if one.interval is None else list(one.interval)
    return {
        "hop": one.hop,
        "metric": one.metric,
        "a": one.a,
        "b": one.b,
        "ratio": one.ratio,
        "interval": interval,
        "verdict": one.verdict,
    }


def _write(form: str, records: list[dict[str, Any]]) -> None:
    if form == "json":
        write_json({"metrics": records})
    elif form == "jsonl":
        write_lines(records)
    else:
        write_csv(_FIELDS, [_flat(record) for record in records])


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    low, high = record["interval"] or (None, None)
    return dict(flat({**record, "interval": {"lo": low, "hi": high}}))
