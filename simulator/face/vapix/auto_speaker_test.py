"""/vapix/axast: calibrate and run the auto speaker test (audio sheet 5).

Commands travel as JSON in a POST, or in the simple form as arguments of a GET or POST. A fault is HTTP 400 with five
keys; in the simple form the same five as lines.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from simulator.device.parameter import Level
from simulator.device.speaker_test import SpeakerTestRefused
from simulator.face.exchange import Answer, form_fields
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulator.device.device import Device
    from simulator.device.speaker_test import SpeakerTest
    from simulator.face.exchange import Reply

_PREFIX = "axast:"
Shape = dict[str, dict[str, str]]
Fault = dict[str, str | None]


class Writing(Protocol):
    """How an answer is written."""

    def __call__(self, value: Shape | Fault, /) -> bytes: ...


def speaker_test(call: Call) -> Reply:
    """One of the three commands."""
    test = call.device.speaker_test
    assert test is not None, "the path exists where there is a speaker test"
    simple = _simple_fields(call)
    if simple is not None:
        return _answered(test, simple.get("action", ""), _lines)
    if call.request.head.method != "POST":
        return _fault(_json, "ter:ActionNotSupported", "only POST carries JSON")
    try:
        sent = json.loads(call.request.body)
    except (ValueError, RecursionError):
        sent = None
    if not isinstance(sent, dict) or len(sent) != 1:
        return _fault(_json, "ter:InvalidArgs", "the body is an object with one command")
    return _answered(test, next(iter(sent)), _json)


def _simple_fields(call: Call) -> dict[str, str] | None:
    """The arguments of the simple form, in the query or in a form body; None for JSON."""
    query = call.query
    if query.get("format") == "simple":
        return query
    if call.request.head.method == "POST" and call.request.body[:1] not in (b"{", b"["):
        fields = form_fields(call.request.body.decode("utf-8", "replace"))
        return fields if fields.get("format") == "simple" else None
    return None


def _answered(test: SpeakerTest, command: str, write: Writing) -> Answer:
    act = _COMMANDS.get(command.removeprefix(_PREFIX)) if command.startswith(_PREFIX) else None
    if act is None:
        return _fault(write, "ter:ActionNotSupported", f"unknown command {command[:80]!r}")
    try:
        return Answer(body=write(act(test)), content_type=_TYPES[write])
    except SpeakerTestRefused as refused:
        prefix = "ter:" if refused.subcode == "Failure" else _PREFIX
        return _fault(write, f"{prefix}{refused.subcode}", str(refused), code="ter:Action")


def _calibrate(test: SpeakerTest) -> Shape:
    test.calibrate()
    return {}


def _perform(test: SpeakerTest) -> Shape:
    test.perform()
    return {}


def _report(test: SpeakerTest) -> Shape:
    return {
        "SpeakerTestReport": {
            "SpeakerTestStatus": test.status.value,
            "TestTimestamp": _stamp(test.tested_at),
            "CalibrationTimestamp": _stamp(test.calibrated_at),
        }
    }


def _stamp(moment: datetime | None) -> str:
    """UTC with a Z; empty for what has not been done."""
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


_COMMANDS: dict[str, Callable[[SpeakerTest], Shape]] = {
    "CalibrateSpeakerTest": _calibrate,
    "PerformSpeakerTest": _perform,
    "GetSpeakerTestReport": _report,
}


def _fault(write: Writing, subcode: str, reason: str, *, code: str = "") -> Answer:
    """Sender faults are the caller's, receiver faults the device's."""
    content = {
        "Fault": "env:Receiver" if code else "env:Sender",
        "FaultCode": code or "ter:InvalidArgVal",
        "FaultSubCode": subcode,
        "FaultReason": reason,
        "FaultMsg": None,
    }
    return Answer(400, write(content), _TYPES[write])


def _json(value: Shape | Fault) -> bytes:
    return json.dumps(value).encode()


def _lines(value: Shape | Fault) -> bytes:
    """`SpeakerTestReport_TestTimestamp=...`: nesting becomes an underscore, an empty value is empty."""
    lines = []
    for name, content in value.items():
        if isinstance(content, dict):
            lines += [f"{name}_{inner}={text}" for inner, text in content.items()]
        else:
            lines.append(f"{name}={'null' if content is None else content}")
    return "".join(f"{line}\n" for line in lines).encode()


_TYPES: dict[Writing, str] = {_json: "application/json", _lines: "text/plain"}


def has_speaker_test(device: Device) -> bool:
    """Speakers with a microphone have."""
    return device.speaker_test is not None


ROUTES = (
    Route(("/vapix/axast",), speaker_test, level=Level.ADMINISTRATOR, api="speakertest", served=has_speaker_test),
)
