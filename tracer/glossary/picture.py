"""The picture of where a term sits: the path of a request, from the browser down to the application."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple


class Stage(NamedTuple):
    """One line of the path. `shape` is a box, a part inside of the box above, or the wire between two."""

    id: str
    shape: str  # box, part, wire
    label: dict[str, str]
    members: dict[str, str]


def _both(text: str) -> dict[str, str]:
    return {"en": text, "ko": text}


PATH = (
    Stage("client", "box", {"en": "browser", "ko": "브라우저"}, _both("")),
    Stage("http", "wire", _both("HTTP"), {"en": "bytes", "ko": "바이트"}),
    Stage(
        "server",
        "box",
        {"en": "web server", "ko": "웹 서버"},
        {"en": "nginx, Apache, IIS; mod_python inside", "ko": "nginx, Apache, IIS (mod_python은 그 안에)"},
    ),
    Stage(
        "gateway", "wire", _both("HTTP, CGI, FastCGI, SCGI, uwsgi"), {"en": "bytes", "ko": "바이트"}
    ),
    Stage(
        "worker",
        "box",
        {"en": "application server", "ko": "애플리케이션 서버"},
        _both("gunicorn, uWSGI, uvicorn"),
    ),
    Stage("parser", "part", {"en": "parser", "ko": "파서"}, _both("httptools (llhttp), h11")),
    Stage("loop", "part", {"en": "event loop", "ko": "이벤트 루프"}, _both("asyncio, uvloop (libuv)")),
    Stage("call", "wire", _both("WSGI, ASGI"), {"en": "a call, no bytes", "ko": "함수 호출"}),
    Stage(
        "app",
        "box",
        {"en": "application", "ko": "애플리케이션"},
        _both("Flask, Django, Starlette, FastAPI"),
    ),
)  # fmt: skip
"""Sources: RFC 3875, PEP 3333, the ASGI specification 3.0, and the servers' own documentation."""

_BEFORE = {"box": "", "part": "├ ", "wire": "│   "}


def picture(place: Collection[str], language: str) -> Iterator[tuple[bool, str, str]]:
    """Give the lines of the path: whether the term stands there, the stage, and what else is there."""
    for stage in PATH:
        label = _BEFORE[stage.shape] + stage.label[language]
        yield stage.id in place, label, stage.members[language]
