"""wsgiref's own server with one thread."""

import importlib
import os
from wsgiref.simple_server import make_server

wsgi = importlib.import_module(os.environ.get("TEST_APP", "plain")).wsgi


server = make_server("127.0.0.1", 0, wsgi)
print(f"serving at http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
