"""Who runs a sweep: this process, a pool of processes, or a Dask cluster; and how far it is."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError

if TYPE_CHECKING:
    from simulator.sweep import Sweep, Unit

FEW_S = 2.0
"""What takes no longer is done here: starting processes takes about as long."""


class Here(Executor):
    """Does what is submitted at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it; an error comes out of the future, Ctrl-C out of here."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is the future's
            future.set_exception(error)
        return future


@contextmanager
def crew(
    arguments: argparse.Namespace, sweep: Sweep, units: Sequence[Unit]
) -> Iterator[tuple[Executor, int]]:
    """Give an executor and how many work for it; whoever was started is ended."""
    if arguments.cluster is not None:
        with _cluster(arguments.cluster) as found:
            yield found
    elif arguments.jobs == 1 or _seconds(sweep, units) < FEW_S:
        yield Here(), 1
    else:
        with _processes(arguments.jobs) as pool:
            yield pool, arguments.jobs


def _seconds(sweep: Sweep, units: Sequence[Unit]) -> float:
    """Estimate how long all takes here: by one run, the second if there is one, for the first warms up."""
    from simulator.sweep import batch, parts

    seconds = 0.0
    for unit in units[:2]:
        seconds = batch(sweep.text, sweep.source, sweep.engine, parts(sweep, [unit]))[1]
    return seconds * len(units)


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of fresh processes: the progress has a thread, beside which one must not fork."""
    import multiprocessing
    from concurrent.futures.process import BrokenProcessPool

    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context)
    with _deaf():
        pool.submit(len, "").result()  # starts all processes
    try:
        yield pool
    except BrokenProcessPool:
        raise CliError("a process of the sweep was killed, maybe for want of memory; try --jobs 1") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
            child.join()


@contextmanager
def _deaf() -> Iterator[None]:
    """Ignore Ctrl-C, as do processes that are started meanwhile, for good: we end them ourselves."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _cluster(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client
    except ImportError:
        raise CliError("--cluster needs Dask: pip install 'hopscope[dask]'") from None
    try:
        client = Client(address, timeout="5s")
    except (OSError, ValueError, TypeError) as error:
        raise CliError(f"--cluster {address}: no Dask scheduler answers there: {error}") from None
    with client:
        workers = sum(client.nthreads().values())
        if not workers:
            raise CliError(f"--cluster {address}: has no workers; start some with `dask worker {address}`")
        try:
            yield client.get_executor(pure=False), workers
        except ModuleNotFoundError as error:
            raise CliError(f"--cluster {address}: a worker lacks hopscope: {error}") from None


@contextmanager
def progress(total: int, done: int) -> Iterator[Callable[[int], None]]:
    """Show on stderr how many runs are done and the time left; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("runs"), BarColumn(20), MofNCompleteColumn(), TextColumn("left"), TimeRemainingColumn()
    )  # fmt: skip
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
            task = shown.add_task("", total=total, completed=done)
            yield lambda runs: shown.advance(task, runs)
    finally:
        if console.is_terminal:
            console.show_cursor()
