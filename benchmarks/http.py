"""Requests a second over kept-alive connections to one device of a fleet of 1,000, and nginx beside it.

Everything shares the cores of this machine: the engine (one process), nginx (one worker) and the load generator.
nginx sends a static file of the same size and checks no password; the ratio says how far from it we are.

Budget: at least 5,000 digest-authenticated JSON requests a second.
"""

from __future__ import annotations

import hashlib
import re
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.fleet import engine, loops, specification
from benchmarks.peer import nginx, wrk
from benchmarks.process import cpu_seconds, descendants
from benchmarks.table import show, spread

if TYPE_CHECKING:
    from collections.abc import Mapping

DEVICES = 1000
ROUNDS = 3
SECONDS = 3
WARM_UP = 1
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Row:
    """One request, and who may ask it."""

    name: str
    path: str
    body: str | None = None
    digest: bool = True

    @property
    def headers(self) -> Mapping[str, str]:
        return {} if self.body is None else JSON


ROWS = (
    Row(
        "systemready, anonymous", "/axis-cgi/systemready.cgi", '{"apiVersion":"1.0","method":"systemready"}', False
    ),
    Row(
        "basicdeviceinfo getAllProperties",
        "/axis-cgi/basicdeviceinfo.cgi",
        '{"apiVersion":"1.0","method":"getAllProperties"}',
    ),
    Row("portmanagement getPorts", "/axis-cgi/io/portmanagement.cgi", '{"apiVersion":"1.0","method":"getPorts"}'),
    Row("param list Brand", "/axis-cgi/param.cgi?action=list&group=root.Brand"),
)


@dataclass(frozen=True)
class Load:
    """One run of the load generator."""

    rate: float
    """Requests a second."""
    cost: float
    """Microseconds of the server's own CPU time per request: what a busy machine changes least."""


@dataclass(frozen=True)
class Compared:
    """Both servers in one round."""

    ours: Load
    peer: Load


def digest(row: Row, url: str, user: str, password: str) -> str:
    """An `Authorization` header (RFC 2617, qop auth). The devices do not check the nonce count, as real ones."""
    try:
        urllib.request.urlopen(_request(row, url)).close()
    except urllib.error.HTTPError as refusal:
        challenge = dict(re.findall(r'(\w+)="([^"]*)"', refusal.headers["WWW-Authenticate"]))
    realm, nonce, method = challenge["realm"], challenge["nonce"], "GET" if row.body is None else "POST"
    response = _md5(_md5(user, realm, password), nonce, "00000001", "c0ffee", "auth", _md5(method, row.path))
    return (
        f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{row.path}", algorithm=MD5, '
        f'response="{response}", qop=auth, nc=00000001, cnonce="c0ffee"'
    )


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def _request(row: Row, url: str, **more: str) -> urllib.request.Request:
    body = None if row.body is None else row.body.encode()
    return urllib.request.Request(url + row.path, body, {**row.headers, **more})


def _load(row: Row, url: str, headers: Mapping[str, str], pid: int) -> Load:
    wrk(url, WARM_UP, headers=headers, body=row.body)
    pids = descendants(pid)
    before = sum(map(cpu_seconds, pids))
    rate, sent = wrk(url, SECONDS, headers=headers, body=row.body)
    return Load(rate, (sum(map(cpu_seconds, pids)) - before) / sent * 1e6)


def _compared(row: Row, url: str, credentials: Mapping[str, str], pid: int) -> Compared:
    headers = dict(row.headers)
    if row.digest:
        headers["Authorization"] = digest(row, url, credentials["user"], credentials["password"])
    with urllib.request.urlopen(_request(row, url, **headers)) as answer:
        content = answer.read()
    ours = _load(row, url + row.path, headers, pid)
    with nginx({"answer.json": content}) as (peer, peer_pid):
        plain = Row(row.name, "/answer.json", digest=False)
        return Compared(ours, _load(plain, peer + plain.path, {}, peer_pid))


def _rows(loop: str) -> list[tuple[str, ...]]:
    rows = []
    with engine(loop) as child:
        fleet = child.caller.call("PUT", "/v1/fleet", specification(DEVICES))
        device = next(each for each in fleet["devices"] if each["kind"] == "A9210")
        for row in ROWS:
            rounds = [_compared(row, device["url"], device["credentials"], child.pid) for _ in range(ROUNDS)]
            rows.append(
                (
                    f"{row.name} ({loop})",
                    spread([one.ours.rate for one in rounds], "{:.0f}"),
                    spread([one.peer.rate for one in rounds], "{:.0f}"),
                    spread([one.ours.rate / one.peer.rate for one in rounds], "{:.3f}"),
                    spread([one.ours.cost for one in rounds], "{:.0f}"),
                    spread([one.ours.cost / one.peer.cost for one in rounds], "{:.1f}"),
                )
            )
    return rows


def run() -> None:
    """Print one row per request and event loop."""
    head = (
        "request (loop)",
        "requests/s (> 5000)",
        "nginx requests/s",
        "ratio",
        "CPU us each",
        "times nginx's CPU",
    )
    title = f"One device of {DEVICES}, 32 kept-alive connections, median (lowest to highest) of {ROUNDS}"
    show(title, head, [row for loop in loops() for row in _rows(loop)])


if __name__ == "__main__":
    run()
