"""wsgiref's own server with one thread."""

from wsgiref.simple_server import make_server

from plain import wsgi

server = make_server("127.0.0.1", 0, wsgi)
print(f"serving at http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
