"""The truth itself, as the engine holds it."""

from __future__ import annotations

from typing import Any

from simulator.expect.event_name import BY_NAME
from simulator.expect.finding import Finding, Look, differences

_PORT_FIELDS = ("supervised", "active", "closed")
_ORIGINS = {"link-local": "linkLocal"}


def find(look: Look) -> list[Finding]:
    """The device's state now."""
    query: Any = look.expectation.query
    snapshot = look.eyes.snapshot(look.device)
    differs: tuple[str, ...] = ()
    for key in ("phase", "activity", "firmware", "origin"):
        wanted = getattr(query, key)
        if wanted:
            differs += differences({key: _ORIGINS.get(wanted, wanted)}, snapshot)
    for key in ("link", "committed", "playing"):
        wanted = getattr(query, key)
        if wanted is not None:
            differs += differences({key: "true" if wanted else "false"}, snapshot)
    if query.address and differences({"address": query.address}, {"address": snapshot["real_address"]}):
        differs += address_differs(query.address, snapshot["address"], snapshot["former_address"])
    differs += _port_differs(query, snapshot["ports"])
    return [Finding(_told(snapshot), differs, snapshot["at"])]


def address_differs(wanted: str, address: str | None, former: str | None) -> tuple[str, ...]:
    """`new` is another than the one the device came with, `old` is that one; anything else is a glob."""
    if wanted in ("new", "old"):
        same = address == former
        fits = address is not None and same == (wanted == "old")
        return () if fits else (f"address={address}, not the {wanted} one",)
    return differences({"address": wanted}, {"address": address})


def _port_differs(query: Any, ports: dict[str, Any]) -> tuple[str, ...]:
    if all(getattr(query, key) in ("", None) for key in _PORT_FIELDS):
        return ()
    if query.port not in ports:
        return (f"there is no port {query.port}",)
    port = ports[query.port]
    differs: tuple[str, ...] = ()
    if query.supervised:
        values = BY_NAME["supervised"].values(query.supervised)
        if port["supervised"] not in values:
            differs += (f"supervised={port['supervised']}, not {query.supervised}",)
    for key in ("active", "closed"):
        wanted = getattr(query, key)
        if wanted is not None and port[key] != wanted:
            differs += (f"{key}={port[key]}, not {wanted}",)
    return differs


def _told(snapshot: dict[str, Any]) -> str:
    shown = ("phase", "activity", "address", "origin", "firmware", "committed")
    return " ".join(f"{key}={snapshot[key]}" for key in shown)
