"""Werkzeug's development server, threaded, that speaks HTTP/1.1."""

from plain import wsgi
from werkzeug.serving import WSGIRequestHandler, make_server

WSGIRequestHandler.protocol_version = "HTTP/1.1"
server = make_server("127.0.0.1", 0, wsgi, threaded=True)
print(f"serving at http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
