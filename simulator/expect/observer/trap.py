"""Takes SNMP notifications at the site's receiver, read by pysnmp; informs are answered."""

from __future__ import annotations

import asyncio
from typing import Any

from simulator.expect.observer.sighting import Sightings

PATIENCE = 3.0
"""Wire seconds in which a datagram to ourselves must come."""
GENERIC = ("coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure")
ALARMS = {1: "alarmNew", 2: "alarmCleared", 3: "alarmSingle"}
_TRAPS = "1.3.6.1.6.3.1.1.5."
_VIDEO = "1.3.6.1.4.1.368.4.2"
_TRAP_OID, _UPTIME = "1.3.6.1.6.3.1.1.4.1.0", "1.3.6.1.2.1.1.3.0"
_WORDS = {f"{_VIDEO}.1": "id", f"{_VIDEO}.2": "name", f"{_VIDEO}.3": "text"}
_SPECIFIC = 6
_MARK = b"axsim"
Peer = tuple[str, int]


class TrapObserver(asyncio.DatagramProtocol):
    """A receiver on one address. What it sees is not put down to a device: its source address is told."""

    def __init__(self, host: str, port: int) -> None:
        self.place: Peer = (host, port)
        self.seen = Sightings("trap")
        self.unreadable = 0
        """Datagrams that pysnmp could not make sense of."""
        self._transport: asyncio.DatagramTransport | None = None
        self._marks: dict[bytes, asyncio.Future[None]] = {}
        self._sent = 0

    @property
    def open(self) -> bool:
        """Whether it listens."""
        return self._transport is not None

    async def listen(self) -> None:
        """Begin. Raises OSError where the place is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=self.place)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if data.startswith(_MARK):
            waiting = self._marks.get(data)
            if waiting is not None and not waiting.done():
                waiting.set_result(None)
            return
        try:
            told, answer = read_notification(data)
        except Exception:  # whatever pysnmp and pyasn1 raise at a stranger's bytes
            self.unreadable += 1
            return
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)
        self.seen.add("", {"source": addr[0], **told})

    async def catch_up(self) -> None:
        """Return when all that was sent before has been read: a datagram to ourselves follows it."""
        if self._transport is None:
            return
        self._sent += 1
        mark = _MARK + str(self._sent).encode()
        waiting = self._marks[mark] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(PATIENCE):
                self._transport.sendto(mark, self.place)
                await waiting
        except (OSError, TimeoutError):
            return
        finally:
            self._marks.pop(mark, None)

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None
            await asyncio.sleep(0)


def read_notification(data: bytes) -> tuple[dict[str, Any], bytes | None]:
    """What a notification says, and the answer where one is due. Raises what pysnmp raises."""
    from pyasn1.codec.ber import decoder, encoder
    from pysnmp.proto import api

    version = api.decodeMessageVersion(data)
    module = api.PROTOCOL_MODULES[version]
    message, _ = decoder.decode(data, asn1Spec=module.Message())
    pdu = module.apiMessage.get_pdu(message)
    community = bytes(module.apiMessage.get_community(message)).decode(errors="replace")
    if pdu.isSameTypeWith(module.TrapPDU()):
        told = _v1(module.apiTrapPDU, pdu) if version == api.SNMP_VERSION_1 else _v2c(module.apiTrapPDU, pdu)
        return {"version": "v1" if version == api.SNMP_VERSION_1 else "v2c", "community": community, **told}, None
    if version == api.SNMP_VERSION_1 or not pdu.isSameTypeWith(module.InformRequestPDU()):
        raise ValueError("no notification")
    told = _v2c(module.apiPDU, pdu)
    response = module.apiMessage.get_response(message)
    unit = module.apiMessage.get_pdu(response)
    module.apiPDU.set_varbinds(unit, module.apiPDU.get_varbinds(pdu))
    return {"version": "v2c", "community": community, "inform": True, **told}, encoder.encode(response)


def _v1(api: Any, pdu: Any) -> dict[str, Any]:
    enterprise = api.get_enterprise(pdu).prettyPrint()
    generic, specific = int(api.get_generic_trap(pdu)), int(api.get_specific_trap(pdu))
    oid = f"{enterprise}.0.{specific}" if generic == _SPECIFIC else f"{_TRAPS}{generic + 1}"
    return {
        "oid": oid,
        "trap": name_of(oid),
        "agent": api.get_agent_address(pdu).prettyPrint(),
        "ticks": int(api.get_timestamp(pdu)),
        **_bound(api.get_varbinds(pdu)),
    }


def _v2c(api: Any, pdu: Any) -> dict[str, Any]:
    told = _bound(api.get_varbinds(pdu))
    oid = told["bindings"].get(_TRAP_OID, "")
    return {"oid": oid, "trap": name_of(oid), "ticks": int(told["bindings"].get(_UPTIME, 0)), **told}


def _bound(bindings: Any) -> dict[str, Any]:
    values = {str(name): _text(value) for name, value in bindings}
    return {"bindings": values, **{word: values[oid] for oid, word in _WORDS.items() if oid in values}}


def _text(value: Any) -> str:
    octets = bytes(value) if type(value).__name__ == "OctetString" else None
    return str(value.prettyPrint()) if octets is None else octets.decode(errors="replace")


def name_of(oid: str) -> str:
    """`coldStart`, `alarmNew`, or the name itself where it has none."""
    head, _, tail = oid.rpartition(".")
    if tail.isdecimal() and f"{head}." == _TRAPS and 0 < int(tail) <= len(GENERIC):
        return GENERIC[int(tail) - 1]
    if tail.isdecimal() and head == f"{_VIDEO}.0" and int(tail) in ALARMS:
        return ALARMS[int(tail)]
    return oid
