"""Every server of the field: 50 requests are all told, within the client's times, and keep the invariants."""

from __future__ import annotations

import pytest
from field import Server, assert_told_whole, loaded

WAITRESS = ["-m", "waitress", "--listen", "127.0.0.1:0", "--threads", "4"]
SERVERS = {
    "wsgiref": Server(["serve_wsgiref.py"], "wsgiref", "wsgiref.request"),
    "django runserver": Server(["runserver.py", "127.0.0.1:0"], "wsgiref", "wsgiref.request"),
    "flask run": Server(
        ["-m", "flask", "--app", "flask_app", "run", "--port", "0"], "werkzeug", "werkzeug.request"
    ),
    "waitress": Server([*WAITRESS, "plain:wsgi"], "waitress", "waitress.request"),
}


@pytest.mark.parametrize("name", SERVERS)
def test_50_requests(tmp_path, name, record_property):
    server = SERVERS[name]
    recording, said = loaded(server, tmp_path)
    share = assert_told_whole(recording, said, server)
    record_property("explained", share)
    print(f"{name}: {share:.1%} explained")
