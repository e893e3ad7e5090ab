"""The twelve labs: whole in both languages, their lessons hold simulated and real, and files of one's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tracer.glossary import find
from tracer.labs.commands import missing
from tracer.labs.lab import LANGUAGES
from tracer.labs.lesson import seen
from tracer.labs.reading import LabError, read_lab, shipped
from tracer.labs.simulated import simulated
from tracer.observe.processes import tree

LABS = {lab.name: lab for lab in shipped()}
REAL = ("process-per-request", "waiting-room", "freeze-the-loop", "slow-client", "forty-tokens", "the-knee")
"""Those whose lesson holds on any machine, however busy: they are about waiting."""


def tracer(*words, cwd=None, timeout=110):
    command = [sys.executable, "-m", "tracer.cli", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=timeout, stdin=-3)


def ratio_of(lab, run):
    return seen(lab, [run(one) for one in lab.runs])


def test_there_are_twelve_in_order():
    assert [lab.number for lab in LABS.values()] == list(range(1, 13))


@pytest.mark.parametrize("name", LABS)
def test_a_lab_is_whole(name):
    lab = LABS[name]
    assert lab.terms
    assert all(len(find(term)) == 1 for term in lab.terms)
    assert any(step.ask for step in lab.steps)
    shown = {run for step in lab.steps for run in step.show}
    assert shown == {run.name for run in lab.runs}
    for language in LANGUAGES:
        texts = [lab.title, lab.about, lab.sentence, *(run.label for run in lab.runs)]
        texts += [step.say for step in lab.steps]
        assert all(text[language] for text in texts)
    assert all(run.command for run in lab.runs)


@pytest.mark.parametrize("name", LABS)
def test_its_lesson_holds_in_the_simulation(name):
    told = ratio_of(LABS[name], lambda run: simulated(LABS[name], run))
    assert told.held, told


@pytest.mark.parametrize("name", REAL)
def test_its_lesson_holds_on_real_servers(name):
    lab = LABS[name]
    if missing(lab) and not os.environ.get("CI"):
        pytest.skip(f"not here: {missing(lab)}")
    run = tracer("lab", name, "--real", "--check", "--format", "json")
    assert run.returncode == 0, run.stdout + run.stderr
    real = json.loads(run.stdout)
    assert (real["mode"], real["held"]) == ("real", True)
    model = ratio_of(lab, lambda run: simulated(lab, run)).ratio
    alike = 0.5 <= real["ratio"] / model <= 2
    assert alike or lab.lesson.reason, (real["ratio"], model)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in LABS if name not in REAL])
def test_the_others_run_on_real_servers_too(name):
    run = tracer("lab", name, "--real", "--format", "json")
    assert run.returncode == 0, run.stderr
    assert all(one["requests"] for one in json.loads(run.stdout)["runs"])


def test_ctrl_c_leaves_no_server(tmp_path):
    command = [sys.executable, "-m", "tracer.cli", "lab", "slow-client", "--real", "--text"]
    lab = subprocess.Popen(command, cwd=tmp_path, stdout=-3, stderr=-3, start_new_session=True)
    family: list[int] = []
    try:
        until = time.monotonic() + 30
        while len(family := tree(lab.pid)) < 4 and time.monotonic() < until:
            time.sleep(0.1)
        assert len(family) >= 4, "no server was started"
        os.killpg(lab.pid, signal.SIGINT)
        assert lab.wait(30) == 130
        until = time.monotonic() + 10
        while (left := [pid for pid in family if runs(pid)]) and time.monotonic() < until:
            time.sleep(0.05)
        assert left == []
    finally:
        for pid in family:
            if runs(pid):
                os.kill(pid, signal.SIGKILL)
        lab.wait()


def runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# Files of one's own.


def test_the_template_runs_and_is_not_written_over(tmp_path):
    assert tracer("lab", "new", "mine.toml", cwd=tmp_path).returncode == 0
    again = tracer("lab", "new", "mine.toml", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (2, "tracer: mine.toml: is there already; give another name\n")
    run = tracer("lab", "mine.toml", "--check", "--text", cwd=tmp_path)
    assert run.returncode == 0
    assert "The lesson held." in run.stdout


def test_check_gives_1_where_a_lesson_does_not_hold(tmp_path):
    tracer("lab", "new", "mine.toml", cwd=tmp_path)
    text = (tmp_path / "mine.toml").read_text().replace("at_least = 2", "at_least = 2000")
    (tmp_path / "mine.toml").write_text(text)
    run = tracer("lab", "mine.toml", "--check", "--text", cwd=tmp_path)
    assert run.returncode == 1
    assert "The lesson did not hold" in run.stdout
    assert tracer("lab", "mine.toml", "--text", cwd=tmp_path).returncode == 0


FAULTS = {
    'line 22: load: rate = "fast": must be a number': ("rate = 50.0 ", 'rate = "fast" '),
    'line 4: nme = "my-lab": there is no such key; did you mean name?': ('name = "my-lab"', 'nme = "my-lab"'),
    "run 1, hop 1 (gunicorn): workers = 0: must be at least 1": ("workers = 2", "workers = 0"),
    'of = "too": must name a run; there is two, four': ('of = "two"', 'of = "too"'),
    "title = {'en': 'Two workers or four'}: must be a text in both languages": (
        'ko = "워커 둘 아니면 넷"\n',
        "",
    ),
    "right = 3: must be at most 2": ("right = 1 ", "right = 3 "),
    "a lab may send for 60 s at most": ("requests = 150", "requests = 15000"),
    'line 62: lesson: measure = "speed": must be "p50" or': ('measure = "p50"', 'measure = "speed"'),
}


@pytest.mark.parametrize("says", FAULTS)
def test_a_fault_is_told_with_its_place(tmp_path, says):
    from tracer.labs import reading

    before, after = FAULTS[says]
    text = (reading.CATALOGUE.parent / "template.toml").read_text()
    assert before in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(LabError) as error:
        read_lab(path)
    assert says in str(error.value)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_an_unknown_lab_names_the_nearest():
    run = tracer("lab", "freeze")
    assert run.returncode == 2
    assert "did you mean freeze-the-loop?" in run.stderr


# The claims.


def test_the_claims_of_the_page_are_tried():
    run = tracer("lab", "claims", "--simulated", "--format", "json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert len(told) == 10
    assert {one["verdict"] for one in told} == {"true", "half true", "wrong"}
    assert all(one["ratio"] is None or one["ratio"] > 1 for one in told)
    assert sum(one["ratio"] is not None for one in told) == 8
