"""CGI: a process for each request, started by `http.server --cgi`, HTTP/1.0."""

import re
import sys

from captures.making.client import together
from captures.making.expected import exchange
from captures.making.making import making

# Of sh, as http.server runs scripts as the user nobody, who may not read every Python.
SCRIPT = """#!/bin/sh
sleep 0.01
printf 'Content-Type: text/plain\\r\\n\\r\\n'
printf 'asked for %s\\n%.0s' "$QUERY_STRING" a "$QUERY_STRING" b
"""

with making(__file__) as sample:
    folder = sample.home / "cgi-bin"
    folder.mkdir()
    script = folder / "shop.sh"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    sample.home.chmod(0o755)
    sample.start([sys.executable, "-m", "http.server", "--cgi", "--bind", "127.0.0.1", "8000"], 8000)

    def ask(number: int) -> None:
        """Ask three times, each on a connection of its own."""
        for turn in range(3):
            with sample.raw(8000) as connection:
                target = f"/cgi-bin/shop.sh?item={10 * number + turn}"
                connection.send(f"GET {target} HTTP/1.0\r\nHost: shop.test\r\n\r\n".encode())
                connection.answer("GET", target)

    with sample.capturing():
        together(3, ask)
        with sample.raw(8000) as lost:
            lost.send(b"GET /nothing HTTP/1.0\r\n\r\n")
            lost.answer("GET", "/nothing")
    sample.keep("pcap")
    logged = (sample.home / f"{sys.executable.rpartition('/')[2]}-8000.out").read_text()
    lines = re.findall(r'"([A-Z]+) (\S+) HTTP/1.0" (\d+) ', logged)
    if sorted((one["method"], one["target"], str(one["status"])) for one in sample.journal.lines) != sorted(
        lines
    ):
        raise RuntimeError(f"the clients got {sample.journal.lines}, the server says {lines}")
    # The server logs neither ports nor bytes: those are the clients'.
    found = [exchange(one, "http.server", 8000, "http1") for one in sample.journal.lines]
    for number, one in enumerate(found):
        one.id = number
    sample.write(found)
