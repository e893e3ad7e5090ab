"""How much of what the client waited for the recording explains, on real servers at light load.

Explained is the share of the client's AWAITING that phases of its server visit cover, UNSEEN left out.
Aim: gunicorn sync and gthread at least 90 %, uvicorn at least 80 %.

Usage: bench_explained.py [RATE SECONDS]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tracer.analysis.explained import explained
from tracer.recording.live import open_recording

WSGI = """
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
"""
ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        return await send({"type": "lifespan.shutdown.complete"})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": b"hello"})
"""
GUNICORN = ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:0"]
SERVERS = {
    "gunicorn sync, 2 workers": [*GUNICORN, "-w", "2", "wsgi_app:app"],
    "gunicorn gthread, 4 threads": [*GUNICORN, "-k", "gthread", "--threads", "4", "wsgi_app:app"],
    "uvicorn httptools/uvloop": [
        "uvicorn",
        "--port",
        "0",
        "--http",
        "httptools",
        "--loop",
        "uvloop",
        "asgi_app:app",
    ],
    "uvicorn h11/asyncio": ["uvicorn", "--port", "0", "--http", "h11", "--loop", "asyncio", "asgi_app:app"],
}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def measure(folder: Path, command: list[str], rate: str, seconds: str, *, close: bool) -> str:
    """Record a server under load; give a line of the table."""
    load = ["--load", rate, "--for", f"{seconds}s", "--url", "/", *(["--close"] if close else [])]
    main = "import sys; from tracer.cli.main import main; sys.exit(main())"
    run = [sys.executable, "-c", main, "run", "--force", "-o", "out.trace", *load, "--"]
    subprocess.run([*run, sys.executable, "-m", *command], cwd=folder, check=False, timeout=120, **QUIET)
    recording = open_recording(folder / "out.trace")
    told = explained(recording)
    each = told.covered[told.awaiting > 0] / told.awaiting[told.awaiting > 0]
    awaiting = np.median(told.awaiting) / 1000
    faults = len(recording.check())
    return f"{told.share:8.1%} {np.median(each):8.1%} {awaiting:9.0f} us {len(told.visit):7d} {faults:7d}"


def main() -> None:
    """Print the table."""
    rate, seconds = (*sys.argv[1:], "50", "6")[:2] if len(sys.argv) < 3 else sys.argv[1:3]
    print(f"{rate} requests/s for {seconds} s, hello world\n")
    print(f"{'':38}{'share':>8} {'median':>8} {'awaiting':>12} {'requests':>7} {'faults':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wsgi_app.py").write_text(WSGI)
        (folder / "asgi_app.py").write_text(ASGI)
        for server, command in SERVERS.items():
            for close in (False, True):
                kept = "closed" if close else "kept"
                print(
                    f"{server:30} {kept:7}{measure(folder, command, rate, seconds, close=close)}", flush=True
                )


if __name__ == "__main__":
    main()
