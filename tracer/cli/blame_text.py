"""Blame for people: the culprits, the queues, and a sentence about each that matters."""

from __future__ import annotations

from rich.table import Table

from tracer.analysis.blame import Blame, Culprit
from tracer.analysis.blame_queues import Queue
from tracer.analysis.blame_words import sentences
from tracer.cli.table import console, printable, seconds, share, table

MOST = 16  # rows


def write(name: str, told: Blame) -> None:
    """Print the blame of one recording."""
    out = console()
    out.print(printable(name), style="bold")
    if told.culprits:
        out.print(_culprits(told))
    if told.queues:
        out.print(_queues(told))
    for sentence in sentences(told):
        out.print(printable(sentence))


def _culprits(told: Blame) -> Table:
    made = table("", "culprit", "kind", "lane", "times", "held", "delayed", "delay", "share", left=3)
    for culprit in told.culprits[:MOST]:
        made.add_row(*_culprit(culprit), share(culprit.delay_s / told.delay_s))
    rest = told.culprits[MOST:]
    if rest:
        cost = sum(culprit.delay_s for culprit in rest)
        made.add_row(f"and {len(rest)} more", *[""] * 5, seconds(cost), share(cost / told.delay_s))
    return made


def _culprit(culprit: Culprit) -> tuple[str, ...]:
    words = (printable(culprit.what or "-"), culprit.kind, printable(culprit.lane or "-"))
    held, delay = seconds(culprit.held_s), seconds(culprit.delay_s)
    return (*words, str(culprit.times), held, str(culprit.delayed_requests), delay)


def _queues(told: Blame) -> Table:
    made = table(
        "", "in line for", "of", "kind", "holds", "delayed", "delay", "when full", "most in line", left=3
    )
    for queue in told.queues[:MOST]:
        made.add_row(*_queue(queue))
    return made


def _queue(queue: Queue) -> tuple[str, ...]:
    full = None if queue.full_delay_s is None else queue.full_delay_s / queue.delay_s
    return (
        printable(queue.lane),
        printable(queue.hop),
        queue.kind,
        str(queue.capacity or "-"),
        str(queue.delayed_requests),
        seconds(queue.delay_s),
        share(full),
        str(queue.most_in_line),
    )
