"""Start the agent in this process: install the finder that patches servers when they are imported."""

from __future__ import annotations

import os
import sys


def start() -> None:
    """Do nothing but watch imports, until a server that the agent knows is imported."""
    from .finder import Finder

    if sys.platform == "linux" and not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
        _look_around()


def _look_around() -> None:
    """Find out in whose process this is, where Python is embedded in a server or runs a script for one."""
    program = os.path.basename(os.readlink("/proc/self/exe"))
    if program.startswith("uwsgi"):
        from .patches import uwsgi

        uwsgi.embedded()
    elif program in ("apache2", "httpd"):
        from .patches import mod_wsgi

        mod_wsgi.embedded()
    elif os.environ.get("GATEWAY_INTERFACE", "")[:4] == "CGI/" and "REQUEST_METHOD" in os.environ:
        from .patches import cgi

        cgi.script()
