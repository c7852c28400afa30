"""Virtual inputs and the manual trigger (io-events sheet 1.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.port_cgi import BadRequest, parsed_action

if TYPE_CHECKING:
    from collections.abc import Callable

NAMESPACE = "http://www.axis.com/vapix/http_cgi/virtualinput1"
MISSING, UNKNOWN, BAD_SCHEMA, BAD_DURATION = 10, 20, 30, 50


def activate(call: Call) -> Reply:
    """With `duration` it ends by itself."""

    def act(number: int) -> bool:
        return call.device.virtual_inputs.activate(number, _duration(call.fields.get("duration")))

    return _changed(call, "Activate", act)


def deactivate(call: Call) -> Reply:
    return _changed(call, "Deactivate", call.device.virtual_inputs.deactivate)


def schema_versions(_call: Call) -> Reply:
    version = "<SchemaVersion><VersionNumber>1.1</VersionNumber><Deprecated>false</Deprecated></SchemaVersion>"
    return _xml(f"<Success><GetSchemaVersionsSuccess>{version}</GetSchemaVersionsSuccess></Success>")


def manual_trigger(call: Call) -> Reply:
    """`action=6:/`: the number is Properties.IO.ManualTriggerNbr; the answer is empty."""
    try:
        number, steps = parsed_action(call.fields.get("action", ""))
    except BadRequest as error:
        return Answer(400, f"Error: {error}\r\n".encode(), "text/plain")
    if number != call.device.parameters.get("Properties.IO.ManualTriggerNbr"):
        return Answer(400, b"Error: no such virtual input\r\n", "text/plain")
    call.device.virtual_inputs.trigger(steps)
    return Answer(body=b"", content_type="text/plain")


class _Duration(Exception):
    """No duration."""


def _duration(text: str | None) -> float | None:
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII):
        raise _Duration
    return float(text)


def _changed(call: Call, what: str, act: Callable[[int], bool]) -> Reply:
    schema, port = call.fields.get("schemaversion"), call.fields.get("port")
    if schema is None or port is None:
        return _error(MISSING, "Missing argument")
    if schema.partition(".")[0] != "1":
        return _error(BAD_SCHEMA, "Schema version not supported")
    if not re.fullmatch(r"\d{1,4}", port, re.ASCII) or not 1 <= int(port) <= call.device.virtual_inputs.count:
        return _error(UNKNOWN, f"No such virtual input: {port[:20]}")
    try:
        changed = act(int(port))
    except (_Duration, Refused):
        return _error(BAD_DURATION, "Invalid duration")
    state = "true" if changed else "false"
    return _xml(f"<Success><{what}Success><StateChanged>{state}</StateChanged></{what}Success></Success>")


def _error(code: int, text: str) -> Answer:
    inner = f"<ErrorCode>{code}</ErrorCode><ErrorDescription>{escape(text)}</ErrorDescription>"
    return _xml(f"<Error><GeneralError>{inner}</GeneralError></Error>")


def _xml(content: str) -> Answer:
    root = f'<VirtualInputResponse xmlns="{NAMESPACE}" SchemaVersion="1.1">{content}</VirtualInputResponse>'
    return Answer(body=f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode(), content_type="text/xml")


_FOLDER = "/axis-cgi/virtualinput"
ROUTES = (
    Route((f"{_FOLDER}/activate.cgi",), activate, level=Level.OPERATOR),
    Route((f"{_FOLDER}/deactivate.cgi",), deactivate, level=Level.OPERATOR),
    Route((f"{_FOLDER}/getschemaversions.cgi",), schema_versions, level=Level.OPERATOR),
    Route(("/axis-cgi/io/virtualinput.cgi",), manual_trigger, level=Level.VIEWER),
)
