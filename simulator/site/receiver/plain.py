"""The TCP server of the site that notifications go to: what a connection brings until its end is one message."""

from __future__ import annotations

import asyncio
from typing import cast

from simulator.site.receiver.receiver import Door, Receiver, address_of, shown

LARGEST = 1 << 20
"""Bytes of a message; what is longer is cut off, and its connection with it."""


class PlainReceiver(Receiver):
    """One door, `tcp`. A refusal resets connections as soon as they stand."""

    name = "tcp"

    def protocol(self, door: Door) -> asyncio.Protocol:
        return _Spoken(self)


class _Spoken(asyncio.Protocol):
    """One connection."""

    def __init__(self, receiver: PlainReceiver) -> None:
        self._receiver = receiver
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none, but behave as such
        self._receiver.opened(transport)
        if self._receiver.orders.code is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) > LARGEST:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._receiver.ended(self._transport)
        if self._received:
            text = self._received[:LARGEST].decode("utf-8", "replace")
            peer = address_of(self._transport.get_extra_info("peername"))
            self._receiver.note("notification", peer, way="tcp", text=shown(text))
