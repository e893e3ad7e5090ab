"""What servers and frameworks cost: ns of CPU a request, as measured on CPython 3.11 (hello world).

Measured on one machine: nginx static 10 us; gunicorn 275 (sync), 282 (gthread, kept alive), 432 (gevent);
uvicorn kept alive 35 (uvloop, httptools), 57 (asyncio, httptools), 158 (uvloop, h11), 170 (asyncio, h11), and
55 more for a new connection; Starlette 20 more than that, FastAPI 118; a `def` handler in the thread pool 107
more; Flask 230. Django's figure and nginx's for a proxied request are assumptions. A scenario overrides a
server's by `overhead = "300us"`.
"""

from __future__ import annotations

US = 1_000

NGINX_PROXY = 30 * US
NGINX_STATIC = 10 * US
GUNICORN = {"sync": 275 * US, "gthread": 282 * US, "gevent": 432 * US}
ASGI = {
    ("uvloop", "httptools"): 35 * US,
    ("asyncio", "httptools"): 57 * US,
    ("uvloop", "h11"): 158 * US,
    ("asyncio", "h11"): 170 * US,
}
ASGI_CONNECTION = 55 * US
THREAD_HOP = 107 * US
FRAMEWORK = {"none": 0, "flask": 230 * US, "django": 230 * US, "starlette": 20 * US, "fastapi": 118 * US}
