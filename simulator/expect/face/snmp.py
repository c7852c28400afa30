"""What an agent answers to a manager that we did not write, and what it told the site's receiver of traps."""

from __future__ import annotations

import re
from typing import Any

from simulator.expect.finding import Finding, Look, differences

_PORT_TEXT = re.compile(r"Port (\d+) (\w+)")
_PORT_TOPICS = {
    "I/O Port": ("tns1:Device/tnsaxis:IO/Port", "tns1:Device/tnsaxis:IO/OutputPort"),
    "Supervised I/O": ("tns1:Device/tnsaxis:IO/SupervisedPort",),
}
PORT_TRAPS = frozenset(topic for topics in _PORT_TOPICS.values() for topic in topics)
"""Topics of which a trap tells, where every change of a port is an alarm."""
_SWITCH = {"active": "1", "inactive": "0"}


def find_value(look: Look) -> list[Finding]:
    """One finding: the value of the object now."""
    query: Any = look.expectation.query
    answer = look.eyes.ask_snmp(look.device, query.oid, query.version, query.community)
    text = f"{query.oid} = {answer['value']}" if "value" in answer else f"{query.oid}: {answer['error']}"
    wanted = {"value": query.value} if query.value is not None else {}
    if query.type:
        wanted["type"] = query.type
    differs = differences(wanted, answer)
    if query.answers is not None and ("value" in answer) != query.answers:
        differs += (f"answers: {answer.get('error', 'yes')}",)
    elif "error" in answer and query.answers is not False:
        differs = (str(answer["error"]),)
    return [Finding(text, differs)]


def own_addresses(state: dict[str, Any]) -> set[str]:
    """Where a device's traps come from."""
    held = [one["address"] for one in state.get("addresses", ())]
    return {address for address in (state.get("address"), state.get("former_address"), *held) if address}


def port_traps(look: Look, state: dict[str, Any]) -> dict[tuple[str, str], str]:
    """What the last trap about each port said, by topic and port. A trap that was lost leaves an old word behind."""
    own, told = own_addresses(state), {}
    for sighting in look.eyes.seen("trap", 0):
        trap = sighting["data"]
        found = _PORT_TEXT.fullmatch(trap.get("text", ""))
        if trap["source"] in own and found is not None:
            for topic in _PORT_TOPICS.get(trap.get("name", ""), ()):
                told[topic, found[1]] = _SWITCH.get(found[2], found[2])
    return told


_ALARMS = {
    "Casing Open": ("tns1:Device/tnsaxis:Casing/Open", "Open", re.compile("")),
    "External Tamper": ("tns1:Device/tnsaxis:Tampering/External", "active", re.compile(r"port (?P<port>\d+)")),
}
_STATE_OF = {"alarmNew": "1", "alarmCleared": "0"}


def alarm_traps(look: Look, state: dict[str, Any]) -> dict[Any, dict[str, str]]:
    """What the last alarm of each name said: topic and source, to the state item and its value."""
    own, told = own_addresses(state), {}
    for sighting in look.eyes.seen("trap", 0):
        trap = sighting["data"]
        topic, item, pattern = _ALARMS.get(trap.get("name", ""), ("", "", _PORT_TEXT))
        found = pattern.search(trap.get("text", ""))
        if topic and found and trap["source"] in own and trap["trap"] in _STATE_OF:
            source = tuple(found.groupdict().items()) or (("Name", state["casing_name"]),)
            told[topic, source] = {item: _STATE_OF[trap["trap"]]}
    return told


def find_trap(look: Look) -> list[Finding]:
    """Notifications that came from the device's addresses since the moment."""
    query: Any = look.expectation.query
    state = look.eyes.snapshot(look.device) if look.device else {}
    own = own_addresses(state)
    wanted = {
        key: getattr(query, key) for key in ("name", "text", "id", "version", "community") if getattr(query, key)
    }
    wanted |= {f"bindings.{oid}": value for oid, value in query.bindings}
    found = []
    for sighting in look.eyes.seen("trap", look.since.trap):
        told = sighting["data"]
        if look.device and told["source"] not in own:
            continue
        if query.trap and query.trap not in (told["trap"], told["oid"]):
            continue
        flat = {**told, **{f"bindings.{oid}": value for oid, value in told["bindings"].items()}}
        words = " ".join(str(told[key]) for key in ("trap", "id", "name", "text") if key in told)
        found.append(
            Finding(f"{words} from {told['source']}", differences(wanted, flat), None, sighting["number"])
        )
    return found
