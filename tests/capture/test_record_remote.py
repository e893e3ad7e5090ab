"""`tracer record --ssh`: a real SSH server, the real tcpdump behind it."""

from __future__ import annotations

import signal
import stat
import time

import pytest
from live_commands import PATIENCE, listen, need, recording, talk, told, until_closed
from ssh_server import ssh_server

from tracer.capture import Capture, connections
from tracer.capture.live import LiveError
from tracer.capture.remote import Target


@pytest.fixture
def server(tmp_path):
    need("tcpdump")
    with ssh_server(tmp_path) as started:
        yield started


def remotely(server, *arguments):
    env = {"HOME": str(server.home), "SSH_AUTH_SOCK": ""}
    return recording("--ssh", server.target, "-i", "lo", *arguments, env=env)


def gone(server):
    """Nothing that was started there still runs."""
    end = time.monotonic() + PATIENCE
    while any(child.returncode is None for child in server.children) and time.monotonic() < end:
        time.sleep(0.05)
    return all(child.returncode is not None for child in server.children)


def test_a_talk_there(server, tmp_path):
    """Everything on its loopback is captured but the SSH connection itself."""
    out = tmp_path / "out.pcapng"
    with listen() as echo, remotely(server, "-o", out) as running:
        running.ready()
        said = talk(echo, turns=200)
        until_closed(out)
        code, words = running.ended(signal.SIGINT)
    assert (code, stat.S_IMODE(out.stat().st_mode)) == (0, 0o600)
    assert (said, said) in told(out)
    assert "tcpdump on 127.0.0.1 captures into" in words
    assert " 0 lost in " in words
    capture = Capture(str(out))
    ports = {event.connection.server_port for events in connections(capture) for event in events}
    assert server.port not in ports
    assert capture.faults == []
    assert capture.drops == {0: 0}
    assert gone(server)


def test_a_filter_there(server, tmp_path):
    out = tmp_path / "out.pcapng"
    with (
        listen() as echo,
        listen() as other,
        remotely(server, "-o", out, "tcp port", echo.getsockname()[1]) as running,
    ):
        running.ready()
        talk(other)
        said = talk(echo)
        until_closed(out)
        assert running.ended(signal.SIGTERM)[0] == 0
    assert told(out) == [(said, said)]


def test_a_wrong_filter_there(server):
    with remotely(server, "tcp prt 5") as running:
        code, words = running.ended()
    assert code == 2
    assert "filter" in words
    assert words.count("\n") == 1
    assert gone(server)


def test_the_connection_breaks(server, tmp_path):
    out = tmp_path / "out.pcapng"
    with listen() as echo, remotely(server, "-o", out) as running:
        running.ready()
        said = talk(echo)
        until_closed(out)
        server.cut()
        code, words = running.ended()
    assert code == 1
    assert "broke off: the SSH connection was lost; what came until then is whole" in words
    assert (said, said) in told(out)
    assert Capture(str(out)).faults == []


def test_an_unknown_host_is_refused(server, tmp_path):
    (tmp_path / ".ssh" / "known_hosts").write_text("")
    with remotely(server) as running:
        code, words = running.ended()
    assert code == 2
    assert "its key is not in known_hosts: connect once with `ssh tester@127.0.0.1`" in words


def test_a_key_that_is_not_allowed(server, tmp_path):
    import asyncssh

    key = tmp_path / ".ssh" / "id_ed25519"
    key.unlink()
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(key)
    with remotely(server) as running:
        code, words = running.ended()
    assert code == 2
    assert "it takes none of your keys" in words


def test_there_is_no_tcpdump(tmp_path):
    need("tcpdump")
    bare = tmp_path / "bin"
    bare.mkdir()
    with ssh_server(tmp_path, path=str(bare)) as server:
        env = {"HOME": str(tmp_path), "SSH_AUTH_SOCK": ""}
        with recording("--ssh", server.target, "-i", "lo", env=env) as running:
            code, words = running.ended()
    assert code == 2
    assert "there is no tcpdump: install it there" in words


@pytest.mark.parametrize("text", ["", "a b", "user:secret@host", "host:99999", "@host", "host:"])
def test_what_is_no_target(text):
    with pytest.raises(LiveError, match="--ssh wants USER@HOST") as told_:
        Target(text)
    assert ("password" in str(told_.value)) == ("secret" in text)


def test_targets():
    assert (Target("u@h").user, Target("u@h").host, Target("u@h").port) == ("u", "h", 0)
    assert (Target("u@[::1]:22").host, Target("u@[::1]:22").port) == ("::1", 22)
    assert Target("h:2222").user is None
