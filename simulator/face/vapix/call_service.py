"""`/vapix/call`: the call service (VAPIX, Call service API 2.x; audio sheet 8).

A request is a JSON object with one member, `{"axcall:<Command>": {...}}`, or the simple form,
`?format=simple&action=axcall:<Command>&Key_Sub=value` (see `simple_form.py`); the answer comes in the same form. The
label of the body is not looked at, as the documented examples send JSON with curl's own. A fault is HTTP 400.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simulator.device.call_setting import CallServiceRefused, Fault
from simulator.device.parameter import Level
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.call_account import ACCOUNT_COMMANDS
from simulator.face.vapix.call_command import Asked, Command, Json, one_of
from simulator.face.vapix.call_dtmf import DTMF_COMMANDS
from simulator.face.vapix.call_setup import SETUP_COMMANDS
from simulator.face.vapix.call_status import CALL_COMMANDS
from simulator.face.vapix.envelope import ONE_LINE
from simulator.face.vapix.simple_form import parse_simple, write_simple

if TYPE_CHECKING:
    from simulator.device.device import Device

PREFIX = "axcall:"
LARGEST_REQUEST = 1 << 17
"""Bytes of a request: a guess, with room for a hundred accounts."""

COMMANDS: Final[dict[str, Command]] = {
    **SETUP_COMMANDS,
    **ACCOUNT_COMMANDS,
    **CALL_COMMANDS,
    **DTMF_COMMANDS,
}

_FAULTS: Final = {
    Fault.NOT_FOUND: ("env:Sender", "ter:InvalidArgVal", "ter:NotFound"),
    Fault.INVALID: ("env:Sender", "ter:InvalidArgVal", "ter:InvalidArgVal"),
    Fault.MISSING: ("env:Sender", "ter:InvalidArgs", None),
    Fault.FAILED: ("env:Receiver", "ter:Action", "ter:Failure"),
    Fault.UNSUPPORTED: ("env:Receiver", "ter:ActionNotSupported", "ter:NotSupported"),
}


@dataclass(frozen=True, slots=True)
class _Form:
    """How an answer is written."""

    content_type: str
    write: Callable[[Json], bytes]


_JSON: Final = _Form("application/json", ONE_LINE.bytes_of)
_SIMPLE: Final = _Form("text/plain", lambda content: write_simple(content).encode())


def call_service(call: Call) -> Reply:
    """One command, in either form."""
    form, text = _form_of(call)
    try:
        name, values = _parsed_simple(text) if form is _SIMPLE else _parsed_json(call.request.body)
        command = COMMANDS.get(name)
        if command is None:
            raise CallServiceRefused(Fault.UNSUPPORTED, f"there is no command {name[:64]}")
        refusal = call.demand(command.level)
        if refusal is not None:
            return refusal
        return Answer(body=form.write(_performed(command, call.device, values)), content_type=form.content_type)
    except CallServiceRefused as refused:
        return Answer(400, form.write(_fault(refused)), form.content_type)


def _performed(command: Command, device: Device, values: Json) -> Json:
    service = device.call_service
    assert service is not None  # the path exists only then
    before = service.snapshot()
    try:
        return command.act(Asked(service, values))
    except CallServiceRefused:
        service.restore(before)  # of several entities none is set
        raise


def _fault(refused: CallServiceRefused) -> Json:
    fault, code, subcode = _FAULTS[refused.fault]
    return {
        "Fault": fault,
        "FaultCode": code,
        "FaultSubCode": subcode,
        "FaultReason": str(refused),
        "FaultMsg": None,
    }


def _form_of(call: Call) -> tuple[_Form, str]:
    """The simple form is asked for by `format=simple`, in the query or in a form that is the body."""
    query, body = call.request.head.query, call.request.body
    text = query
    if call.request.head.method == "POST" and body and not body.lstrip().startswith((b"{", b"[")):
        text = "&".join(part for part in (query, body.decode("utf-8", "replace").strip()) if part)
    simple = call.request.head.method != "POST" or call.query.get("format") == "simple"
    return (_SIMPLE if simple or "format=simple" in text.split("&") else _JSON), text


def _parsed_simple(text: str) -> tuple[str, Json]:
    try:
        values = parse_simple(text)
    except MalformedMessage as malformed:
        raise CallServiceRefused(Fault.INVALID, malformed.args[0]) from None
    if values.pop("format", None) != "simple":
        raise CallServiceRefused(Fault.MISSING, "format is missing: format=simple")
    return _command_name(values.pop("action", None)), values


def _parsed_json(body: bytes) -> tuple[str, Json]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise CallServiceRefused(Fault.INVALID, "the request is no JSON") from None
    name, values = one_of(sent)
    if values is not None and not isinstance(values, dict):
        raise CallServiceRefused(Fault.INVALID, f"{name[:64]} is not an object")
    return _command_name(name), values or {}


def _command_name(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise CallServiceRefused(Fault.MISSING, "no command is named")
    return str(name).removeprefix(PREFIX)


def has_call_service(device: Device) -> bool:
    """Speakers have."""
    return device.call_service is not None


ROUTES = (
    Route(
        ("/vapix/call",),
        call_service,
        level=Level.OPERATOR,
        api="sip",
        served=has_call_service,
        body_limit=LARGEST_REQUEST,
    ),
)
