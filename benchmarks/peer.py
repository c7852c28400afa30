"""The programs we did not write: nginx as the measure, wrk as the load (Debian: `apt-get install nginx-light wrk`)."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONNECTIONS = 32
_UP = 10.0
_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    open_file_cache max=100;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    types {{ application/json json; }}
    server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


def program(name: str) -> str:
    """Its path. Ends the benchmark where it is not installed."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise SystemExit(f"this benchmark needs {name}; on Debian: apt-get install nginx-light wrk snmpd")
    return found


@contextmanager
def nginx(files: Mapping[str, bytes]) -> Iterator[tuple[str, int]]:
    """One worker that serves these files from memory; its URL and its process number."""
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as spare:
        folder, port = Path(name), spare.getsockname()[1]
        spare.close()
        folder.chmod(0o755)
        (folder / "root").mkdir()
        for path, content in files.items():
            (folder / "root" / path).write_bytes(content)
        (folder / "configuration").write_text(_CONFIGURATION.format(folder=folder, port=port))
        command = [program("nginx"), "-c", str(folder / "configuration"), "-p", name]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            await_listener(port, "nginx")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait()


def await_listener(port: int, server: str) -> None:
    """Return when somebody listens at a port of this machine. Ends the benchmark when nobody comes."""
    began = time.monotonic()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() - began > _UP:
                raise SystemExit(f"{server} does not come up") from None
            time.sleep(0.02)
        else:
            return


def wrk(url: str, seconds: int, *, headers: Mapping[str, str], body: str | None) -> tuple[float, int]:
    """Ask for `url` over 32 kept-alive connections: requests a second, and how many were sent.

    Ends the benchmark when an answer was no 200.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(headers, body))
        script.flush()
        command = [program("wrk"), "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", script.name, url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{url} was not answered well:\n{output}")
    rate, sent = re.search(r"Requests/sec:\s*([\d.]+)", output), re.search(r"(\d+) requests in", output)
    assert rate is not None
    assert sent is not None
    return float(rate[1]), int(sent[1])


def _script(headers: Mapping[str, str], body: str | None) -> str:
    lines = [f'wrk.method = "{"GET" if body is None else "POST"}"']
    lines += [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items()]
    if body is not None:
        lines.append(f"wrk.body = {_lua(body)}")
    return "\n".join(lines)


def _lua(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
