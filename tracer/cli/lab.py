"""`tracer lab [NAME]`: the demos, simulated or real; `tracer lab new`, `claims` and `calibrate`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracer.cli.errors import CliError
from tracer.cli.formats import add_format, write_array, write_csv, write_json, write_lines
from tracer.cli.language import add_language
from tracer.cli.streams import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracer.labs.lab import Lab, Run
    from tracer.labs.lesson import Seen
    from tracer.labs.measures import Measured

NO = 1
_LIST = ("lab", "number", "title", "terms", "sentence", "needs")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.usage = "tracer lab [NAME | FILE.toml | new FILE.toml | claims | calibrate] [--real | --simulated]"
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="of a lab, or its number, or a file of your own; all if none")
    add("file", nargs="?", type=Path, metavar="FILE.toml", help="what `tracer lab new` writes")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--real", action="store_true", help="start the real servers, on loopback, and record")
    mode.add_argument("--simulated", action="store_true", help="no server is needed (the default)")
    add("--text", action="store_true", help="print it all; ask nothing, open nothing")
    add("--tui", action="store_true", help="go through it in the terminal app; all labs if no NAME")
    add("--check", action="store_true", help="exit with 1 if the lesson did not hold here")
    add("--repeats", type=int, default=3, metavar="N", help="of each claim; default 3")
    add("-o", "--output", type=Path, metavar="DIR", help="keep the recordings there")
    add_language(parser)
    add_format(parser)


def run(arguments: argparse.Namespace) -> int:
    """List the labs, or run one, or do one of the other things."""
    from tracer.labs.reading import LabError

    others = {None: _list, "new": _new, "claims": _claims, "calibrate": _calibrate}
    try:
        return others.get(arguments.name, _lab)(arguments)
    except LabError as error:
        raise CliError(str(error)) from None


def _in_app(arguments: argparse.Namespace, lab: Lab | None) -> int:
    """Open the app on a lab, or on the list of them."""
    from tracer.cli import tui
    from tracer.cli.lab_lesson import lesson
    from tracer.cli.lent import labs
    from tui.options import Options

    if not tui.can_draw():
        raise CliError("the app needs a terminal that can draw, and this is none; leave out --tui")
    lessons = labs()
    if lab is not None:
        runner = _runner(lab, real=True) if arguments.real else None
        lessons = [lesson(lab, runner), *(one for one in lessons if one.name != lab.name)]
    options = Options(language=arguments.lang)
    name = lab.name if lab is not None else ""
    return tui.play([], options, first="lab", lab=name, lessons=lessons)


def _list(arguments: argparse.Namespace) -> int:
    from tracer.labs.reading import shipped

    if arguments.tui:
        return _in_app(arguments, None)
    labs = shipped()
    if arguments.format == "text":
        from tracer.cli.lab_text import index

        index(labs, arguments.lang)
        return 0
    language = arguments.lang
    records = [
        dict(zip(_LIST, (x.name, x.number, x.title[language], list(x.terms), x.sentence[language],
                         list(x.needs)), strict=True))
        for x in labs
    ]  # fmt: skip
    _write(records, arguments.format, _LIST)
    return 0


def _new(arguments: argparse.Namespace) -> int:
    """Write a template; never over a file that is there."""
    from tracer.labs import reading

    path = arguments.file
    if path is None:
        raise CliError("give the name of the file to write: tracer lab new mine.toml")
    text = (Path(reading.__file__).parent / "template.toml").read_text("utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CliError(f"{path}: is there already; give another name") from None
    except OSError as error:
        raise CliError(f"{path}: {error.strerror}") from None
    tell(f"{path} is written; run it with: tracer lab {path}")
    return 0


def find(name: str) -> Lab:
    """Find a lab by its name, number or file. Raises CliError, LabError."""
    import difflib

    from tracer.labs.reading import read_lab, shipped

    if name.endswith(".toml"):
        return read_lab(Path(name))
    labs = shipped()
    for lab in labs:
        if name in (lab.name, str(lab.number)):
            return lab
    near = difflib.get_close_matches(name, [lab.name for lab in labs], n=1, cutoff=0.4)
    meant = f"did you mean {near[0]}? " if near else ""
    raise CliError(f"there is no lab {name!r}; {meant}`tracer lab` lists them")


def _lab(arguments: argparse.Namespace) -> int:
    lab = find(arguments.name)
    if arguments.tui:
        return _in_app(arguments, lab)
    runner = _runner(lab, real=arguments.real)
    if arguments.format == "text":
        from tracer.cli.lab_text import Session

        ask = not arguments.text and sys.stdin.isatty() and sys.stdout.isatty()
        measured, seen = Session(lab, runner, arguments.lang, ask=ask).run()
    else:
        measured, seen = _measured(lab, runner)
        _print(lab, measured, seen, arguments)
    if arguments.output is not None:
        _keep(lab, measured, arguments.output)
    return NO if arguments.check and not seen.held else 0


def _measured(lab: Lab, runner: Callable[[Run], Measured]) -> tuple[list[Measured], Seen]:
    from tracer.labs.lesson import seen

    measured = [runner(run) for run in lab.runs]
    return measured, seen(lab, measured)


def _runner(lab: Lab, *, real: bool) -> Callable[[Run], Measured]:
    """Give what runs one of the lab's runs. Raises CliError where servers are missing."""
    from functools import partial

    if not real:
        from tracer.labs.simulated import simulated

        return partial(simulated, lab)
    from tracer.labs.commands import missing
    from tracer.labs.real import real as started

    if sys.platform != "linux":
        raise CliError("real servers can be started and recorded on Linux only: use --simulated")
    if names := missing(lab):
        raise CliError(
            f"lab {lab.name} starts real servers and {', '.join(names)} cannot be found: "
            "pip install 'hopscope[labs]', or use --simulated"
        )
    return started


