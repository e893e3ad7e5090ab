"""Werkzeug's development server, threaded, that speaks HTTP/1.1."""

import importlib
import os

from werkzeug.serving import WSGIRequestHandler, make_server

wsgi = importlib.import_module(os.environ.get("TEST_APP", "plain")).wsgi

WSGIRequestHandler.protocol_version = "HTTP/1.1"
server = make_server("127.0.0.1", 0, wsgi, threaded=True)
print(f"serving at http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
