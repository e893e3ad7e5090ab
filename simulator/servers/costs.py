"""What servers and frameworks cost: ns of CPU a request, as measured on CPython 3.11 (hello world).

Measured on one machine, 2 shared cores, by the servers' CPU time under a load generator in C: nginx static
10 us; uWSGI 27; gunicorn 275 (sync), 282 (gthread, kept alive), 432 (gevent); uvicorn kept alive 35 (uvloop,
httptools), 57 (asyncio, httptools), 158 (uvloop, h11), 170 (asyncio, h11), and 55 more for a new connection;
Starlette 20 more than that, FastAPI 118; a `def` handler in the thread pool 107 more; Flask 230; a CGI script
15,200, nearly all of it the start of its interpreter. What `ASSUMED` names was not measured. A scenario
overrides a server's by `overhead = "300us"`.
"""

from __future__ import annotations

US = 1_000

NGINX_PROXY = 30 * US  # assumed
NGINX_STATIC = 10 * US
GUNICORN = {"sync": 275 * US, "gthread": 282 * US, "gevent": 432 * US}
ASGI = {
    ("uvloop", "httptools"): 35 * US,
    ("asyncio", "httptools"): 57 * US,
    ("uvloop", "h11"): 158 * US,
    ("asyncio", "h11"): 170 * US,
}
ASGI_CONNECTION = 55 * US
GUNICORN_LINGER = 240 * US
"""How long a sync worker stays with a connection that it has answered and shut: until the client closes too.

The median of the demo's recordings, whose client closes at once (0.1 to 1 ms). With another client 4 to 6 ms
have been seen; a connection that is kept alive is never shut.
"""
THREAD_HOP = 107 * US
UWSGI = 27 * US
CGI_START = 15_200 * US

# Assumed: from what they are made of, until they are measured.
APACHE_PROXY, APACHE_STATIC = 60 * US, 25 * US  # an nginx with a thread switch and .htaccess off
IIS_PROXY, IIS_STATIC = 60 * US, 25 * US  # as Apache's
FASTCGI = 60 * US  # uWSGI's work and the records' framing, in C
MOD_WSGI = {"daemon": 80 * US, "embedded": 40 * US}  # the daemon adds a socket's round trip
MOD_PYTHON = 60 * US
HYPERCORN = {"asyncio": 400 * US, "uvloop": 388 * US}  # h11, and a task group a connection; the loops
# differ as uvicorn's do with h11
GRANIAN = 30 * US  # parsing is Rust's, in threads without the GIL
WAITRESS = 200 * US  # pure Python, two thread switches

FRAMEWORK = {"none": 0, "flask": 230 * US, "django": 230 * US, "starlette": 20 * US, "fastapi": 118 * US}

ASSUMED = frozenset(
    {"apache", "iis", "fastcgi", "mod_wsgi", "mod_python", "hypercorn", "granian", "waitress"}
)
"""Servers whose figures nobody has measured; of nginx that for a proxied request, of frameworks Django's."""
