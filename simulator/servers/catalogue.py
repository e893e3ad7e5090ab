"""Which model serves which hop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from simulator.program import Assembler
from simulator.servers.apache import apache_model
from simulator.servers.cgi import cgi_model
from simulator.servers.fastcgi import fastcgi_model
from simulator.servers.granian import granian_model
from simulator.servers.gunicorn import gunicorn_model
from simulator.servers.hypercorn import hypercorn_model
from simulator.servers.iis import iis_model
from simulator.servers.mod_python import mod_python_model
from simulator.servers.mod_wsgi import mod_wsgi_model
from simulator.servers.nginx import nginx_model
from simulator.servers.station import station_model
from simulator.servers.uvicorn import asgi_model
from simulator.servers.uwsgi import uwsgi_model
from simulator.servers.waitress import waitress_model
from simulator.stack import Hop, Stack

Make = Callable[[Assembler, Any, Stack, int], Any]

MODELS: dict[str, Make] = {
    "nginx": nginx_model,
    "apache": apache_model,
    "iis": iis_model,
    "gunicorn": gunicorn_model,
    "uwsgi": uwsgi_model,
    "uvicorn": asgi_model,
    "hypercorn": hypercorn_model,
    "granian": granian_model,
    "waitress": waitress_model,
    "cgi": cgi_model,
    "fastcgi": fastcgi_model,
    "mod_wsgi": mod_wsgi_model,
    "mod_python": mod_python_model,
    "station": station_model,
}
"""By the name that `server = "…"` says; a model has a `serve` by the hop's role.

proxy: serve(endpoint, send, inner), where `inner(send)` writes the hops behind it, and `send` is the law of a
slow client's download. server: serve(endpoint, send, app). station: serve(refused), feed_back(first).
"""


def model_of(asm: Assembler, hop: Hop, stack: Stack, cores: int) -> Any:
    """Make the model of a hop on the machine's cores (-1: always enough)."""
    return MODELS[hop.server](asm, hop, stack, cores)
