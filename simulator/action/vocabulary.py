"""The list of all actions, and the ways in and out of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from simulator.action.action import Action, read_action
from simulator.action.alarm import Casing, Shake
from simulator.action.broker import Broker
from simulator.action.bus import Bus
from simulator.action.button import Press
from simulator.action.cable import Plug, Unplug
from simulator.action.client import Client
from simulator.action.clock import Clock
from simulator.action.declaration import Record, fields_of, summary_of
from simulator.action.dhcp import Dhcp
from simulator.action.door import MonitorDoor
from simulator.action.hear import Hear
from simulator.action.hook import Call
from simulator.action.jumper import Jumper
from simulator.action.kind import Schemas, shown
from simulator.action.link_fault import Clear, Fault
from simulator.action.module import Module
from simulator.action.note import Note
from simulator.action.page import Page
from simulator.action.phone import PhoneUse
from simulator.action.power import Power, Reboot
from simulator.action.receiver import Receiver
from simulator.action.registrar import RegistrarOrder
from simulator.action.sensor import Sensor
from simulator.action.set import Set
from simulator.action.sip import Sip
from simulator.action.snmp import Snmp
from simulator.action.speaker import Acoustics, Lamp, Microphone, PlayClip, RunSpeakerTest
from simulator.action.upgrade import Hold, Release, Upgrade
from simulator.action.wiring import Chatter, Close, Cut, Drift, Open, Restore, Short
from simulator.action.wiring_fault import Corrode, Fit, Leak, Loosen
from simulator.errors import FleetError, did_you_mean

ACTIONS: Final[tuple[type[Action], ...]] = (
    Cut, Short, Open, Close, Restore, Drift, Chatter,
    Corrode, Leak, Loosen, Fit,
    Jumper,
    Shake, Casing,
    MonitorDoor,
    Press,
    Power, Reboot,
    Unplug, Plug,
    Dhcp,
    Upgrade, Hold, Release,
    Module,
    Broker,
    Receiver,
    Fault, Clear,
    Clock,
    Set,
    Sensor, Bus,
    Snmp,
    Sip,
    RegistrarOrder, PhoneUse,
    Hear, Page,
    PlayClip, Microphone, Acoustics, RunSpeakerTest, Lamp,
    Client,
    Call,
    Note,
)  # fmt: skip
"""Every action there is. A new one is one small dataclass and its line here."""

BY_VERB: Final[Mapping[str, type[Action]]] = {declared.verb: declared for declared in ACTIONS}


def from_mapping(body: object) -> Action:
    """An action from a control call; one key is the verb, as in a scenario step.

    `{"cut": "io-2/input/2"}`, `{"press": "io-2", "for": "25s"}` and `{"press": {"device": "io-2"}}` all do.
    Raises FleetError naming the field and the remedy.
    """
    if not isinstance(body, Mapping) or not all(isinstance(key, str) for key in body):
        raise FleetError("an action is an object with a verb as key", hint='for example {"cut": "io-2/input/2"}')
    verb = verb_of(body)
    return read_action(BY_VERB[verb], value_of(verb, body))


def verb_of(body: Mapping[str, object]) -> str:
    """The one verb among the keys. Raises FleetError when there is none or a second."""
    verbs = [key for key in body if key in BY_VERB]
    if len(verbs) == 1:
        return verbs[0]
    if verbs:
        raise FleetError(f"one action has one verb, not {' and '.join(map(repr, verbs))}", hint="make two of it")
    name = next(iter(body), "")
    raise FleetError(
        f"no verb named {shown(name)}", hint=did_you_mean(name, BY_VERB) or "verbs: " + ", ".join(BY_VERB)
    )


def value_of(verb: str, body: Mapping[str, object]) -> object:
    """The value of a verb with the fields that stand beside it. Raises FleetError where both give fields."""
    beside = {key: value for key, value in body.items() if key != verb}
    if not beside:
        return body[verb]
    shorthand = BY_VERB[verb].shorthand
    if isinstance(body[verb], Mapping) or not shorthand:
        strange = next(iter(beside))
        raise FleetError(f"unknown key {shown(strange)} beside {verb!r}", hint=f"fields of {verb} stand inside it")
    return {shorthand: body[verb], **beside}


def vocabulary() -> dict[str, Any]:
    """The vocabulary for outside programs: verb to family, meaning and fields."""
    return {
        declared.verb: {
            "family": declared.family,
            "does": summary_of(declared),
            "shorthand": declared.shorthand,
            "fields": [
                {"name": f.key, "takes": f.kind.words, "means": f.doc, "required": f.required}
                for f in fields_of(declared)
            ],
        }
        for declared in ACTIONS
    }


def action_schema() -> dict[str, Any]:
    """JSON Schema of one action in a control call: exactly one verb, its fields inside or beside it."""
    schemas = Schemas()
    forms = []
    for declared in ACTIONS:
        form = Record(declared).schema(schemas)
        beside = {f.key: f.kind.schema(schemas) for f in fields_of(declared) if f.key != declared.shorthand}
        forms.append(
            {
                "type": "object",
                "title": declared.verb,
                "properties": {declared.verb: form, **beside},
                "required": [declared.verb],
                "additionalProperties": False,
            }
        )
    definitions = {name: schemas.found[name] for name in sorted(schemas.found)}
    return {"oneOf": _inlined(forms, definitions)}


def _inlined(value: Any, definitions: Mapping[str, Any]) -> Any:
    """The schema without references, so that it can stand anywhere in an OpenAPI document."""
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str):
        return _inlined(definitions[reference.rsplit("/", 1)[1]], definitions)
    return {key: _inlined(item, definitions) for key, item in value.items()}
