"""The true state of one device, for the control API and the expectations that ask for the truth."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulator.device.led import leds
from simulator.device.port_plan import PortKind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.relay import Relays
    from simulator.device.sensor import Sensor
    from simulator.device.terminal import Port
    from simulator.fleet.host import Host


def snapshot(host: Host) -> dict[str, Any]:
    """Plain JSON values. Times are device seconds, resistances ohms."""
    device = host.device
    return {
        "at": round(device.world.clock.now(), 6),
        "description": host.description(),
        "phase": device.lifecycle.phase.value,
        "activity": device.lifecycle.activity.value,
        "ready": device.lifecycle.ready,
        "bootid": device.lifecycle.bootid,
        "uptime": round(device.lifecycle.uptime(), 3),
        **_network(host),
        "firmware": device.firmware.running.version,
        "committed": device.firmware.committed,
        "last_upgrade_failed": device.firmware.last_upgrade_failed,
        "mqtt_active": device.mqtt.active,
        "mqtt_connected": device.mqtt.connection_status == "connected",
        "snmp_traps": device.snmp.traps,
        "snmp_port_traps": device.snmp.traps and device.snmp.port_alarms,
        "playing": device.clips is not None and device.clips.playing is not None,
        "audio": _audio(device),
        "telephone": _telephone(device),
        "speaker": _speaker(host),
        "power": {"source": device.power.source, "live": list(device.power.live)},
        "casing_name": device.profile.quirks.casing_name,
        "alarms": _alarms(device),
        "doors": _doors(device),
        "leds": [str(led) for led in leds(device)],
        "virtual_inputs": list(device.virtual_inputs.active),
        "modules": _modules(device),
        "ports": {str(port.id): port_state(port, device.relays) for port in device.ports},
        "sensors": sensor_states(device),
        "buses": [bus.state() for bus in host.buses],
    }


def _network(host: Host) -> dict[str, Any]:
    network = host.device.network
    held = network.addresses
    return {
        "link": network.link,
        "address": network.primary,
        "real_address": host.real_address,
        "former_address": host.first_address,
        "origin": held[0].origin if held else "none",
        "host_name": network.host_name,
        "addresses": [
            {"address": one.address, "prefix_length": one.prefix_length, "origin": one.origin, "scope": one.scope}
            for one in held
        ],
    }


def _alarms(device: Device) -> dict[str, Any] | None:
    if device.alarms is None:
        return None
    opened, told = device.enclosure.casing_open, device.enclosure.casing_told
    return {"casing_is_open": opened, "casing_open": told, "external_tamper": device.alarms.external_tamper}


def _doors(device: Device) -> dict[str, Any]:
    doors = device.door_monitoring.doors if device.door_monitoring is not None else ()
    return {
        str(door.setting.number): {
            "dps": door.setting.dps,
            "rex": door.setting.rex,
            "open_too_long": door.setting.open_too_long,
            "access": door.setting.access,
            "state": door.physical.value,
            "alarm": door.alarm.value,
            "mode": door.mode,
        }
        for door in doors
    }


def _audio(device: Device) -> dict[str, Any] | None:
    if device.audio is None:
        return None
    playing = device.clips is not None and device.clips.playing is not None
    audio, microphone = device.audio, device.microphone
    return {
        "playing": playing,
        "volume": audio.volume,
        "muted": audio.muted,
        "heard": audio.heard,
        "sources": list(audio.sources),
        "microphone": microphone is not None and microphone.on,
        "listeners": 0 if microphone is None else microphone.listeners,
    }


def _telephone(device: Device) -> dict[str, Any] | None:
    """Calls in progress and the state that Call/State shows; accounts with what came of their registrations."""
    service = device.call_service
    if service is None:
        return None
    return {
        "enabled": service.configuration.sip_enabled,
        "state": service.calls.state.value,
        "calls": [
            {
                "id": call.id,
                "state": call.state.value,
                "direction": call.direction,
                "type": call.kind,
                "remote": call.remote,
                "account": call.account_id,
                "codec": call.codec,
            }
            for call in service.calls.live
        ],
        "accounts": {
            account.id: {
                "user": account.user_id,
                "default": account.is_default,
                "status": service.accounts.status(account).status,
                "text": service.accounts.status(account).text,
            }
            for account in service.accounts
        },
    }


def _speaker(host: Host) -> dict[str, Any] | None:
    """What a person before a speaker sees, what its test says, and which pages it could not open."""
    device = host.device
    if device.audio is None or device.speaker_test is None:
        return None
    shown = None if device.light is None else device.light.shown
    return {
        "light": "off" if shown is None else shown.colors[0],
        "speaker_test": device.speaker_test.status.value,
        "pages_refused": host.multicast.refused,
    }


def _modules(device: Device) -> dict[str, Any]:
    """Expansion modules by address, as their head lists them."""
    if device.expansion is None:
        return {}
    return {
        str(address): {
            "name": module.name,
            "online": module.online,
            "reason": module.reason,
            "firmware": module.firmware,
            "upgradable": device.expansion.upgradable(module),
            "ports": [port.id for port in module.ports],
        }
        for address, module in device.expansion.modules.items()
    }


def port_state(port: Port, relays: Relays) -> dict[str, Any]:
    """One port: what it is, what the device takes it for, and the wires behind it."""
    loop = port.loop
    return {
        "kind": port.kind.value,
        "direction": port.direction.value,
        "name": port.name,
        "normal_state": port.normal_state,
        "closed": port.closed,
        "active": port.active,
        "supervised": port.supervised_word,
        "online": port.online,
        "ohms": None if loop is None else _ohms(loop.ohms),
        "contacts": None if port.kind is not PortKind.RELAY else asdict(relays.contacts(port)),
    }


def sensor_states(device: Device) -> list[dict[str, Any]]:
    """The device's list of sensors, as its page shows it; `online` is None before the first verdict."""
    return [
        {
            "number": sensor.number,
            "name": sensor.name,
            "box": sensor.settings.box,
            "address": sensor.settings.address,
            "model": sensor.settings.template.model,
            "probe": _probe(sensor),
            "online": sensor.online,
            "reason": sensor.reason,
            "last_event": sensor.last_event,
            "values": {
                name: {"value": one.value, "quality": one.quality, "limit": one.side, "at": one.at}
                for name, one in sensor.readings.items()
            },
        }
        for sensor in device.sensors or ()
    ]


def _probe(sensor: Sensor) -> tuple[int, int] | None:
    """Function and register of its first value, by which a foreign master can see whether it answers."""
    points = sensor.settings.template.points
    return (points[0].function, points[0].at) if points else None


def _ohms(value: float) -> float | str:
    return "inf" if math.isinf(value) else round(value, 1)