def _print(lab: Lab, measured: list[Measured], seen: Seen, arguments: argparse.Namespace) -> None:
    runs = [_run_record(lab, one, arguments.lang) for one in measured]
    lesson = lab.lesson
    record: dict[str, Any] = {
        "lab": lab.name,
        "mode": "real" if seen.real else "simulated",
        "measure": lesson.measure,
        "of": lesson.of,
        "against": lesson.against,
        "ratio": seen.ratio,
        "at_least": lesson.at_least,
        "held": seen.held,
        "runs": runs,
    }
    if arguments.format == "json":
        write_json(record)
    elif arguments.format == "jsonl":
        write_lines([record])
    else:
        write_csv(list(runs[0]), runs)


def _run_record(lab: Lab, measured: Measured, language: str) -> dict[str, Any]:
    from tracer.labs.measures import value

    figures = {name: value(measured, name) for name in ("throughput", "p50", "p95", "p99", "queued", "cpu")}
    label = lab.run(measured.run).label[language]
    return {"run": measured.run, "label": label, "requests": measured.requests, **figures}


def _keep(lab: Lab, measured: list[Measured], folder: Path) -> None:
    from tracer.recording.sealed import save

    folder.mkdir(parents=True, exist_ok=True)
    for one in measured:
        if one.recording is not None:
            save(one.recording, folder / f"{lab.name}-{one.run}.trace")


def _claims(arguments: argparse.Namespace) -> int:
    """Try what the Korean page says; real servers unless --simulated."""
    from tracer.cli.lab_text import claims_table
    from tracer.labs.claims import claims, tried

    real = not arguments.simulated
    results = []
    for claim in claims():
        tell(f"trying: {claim.why['en']}")
        lab = claim.lab
        repeats = arguments.repeats if real else 1
        results.append(tried(claim, lambda lab, run: _runner(lab, real=real)(run), repeats if lab else 0))
    if arguments.format == "text":
        claims_table(results, arguments.lang)
        return 0
    records = [
        {"claim": one.claim.id, "said": one.claim.said, "verdict": one.claim.verdict,
         "why": one.claim.why[arguments.lang], "ratio": one.median,
         "least": min(one.ratios, default=None), "most": max(one.ratios, default=None)}
        for one in results
    ]  # fmt: skip
    _write(records, arguments.format, tuple(records[0]))
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    """Measure what servers cost on this machine, beside what the simulator's models say."""
    from tracer.cli.lab_text import calibration
    from tracer.labs.measures import value
    from tracer.labs.reading import shipped
    from tracer.labs.simulated import simulated

    records = []
    for lab in shipped():
        for one in (one for one in lab.runs if one.bare):
            tell(f"measuring {lab.name}: {one.label['en']}")
            here, model = _runner(lab, real=True)(one), simulated(lab, one)
            records.append(
                {"lab": lab.name, "run": one.name, "label": one.label[arguments.lang],
                 "cpu": value(here, "cpu"), "model": value(model, "cpu")}
            )  # fmt: skip
    if arguments.format == "text":
        calibration(records, arguments.lang)
    else:
        _write(records, arguments.format, tuple(records[0]))
    return 0


def _write(records: list[dict[str, Any]], to: str, fields: tuple[str, ...]) -> None:
    if to == "json":
        write_array(records)
    elif to == "jsonl":
        write_lines(records)
    else:
        flat = ({k: " ".join(v) if isinstance(v, list) else v for k, v in one.items()} for one in records)
        write_csv(fields, flat)
