"""The dispatcher: what it lists, what it imports, and how everything that goes wrong is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.cli import commands
from tracer.cli.errors import CliError
from tracer.cli.main import framed, main

MODULE = sys.modules["tracer.cli.main"]  # the package has a function of this name
HEAVY = {"numpy", "rich", "textual", "h11", "gunicorn", "uvicorn"}


def tracer(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "tracer.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


def fails_with(error):
    def work(*_):
        raise error

    return work


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in commands.available())])
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import sys\nfrom tracer.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit as end: assert end.code == 0\n"
        "print('|'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith("usage: tracer")
    loaded = {name.split(".")[0] for name in done.stderr.strip().split("|")}
    assert "argparse" in loaded
    assert not loaded & HEAVY


def test_help_lists_what_is_there_and_nothing_else():
    lines = tracer("--help").stdout.split("commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines if line.startswith("  ")] == list(commands.available())


def test_a_command_whose_module_is_missing_is_neither_listed_nor_run(monkeypatch):
    monkeypatch.setitem(commands.COMMANDS, "ghost", commands.Command("tracer.cli.ghost", "not there"))
    assert "ghost" not in commands.available()


def test_an_unknown_command_gives_the_nearest_name(capsys, monkeypatch):
    monkeypatch.setattr(MODULE, "available", lambda: commands.COMMANDS)
    assert main(["sumary"]) == 2
    assert capsys.readouterr() == (
        "",
        "tracer: there is no command 'sumary'; did you mean 'summary'? `tracer --help` lists them\n",
    )


def test_a_command_that_is_like_none_gets_no_guess(capsys):
    assert main(["nosuch"]) == 2
    assert capsys.readouterr().err == "tracer: there is no command 'nosuch'; `tracer --help` lists them\n"


def test_no_command_at_all_shows_the_help_on_stderr():
    done = tracer()
    assert (done.returncode, done.stdout) == (2, "")
    assert "commands:" in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["summary"], ["summary", "--form", "json", "x"]])
def test_wrong_use_is_one_sentence(arguments):
    done = tracer(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "--help" in done.stderr


def test_the_version_is_told():
    assert tracer("--version").stdout.startswith("hopscope ")


def test_a_known_error_is_its_sentence(capsys):
    assert framed(fails_with(CliError("no such\nfile"))) == 2
    assert capsys.readouterr() == ("", "tracer: no such file\n")


def test_ctrl_c_is_quiet(capsys):
    assert framed(fails_with(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


def test_ctrl_c_is_quiet_before_anything_is_there(tmp_path):
    """A module that the start imports presses it, at the worst moment."""
    (tmp_path / "argparse.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    command = [sys.executable, "-c", "from hopscope import main; main()"]
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, preexec_fn=_ctrl_c)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")


def _ctrl_c() -> None:
    """Undo what a test run in the background inherits: an ignored SIGINT stays ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_a_full_disk_is_told_in_the_systems_words():
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "tracer.cli", "--help"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=-1, timeout=60, env=buffered)
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_fault_is_one_sentence_and_its_details_are_kept(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert framed(fails_with(ZeroDivisionError("by the way"))) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tracer: a fault in hopscope: ZeroDivisionError: by the way; details in ")
    assert err.count("\n") == 1
    (details,) = (tmp_path / "hopscope" / "faults").iterdir()
    assert "Traceback" in details.read_text()


def test_faults_do_not_pile_up(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "hopscope" / "faults"
    folder.mkdir(parents=True)
    for number in range(30):
        (folder / f"hopscope-fault-20200101-0000{number:02}-1.txt").touch()
    assert framed(fails_with(ZeroDivisionError())) == 70
    assert len(list(folder.iterdir())) == 20


def test_a_fault_where_nothing_can_be_written_still_ends_in_one_sentence(capsys, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null")
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/dev/null")
    assert framed(fails_with(ZeroDivisionError())) == 70
    assert capsys.readouterr().err.count("\n") == 1


def test_debug_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("HOPSCOPE_DEBUG", "1")
    monkeypatch.setattr(MODULE, "_dispatch", fails_with(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main([])


def test_an_end_with_words_is_wrong_use(capsys):
    assert framed(fails_with(SystemExit("not so"))) == 2
    assert capsys.readouterr() == ("", "tracer: not so\n")


def test_who_calls_it_as_a_function_keeps_the_signals():
    before = signal.getsignal(signal.SIGTERM)
    assert main(["sumary"]) == 2
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_command_finds_its_own_packages_before_a_users(tmp_path):
    for name in ("tracer", "simulator", "tui"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise SystemExit('the package of a user')")
    script = Path(sys.executable).parent / "tracer"
    run = subprocess.run(
        [script, "--version"], env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout.split()[0]) == (0, "hopscope"), run.stderr
