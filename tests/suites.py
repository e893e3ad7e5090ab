"""The test suites of servers, run with the agent loaded and without it: the same tests pass and fail.

    python tests/suites.py [uvicorn gunicorn starlette] [--python PYTHON]

The suites are those of the source distributions on PyPI, in the versions of requirements/constraints.txt.
A test that differs is run again on both sides, alone: suites have tests that depend on the machine's mood.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).parents[1]
INJECT = ROOT / "tracer" / "agent" / "inject"
PLAIN = ["-q", "-o", "addopts=", "-p", "no:cacheprovider"]
SUITES = {
    "uvicorn": ["-p", "no:asyncio", "-n", "2"],
    "gunicorn": ["-n", "2"],
    "starlette": ["-p", "no:asyncio"],
}
"""Distribution -> more options of pytest; its own go, as they measure coverage or start eight processes."""
RINGED = "from _hopscope_agent.ring import ring\nring.create()\n"
"""A plugin of pytest: a server makes its ring (10 to 20 ms) as it starts, and most tests start none."""
AGAIN = 3
TIME = 900

Results = dict[str, str]
"""Test -> passed, failed, error or skipped."""


def source(python: str, name: str, folder: Path) -> Path:
    """Download a source distribution in the version that is installed, and unpack it."""
    asked = [python, "-c", f"from importlib.metadata import version; print(version({name!r}))"]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    get = [python, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", name, "-d", str(folder)]
    subprocess.run([*get, f"{name}=={version}"], check=True)
    (archive,) = folder.glob(f"{name}-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / archive.name.removesuffix(".tar.gz")


def ran(
    python: str, suite: Path, options: list[str], *, agent: bool, only: list[str] | None = None
) -> Results:
    """Run a suite, or some of its tests; give what became of each."""
    report = suite / "report.xml"
    report.unlink(missing_ok=True)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as rings:
        if agent:
            Path(rings, "ringed.py").write_text(RINGED)
            env |= {"PYTHONPATH": os.pathsep.join([str(INJECT), rings]), "HOPSCOPE_RINGS": rings}
            options = ["-p", "ringed", *options]
        command = [python, "-m", "pytest", *PLAIN, *options, f"--junitxml={report}", *(only or ["tests"])]
        subprocess.run(command, cwd=suite, env=env, stdout=subprocess.DEVNULL, timeout=TIME, check=False)
        if agent and not list(Path(rings).glob("*.ring")):
            raise SystemExit("the agent was not loaded: it left no ring")
    return read(report)


def read(report: Path) -> Results:
    """Read a report of pytest."""
    results = {}
    for case in ET.parse(report).iter("testcase"):  # pytest's own, of just now
        told = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        name = f"{case.get('classname', '').replace('.', '/')}::{case.get('name')}"
        results[name] = told[0] if told else "passed"
    return results


def file_of(suite: Path, test: str) -> Path:
    """Give the file of a test, behind whose name those of its classes may stand."""
    path = suite / test.partition("::")[0]
    while not path.with_suffix(".py").is_file() and path != suite:
        path = path.parent
    return path.with_suffix(".py") if path != suite else suite / "tests"


def differing(bare: Results, hooked: Results) -> list[str]:
    """List the tests that became something else."""
    return sorted(test for test in bare.keys() | hooked.keys() if bare.get(test) != hooked.get(test))


def compared(python: str, name: str, folder: Path) -> list[str]:
    """Run a suite both ways; list the tests that differ, however often they are run."""
    suite, options = source(python, name, folder), SUITES[name]
    bare, hooked = (ran(python, suite, options, agent=agent) for agent in (False, True))
    left = differing(bare, hooked)
    for _ in range(AGAIN if left else 0):
        files = sorted({str(file_of(suite, test).relative_to(suite)) for test in left})
        alone = [option for option in options if option not in ("-n", "2")]
        again = [ran(python, suite, alone, agent=agent, only=files) for agent in (False, True)]
        left = [test for test in left if test in differing(*again)]
    counts = {kind: list(hooked.values()).count(kind) for kind in ("passed", "failure", "error", "skipped")}
    counts = {kind: number for kind, number in counts.items() if number}
    print(f"{suite.name}: {', '.join(f'{n} {kind}' for kind, n in counts.items())}; {len(left)} differ")
    return left


def main() -> int:
    """Run the suites that are asked for; 1 if any test differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=f"default: {' '.join(SUITES)}")
    parser.add_argument("--python", default=sys.executable, help="of the environment that has them installed")
    arguments = parser.parse_args()
    python, found = str(Path(arguments.python).absolute()), []
    for name in arguments.suites or SUITES:
        with tempfile.TemporaryDirectory() as folder:
            found += [f"{name}: {test}" for test in compared(python, name, Path(folder))]
    for test in found:
        print(f"differs with the agent: {test}")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
