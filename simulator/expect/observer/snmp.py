"""Asks agents as any manager does, with pysnmp; imported when the first question is asked, because it is heavy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PATIENCE = 0.5
"""Wire seconds for an answer; a question is asked twice."""
TRIES = 2
_KINDS = {"Integer": "Integer32", "Gauge": "Gauge32", "Counter": "Counter32", "ObjectIdentity": "ObjectIdentifier"}
"""One name for what pysnmp names differently in v1."""
_MODELS = {"v1": 0, "v2c": 1}


class SnmpObserver:
    """One manager for all devices."""

    def __init__(self) -> None:
        self._source: str | None = None
        self._engine: Any = None

    def know(self, source: str | None) -> None:
        """The address to ask from, by which the journal tells observers from the client under test."""
        self._source = source

    async def ask(
        self, address: str, agent: Mapping[str, Any], oid: str, version: str, community: str = ""
    ) -> dict[str, Any]:
        """One GET: `value` as text and `type`, or `error` when there is none.

        `agent` is the device's entry of fleet.json: port, communities, user and password.
        """
        if agent["transport"] != "udp":
            return {"error": "pysnmp asks over UDP alone"}
        from pysnmp.hlapi.v3arch.asyncio import (
            ContextData,
            ObjectIdentity,
            ObjectType,
            SnmpEngine,
            UdpTransportTarget,
            get_cmd,
        )

        if self._engine is None:
            self._engine = SnmpEngine()
        target = await UdpTransportTarget.create((address, agent["port"]), timeout=PATIENCE, retries=TRIES - 1)
        if self._source is not None:
            target.set_local_address((self._source, 0))
        who = _credentials(agent, version, community)
        asked = ObjectType(ObjectIdentity(oid))
        try:
            failure, status, _index, found = await get_cmd(
                self._engine, who, target, ContextData(), asked, lookupMib=False
            )
        except (OSError, ValueError) as error:
            return {"error": f"{type(error).__name__}: {error}"}
        if failure or status:
            return {"error": str(failure or status.prettyPrint())}
        return _seen(found[0][1])

    async def close(self) -> None:
        """End the manager; its sockets close in the next turn of the loop."""
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = None
            await asyncio.sleep(0)


def _credentials(agent: Mapping[str, Any], version: str, community: str) -> Any:
    from pysnmp.hlapi.v3arch.asyncio import (
        USM_AUTH_HMAC96_SHA,
        USM_PRIV_CFB128_AES,
        CommunityData,
        UsmUserData,
    )

    if version == "v3":
        secret = community or agent["password"]
        return UsmUserData(
            agent["user"], secret, secret, authProtocol=USM_AUTH_HMAC96_SHA, privProtocol=USM_PRIV_CFB128_AES
        )
    return CommunityData(community or agent["read_community"], mpModel=_MODELS[version])


def _seen(value: Any) -> dict[str, Any]:
    """Octets that are text as text, others as hexadecimal digits."""
    kind = type(value).__name__
    if kind in ("NoSuchObject", "NoSuchInstance", "EndOfMibView"):
        return {"error": kind}
    if kind == "OctetString":
        octets = bytes(value)
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            text = ""
        return {"type": kind, "value": text if text.isprintable() and (text or not octets) else octets.hex()}
    return {"type": _KINDS.get(kind, kind), "value": str(value.prettyPrint())}
