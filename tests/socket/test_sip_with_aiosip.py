"""The speaker and aiosip (PyPI), the oldest SIP library for asyncio.

It cannot be imported on Python 3.11 without two shims, has no transactions and never repeats, and its own `Call` sends an
ACK whose CSeq names INVITE; its dialogs are used here instead.
"""

from __future__ import annotations

import asyncio
import collections
import collections.abc
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sip_bench import Speaker, free_port, speaker, until

from simulator.device.call import CallState
from simulator.journal import Kind

pytestmark = pytest.mark.asyncio
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8 0\r\na=rtpmap:8 PCMA/8000\r\n"
)


@pytest.fixture
def aiosip(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library, on a Python that is younger than it."""
    pytest.importorskip("pyquery", reason="needs aiosip")
    monkeypatch.setattr(asyncio, "coroutine", types.coroutine, raising=False)
    monkeypatch.setattr(collections, "MutableMapping", collections.abc.MutableMapping, raising=False)
    return pytest.importorskip("aiosip", reason="needs aiosip")


@asynccontextmanager
async def dialog_with(aiosip: Any, one: Speaker) -> AsyncIterator[Any]:
    """A dialog of aiosip with the speaker."""
    application = aiosip.Application()
    port = free_port()
    dialog = await application.start_dialog(
        from_uri=f"sip:caller@127.0.0.1:{port}",
        to_uri=f"sip:speaker@{one.place[0]}:{one.port}",
        local_addr=("127.0.0.1", port),
        remote_addr=one.place,
    )
    try:
        yield dialog
    finally:
        for transport in application._transports.values():
            transport.close()


async def test_options(aiosip: Any) -> None:
    async with speaker() as one, dialog_with(aiosip, one) as dialog:
        response = await asyncio.wait_for(dialog.send_message("OPTIONS"), 5)
        assert (response.status_code, response.status_message) == (200, "OK")
        assert "INVITE" in response.headers["Allow"]


async def test_a_call(aiosip: Any) -> None:
    async with speaker() as one, dialog_with(aiosip, one) as dialog:
        invited = await dialog.invite(sdp=OFFER, headers=_headers(aiosip, {"Content-Type": "application/sdp"}))
        answer = invited if hasattr(invited, "status_code") else await asyncio.wait_for(invited, 5)
        assert answer.status_code == 200
        assert "RTP/AVP 8" in answer.payload
        parties = {"From": answer.headers["From"], "To": answer.headers["To"]}
        dialog.send_message("ACK", headers=_headers(aiosip, parties))
        await until(lambda: one.service.calls.state is CallState.ACTIVE)
        dialog.cseqs["BYE"] = 1
        ended = await asyncio.wait_for(dialog.send_message("BYE", headers=_headers(aiosip, parties)), 5)
        assert ended.status_code == 200
        await until(lambda: not one.service.calls.live)
        assert one.messages("in") == ["INVITE", "ACK", "BYE"]
        assert not one.records(Kind.VIOLATION)


def _headers(aiosip: Any, headers: dict[str, str]) -> Any:
    return aiosip.dialog.CIMultiDict(headers)
