"""io/port.cgi: read, watch and drive ports by number, counted from one (io-events sheet 1.2).

`check` shows circuits, `checkactive` their meaning. An `action` holds its answer until its last state is reached, as
measured on a real A9210: a pulse of 15 s answers after 15 s. What ends a pulse ends the wait too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from simulator.device.parameter import Level, Refused
from simulator.device.sequence import LONGEST_STEP, check_steps
from simulator.face.exchange import Answer, Endless, Held, Reply
from simulator.face.vapix.call import Call, Route, on_every_product
from simulator.face.vapix.port_monitor import CONTENT_TYPE, KEEP_ALIVE, PortMonitor

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device
    from simulator.device.port import Port
    from simulator.device.sequence import Step
    from simulator.face.exchange import Channel

MOST_PORTS = 256
_ACTION = re.compile(r"([0-9]{0,4})::?([0-9/\\]{0,4096})")
"""A live client sends `9::/` to a real module and it works."""
_PART = re.compile(r"([/\\])|([0-9]{1,12})")
_NUMBER = re.compile(r"[0-9]{1,4}")
DEFAULT_OUTPUT_PORT = "1"


class BadRequest(Exception):
    """Answered with the profile's status and `Error: ...` [guess: no answer is documented]."""


def port(call: Call) -> Reply:
    """One of `check`, `checkactive`, `checkdirection`, `monitor`, `action`."""
    fields = _raw_fields(call)
    for name, act in _ARGUMENTS.items():
        if name in fields:
            try:
                return act(call.device, fields[name])
            except (BadRequest, Refused) as error:
                return refusal(call.device, str(error))
    return refusal(call.device, "one of " + ", ".join(_ARGUMENTS) + " must be given")


def _raw_fields(call: Call) -> dict[str, str]:
    """`\\`, `/` and `:` arrive raw or percent-encoded; a `+` is no space here."""
    head = call.request.head
    text = head.query if head.method != "POST" else call.request.body.decode("utf-8", "replace")
    pairs = (part.partition("=") for part in text.split("&") if part)
    return {unquote(name): unquote(value) for name, _, value in pairs}


def refusal(device: Device, why: str) -> Answer:
    """Status and wording of every error of the text CGIs for ports."""
    return Answer(device.profile.quirks.port_error_status, f"Error: {why}\r\n".encode())


def _lines(device: Device, numbers: str, shown: Callable[[Port], str]) -> Answer:
    text = "".join(f"port{port.id + 1}={shown(port)}\r\n" for port in _ports(device, numbers))
    return Answer(body=text.encode())


def check(device: Device, numbers: str) -> Reply:
    """`port1=0`: 1 is a closed circuit."""
    return _lines(device, numbers, lambda port: "1" if port.closed else "0")


def check_active(device: Device, numbers: str) -> Reply:
    """`port3=active`: the meaning by Input.Trig or Output.Active."""
    return _lines(device, numbers, lambda port: "active" if port.active else "inactive")


def check_direction(device: Device, numbers: str) -> Reply:
    """`port8=input`."""
    return _lines(device, numbers, lambda port: port.direction.value)


def monitor(device: Device, numbers: str) -> Reply:
    """An endless multipart stream of changes.

    VAPIX wants inputs and outputs on separate connections and does not say what happens otherwise; here both come.
    """
    ports = _ports(device, numbers)

    def open_(channel: Channel) -> Callable[[], None]:
        return PortMonitor(device, ports, channel).close

    silence = device.profile.quirks.monitor_keep_alive
    return Endless(CONTENT_TYPE, open_, keep_alive=KEEP_ALIVE, silence=silence)


def action(device: Device, text: str) -> Reply:
    """`8:/5000\\`: active, 5 s later inactive. The answer comes when the last state is reached."""
    number, steps = parsed_action(text)
    (port,) = _ports(device, number)
    if port.is_input:
        raise BadRequest(f"port {number} is an input")
    if not any(milliseconds for _, milliseconds in steps):
        port.run_sequence(steps)
        return Answer()

    def start(deliver: Callable[[Answer], None]) -> Callable[[], None]:
        try:
            port.run_sequence(steps, lambda: deliver(Answer()))
        except Refused as refused:
            deliver(refusal(device, str(refused)))
        return lambda: None  # the relay finishes its pulse whether the client waits or not

    return Held(start)


def parsed_action(text: str) -> tuple[str, tuple[Step, ...]]:
    """Port number and steps. A wait at the end, as one VMS sends it, holds the last state and nothing more.

    Raises BadRequest for what is no action, Refused for more steps than a device runs.
    """
    match = _ACTION.fullmatch(text)
    if match is None or not match[2]:
        raise BadRequest(f"{text[:40]!r} is no action; write for example 4:/ or 4:/500\\")
    steps: list[tuple[bool, int]] = []
    for part in _PART.finditer(match[2]):
        if part[1]:
            steps.append((part[1] == "/", 0))
        elif not steps or steps[-1][1] or int(part[2]) > LONGEST_STEP:
            raise BadRequest(f"{text[:40]!r} has a wait in a wrong place")
        else:
            steps[-1] = (steps[-1][0], int(part[2]))
    return match[1] or DEFAULT_OUTPUT_PORT, check_steps(steps)


def _ports(device: Device, numbers: str) -> list[Port]:
    """The ports named, counted from one."""
    wanted = numbers.split(",")
    if len(wanted) > MOST_PORTS:
        raise BadRequest("too many ports")
    found = []
    for number in wanted:
        if not _NUMBER.fullmatch(number) or int(number) - 1 not in device.ports:
            raise BadRequest(f"no port {number[:20]!r}")
        found.append(device.ports[int(number) - 1])
    return found


_ARGUMENTS: dict[str, Callable[[Device, str], Reply]] = {
    "check": check,
    "checkactive": check_active,
    "checkdirection": check_direction,
    "monitor": monitor,
    "action": action,
}

ROUTES = (Route(("/axis-cgi/io/port.cgi",), port, level=Level.VIEWER, served=on_every_product),)
