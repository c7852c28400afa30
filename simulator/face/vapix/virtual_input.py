"""Virtual inputs and the manual trigger (io-events sheet 1.5).

The XML is that of the VAPIX page "Input and outputs", Virtual input API; errors are HTTP 200 with a `GeneralError`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.port_cgi import BadRequest, parsed_action, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "http://www.axis.com/vapix/http_cgi/virtualinput1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
MISSING, UNKNOWN, BAD_SCHEMA, BAD_DURATION = 10, 20, 30, 50
_MAJOR = re.compile(r"1(\.[0-9]{1,4})?")
_NUMBER = re.compile(r"[0-9]{1,4}")
_SECONDS = re.compile(r"[0-9]{1,10}")


def activate(call: Call) -> Reply:
    """With `duration` it ends by itself; a duration of 0 activates it and deactivates it directly."""
    duration = call.fields.get("duration")

    def act(number: int) -> bool:
        return _activated(call, number, duration)

    return _changed(call, "Activate", act)


def _activated(call: Call, number: int, duration: str | None) -> bool:
    inputs = call.device.virtual_inputs
    if duration is None:
        return inputs.activate(number)
    if not _SECONDS.fullmatch(duration):
        raise Refused("a duration is a whole number of seconds")
    if int(duration):
        return inputs.activate(number, float(duration))
    changed = inputs.activate(number)
    inputs.deactivate(number)
    return changed


def deactivate(call: Call) -> Reply:
    """`StateChanged` is false for one that was inactive already."""
    return _changed(call, "Deactivate", call.device.virtual_inputs.deactivate)


def schema_versions(_call: Call) -> Reply:
    """One schema, 1.1."""
    version = "<MajorVersion>1</MajorVersion><MinorVersion>1</MinorVersion><Deprecated>false</Deprecated>"
    inner = f"<SchemaVersion>{version}</SchemaVersion>"
    return _xml(f"<Success><GetSchemaVersionsSuccess>{inner}</GetSchemaVersionsSuccess></Success>")


def manual_trigger(call: Call) -> Reply:
    """`action=6:/2000\\`: the number is Properties.IO.ManualTriggerNbr; the answer is empty and comes at once."""
    device = call.device
    try:
        number, steps = parsed_action(call.fields.get("action", ""))
    except (BadRequest, Refused) as error:
        return refusal(device, str(error))
    if number != device.parameters.get("Properties.IO.ManualTriggerNbr"):
        return refusal(device, "no such virtual input")
    device.virtual_inputs.trigger(steps)
    return Answer()


def _changed(call: Call, what: str, act: Callable[[int], bool]) -> Reply:
    schema, port = call.fields.get("schemaversion"), call.fields.get("port")
    if schema is None or port is None:
        return _error(MISSING, "Missing argument")
    if not _MAJOR.fullmatch(schema):
        return _error(BAD_SCHEMA, "Schema version not supported")
    if not _NUMBER.fullmatch(port) or not 1 <= int(port) <= call.device.virtual_inputs.count:
        return _error(UNKNOWN, f"No such virtual input: {port[:20]}")
    try:
        changed = act(int(port))
    except Refused:
        return _error(BAD_DURATION, "Invalid duration")
    state = "true" if changed else "false"
    return _xml(f"<Success><{what}Success><StateChanged>{state}</StateChanged></{what}Success></Success>")


def _error(code: int, text: str) -> Answer:
    inner = f"<ErrorCode>{code}</ErrorCode><ErrorDescription>{_printable(text)}</ErrorDescription>"
    return _xml(f"<Error><GeneralError>{inner}</GeneralError></Error>")


def _printable(text: str) -> str:
    """XML cannot carry most control characters, not even escaped."""
    return escape("".join(char if char.isprintable() else "?" for char in text))


def _xml(content: str) -> Answer:
    attributes = (
        f'xmlns="{NAMESPACE}" xmlns:xsi="{_XSI}" SchemaVersion="1.1" '
        f'xsi:schemaLocation="{NAMESPACE} {NAMESPACE}_0.xsd"'
    )
    root = f"<VirtualInputResponse {attributes}>{content}</VirtualInputResponse>"
    return Answer(body=f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode(), content_type="text/xml")


_FOLDER = "/axis-cgi/virtualinput"
ROUTES = (
    Route((f"{_FOLDER}/activate.cgi",), activate, level=Level.OPERATOR),
    Route((f"{_FOLDER}/deactivate.cgi",), deactivate, level=Level.OPERATOR),
    Route((f"{_FOLDER}/getschemaversions.cgi",), schema_versions, level=Level.OPERATOR),
    Route(("/axis-cgi/io/virtualinput.cgi",), manual_trigger, level=Level.VIEWER),
)
