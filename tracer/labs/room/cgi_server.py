"""A web server that runs a program for each request, as in 1993: `python cgi_server.py PORT`."""

import http.server
import os
import sys
from pathlib import Path


class Handler(http.server.CGIHTTPRequestHandler):
    """Run what lies in cgi-bin, by this Python; write no log."""

    cgi_directories = ["/cgi-bin"]  # noqa: RUF012 - as the library has it
    have_fork = False  # so it runs .py files by this Python, whatever their mode is

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


if __name__ == "__main__":
    os.chdir(Path(__file__).parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.serve_forever()
