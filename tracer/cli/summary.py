"""`tracer summary FILE…`: throughput, percentiles, utilisation and queues, outcomes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tracer.cli.formats import add_format, flat, write_csv, write_json, write_lines
from tracer.cli.inputs import add_files, opened, title
from tracer.cli.where import add_where, chosen

if TYPE_CHECKING:
    from tracer.analysis.summary import Summary

Named = list[tuple[str, "Summary"]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_files(parser)
    add_where(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the summary of each file."""
    from tracer.analysis.summary import summarise

    summaries = []
    for name in arguments.files:
        recording = opened(name)
        summaries.append((title(recording, name), summarise(recording, chosen(recording, arguments.where))))
    _WRITERS[arguments.format](summaries)
    return 0


def _objects(summaries: Named) -> list[dict[str, Any]]:
    """Give the objects of the JSON output; of several stacks each says its name first."""
    from tracer.analysis.summary import as_json

    if len(summaries) == 1:
        return [as_json(summaries[0][1])]
    return [{"stack": name, **as_json(summary)} for name, summary in summaries]


def _json(summaries: Named) -> None:
    objects = _objects(summaries)
    write_json(objects[0] if len(objects) == 1 else {"stacks": objects})


def _jsonl(summaries: Named) -> None:
    write_lines(_objects(summaries))


def _csv(summaries: Named) -> None:
    """Write a row a hop; the stack's own figures stand in each."""
    names = [name for name, _ in summaries]
    each = zip(names, _objects(summaries), strict=True)
    rows = [row for name, summary in each for row in _hops(name, summary)]
    fields = list(dict.fromkeys(field for row in rows for field in row))
    write_csv(fields, rows)


def _hops(name: str, summary: dict[str, Any]) -> list[dict[str, Any]]:
    whole = dict(flat({"stack": name, **{key: value for key, value in summary.items() if key != "hops"}}))
    hops = [{key: value for key, value in hop.items() if key != "lane_figures"} for hop in summary["hops"]]
    return [whole | {f"hops.{key}": value for key, value in flat(hop)} for hop in hops or [{}]]


def _text(summaries: Named) -> None:
    from tracer.cli.summary_text import write

    for name, summary in summaries:
        write(name, summary)


_WRITERS = {"text": _text, "json": _json, "jsonl": _jsonl, "csv": _csv}
