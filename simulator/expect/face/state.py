"""The truth itself, as the engine holds it."""

from __future__ import annotations

from typing import Any

from simulator.action.target import matching
from simulator.errors import UnknownTarget
from simulator.expect.event_name import BY_NAME
from simulator.expect.finding import Finding, Look, differences, shown

_PORT_FIELDS = ("supervised", "active", "closed")
_SPEAKER_FIELDS = ("heard", "light", "speaker_test")
_TOLD = ("phase", "activity", "address", "origin", "firmware", "committed")
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
    if query.call:
        telephone = snapshot["telephone"]
        state = telephone["state"].lower() if telephone is not None else "none"
        differs += differences({"call": query.call}, {"call": state})
    differs += _speaker_differs(query, snapshot)
    differs += _port_differs(query, snapshot["ports"])
    differs += _module_differs(query, snapshot["modules"])
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
    try:
        ids = matching("port", query.port, list(ports))
    except UnknownTarget as unknown:
        return (str(unknown),)
    told = [(port, _one_port_differs(query, ports[port])) for port in ids]
    if len(ids) == 1:
        return told[0][1]
    return tuple(f"port {port}: {problem}" for port, problems in told for problem in problems)


def _speaker_differs(query: Any, snapshot: dict[str, Any]) -> tuple[str, ...]:
    wanted = {key: getattr(query, key) for key in _SPEAKER_FIELDS if getattr(query, key)}
    if not wanted:
        return ()
    speaker, audio = snapshot["speaker"], snapshot["audio"]
    if speaker is None or audio is None:
        return ("it is no speaker",)
    return differences(wanted, {**speaker, "heard": audio["heard"] or "silence"})


def _module_differs(query: Any, modules: dict[str, Any]) -> tuple[str, ...]:
    if query.online is None and not query.module_firmware:
        return ()
    try:
        addresses = matching("module", query.module, list(modules))
    except UnknownTarget as unknown:
        return (str(unknown),)
    told: list[str] = []
    for address in addresses:
        module = modules[address]
        why = f" ({module['reason']})" if module["reason"] else ""
        if query.online is not None and module["online"] != query.online:
            told.append(f"module {address}: online={shown(module['online'])}{why}, not {shown(query.online)}")
        if query.module_firmware and module["firmware"] != query.module_firmware:
            told.append(f"module {address}: firmware={module['firmware']}, not {query.module_firmware}")
    return tuple(told)


def _one_port_differs(query: Any, port: dict[str, Any]) -> tuple[str, ...]:
    differs: tuple[str, ...] = ()
    if query.supervised:
        values = BY_NAME["supervised"].values(query.supervised)
        if port["supervised"] not in values:
            differs += (f"supervised={shown(port['supervised'])}, not {query.supervised}",)
    for key in ("active", "closed"):
        wanted = getattr(query, key)
        if wanted is not None and port[key] != wanted:
            differs += (f"{key}={shown(port[key])}, not {shown(wanted)}",)
    return differs


def _told(snapshot: dict[str, Any]) -> str:
    return " ".join(f"{key}={shown(snapshot[key])}" for key in _TOLD)
