"""The embedded broker as mqtt.js sees it, over every transport and in both versions of the protocol."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from broker_bench import HOST, run, site

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("node")]
SCRIPT = Path(__file__).with_name("peer.js")
SCHEMES = {"tcp": "mqtt", "ssl": "mqtts", "ws": "ws", "wss": "wss"}


@pytest.fixture(autouse=True)
def _mqtt_js() -> None:
    """The npm package is found through NODE_PATH."""
    folders = os.environ.get("NODE_PATH", "").split(os.pathsep)
    if not any(folder and (Path(folder) / "mqtt").is_dir() for folder in folders):
        if os.environ.get("AXSIM_REQUIRE_PEERS"):
            pytest.fail("CI must have the npm package mqtt in NODE_PATH")
        pytest.skip("needs the npm package mqtt in NODE_PATH")


@pytest.mark.parametrize("version", ["4", "5"])
@pytest.mark.parametrize("transport", list(SCHEMES))
async def test_a_round_trip(tmp_path, transport, version):
    authority = tmp_path / "ca.pem"
    async with site(secure=True, web=True) as bench:
        authority.write_bytes(bench.tls.authority_pem)
        path = "/mqtt" if transport in ("ws", "wss") else ""
        url = f"{SCHEMES[transport]}://{HOST}:{bench.broker.ports[transport]}{path}"
        trust = (str(authority),) if transport in ("ssl", "wss") else ()
        code, output, errors = await run("node", str(SCRIPT), url, version, *trust)
        assert (code, errors) == (0, "")
        kind = "text/plain" if version == "5" else ""
        assert json.loads(output) == {"topic": "js/a", "length": 70000, "qos": 2, "type": kind}
