"""Files that a server written in C loads as the application: they go past the import system.

CPython has importlib fill in a module's name and file right before its code runs; from there on a profile
function waits for the end of that code, when the application is there and the server has not looked yet.
"""

from __future__ import annotations

import importlib._bootstrap_external as bootstrap
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

from .points import fault, install

Then = Callable[[dict[str, Any]], None]


def on_script(point: str, prefix: str, then: Then) -> None:
    """Have `then` given the names of each file that is loaded under a name that begins so."""
    install(point, bootstrap, "_fix_up_module", partial(_fix_up, point, prefix, then))


def _fix_up(point: str, prefix: str, then: Then, real: Callable[..., Any]) -> Callable[..., Any]:
    def _fix_up_module(names: dict[str, Any], name: str, *args: Any) -> Any:
        try:
            if name.startswith(prefix):
                _at_end(point, names, then)
        except Exception as error:
            fault(point, error)
        return real(names, name, *args)

    return _fix_up_module


def _at_end(point: str, names: dict[str, Any], then: Then) -> None:
    """Call `then` when the code that these are the globals of has run."""
    previous = sys.getprofile()

    def ended(frame: FrameType, event: Any, arg: Any) -> None:
        if previous is not None:
            previous(frame, event, arg)
        if event == "return" and frame.f_globals is names and frame.f_code.co_name == "<module>":
            sys.setprofile(previous)
            try:
                then(names)
            except Exception as error:
                fault(point, error)

    sys.setprofile(ended)
