"""What the control API can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from simulator.action.vocabulary import action_schema, from_mapping, vocabulary
from simulator.errors import FleetError
from simulator.fleet.control.openapi import openapi
from simulator.fleet.control.route import ControlRequest, ControlRoute
from simulator.fleet.control.sensor_calls import SENSOR_ROUTES
from simulator.fleet.control.sound_calls import SOUND_ROUTES
from simulator.fleet.specification import DeviceSpecification, FleetSpecification
from simulator.journal import Kind
from simulator.resources import VERSION

if TYPE_CHECKING:
    from simulator.journal import Record

MOST_RECORDS = 50_000
"""Records in one answer; ask again from the last number for more."""
LONGEST = 100 * 365 * 86400.0
"""Device seconds: a hundred years."""


class Advance(BaseModel):
    """Move a stepped clock by `seconds`."""

    model_config = ConfigDict(extra="forbid")
    seconds: Annotated[float, Field(ge=0, le=LONGEST)]


class Pass(BaseModel):
    """Let time pass up to device time `limit`: to the next deadline of a stepped clock, else a moment."""

    model_config = ConfigDict(extra="forbid")
    limit: Annotated[float, Field(ge=0, le=LONGEST)]


class Remark(BaseModel):
    """A record written by the runner: the steps of a scenario and their verdicts."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind = Kind.NOTE
    device: str = ""
    what: str
    data: dict[str, Any] = Field(default_factory=dict)


async def health(request: ControlRequest) -> dict[str, Any]:
    engine = request.engine
    return {
        "version": VERSION,
        "control": engine.control_address,
        "populated": engine.populated,
        "leaks": engine.leaks(),
    }


async def describe_calls(request: ControlRequest) -> dict[str, Any]:
    return openapi(ROUTES, version=VERSION, actions=action_schema())


async def populate(request: ControlRequest) -> dict[str, Any]:
    return (await request.engine.populate(request.body)).description(request.engine.control_address)


async def describe_fleet(request: ControlRequest) -> dict[str, Any]:
    return request.engine.bench.description(request.engine.control_address)


async def clear(request: ControlRequest) -> dict[str, Any]:
    await request.engine.clear()
    return {}


async def reset(request: ControlRequest) -> dict[str, Any]:
    return (await request.engine.reset()).description(request.engine.control_address)


async def add_device(request: ControlRequest) -> dict[str, Any]:
    return (await request.engine.bench.add(request.body)).description()


async def describe_device(request: ControlRequest) -> dict[str, Any]:
    return request.engine.bench.snapshot(request.path["name"])


async def describe_entry(request: ControlRequest) -> dict[str, Any]:
    return request.engine.bench.host(request.path["name"]).description()


async def list_states(request: ControlRequest) -> list[dict[str, Any]]:
    return request.engine.bench.states(request.path["name"])


async def list_actions(request: ControlRequest) -> dict[str, Any]:
    return vocabulary()


async def act(request: ControlRequest) -> dict[str, Any]:
    """One key is the verb, as in a scenario step: `{"cut": "io-2/input/3"}`."""
    bench = request.engine.bench
    record = await bench.apply(from_mapping(request.body))
    return {"number": record.number, "at": record.at}


async def read_journal(request: ControlRequest) -> dict[str, Any]:
    query, bench = request.query, request.engine.bench
    after, limit = _number(query, "after", 0), _number(query, "limit", MOST_RECORDS)
    kinds = set(query["kind"].split(",")) if query.get("kind") else None
    device = query.get("device")
    found: list[dict[str, Any]] = []
    for record in bench.journal.since(after):
        if len(found) >= min(limit, MOST_RECORDS):
            break
        if _wanted(record, kinds, device):
            found.append(record.as_json())
    return {"records": found, "last": bench.journal.last_number, "dropped": bench.journal.dropped}


async def remark(request: ControlRequest) -> dict[str, Any]:
    body: Remark = request.body
    record = request.engine.bench.journal.append(body.kind, body.device, body.what, **body.data)
    return {"number": record.number, "at": record.at}


async def open_ends(request: ControlRequest) -> dict[str, list[str]]:
    return request.engine.bench.open_ends()


async def silent(request: ControlRequest) -> list[str]:
    return request.engine.bench.silent()


async def read_clock(request: ControlRequest) -> dict[str, Any]:
    return request.engine.bench.clock_state()


async def advance(request: ControlRequest) -> dict[str, Any]:
    bench = request.engine.bench
    await bench.advance(request.body.seconds)
    return bench.clock_state()


async def pass_time(request: ControlRequest) -> dict[str, Any]:
    bench = request.engine.bench
    await bench.pass_time(request.body.limit)
    return bench.clock_state()


async def list_faults(request: ControlRequest) -> list[dict[str, Any]]:
    return request.engine.bench.faults()


async def authority(request: ControlRequest) -> str:
    return request.engine.bench.authority_pem()


async def list_phones(request: ControlRequest) -> list[dict[str, Any]]:
    return request.engine.bench.premises.telephony.describe_phones()


async def list_registrars(request: ControlRequest) -> list[dict[str, Any]]:
    return request.engine.bench.premises.telephony.describe_registrars()


def _wanted(record: Record, kinds: set[str] | None, device: str | None) -> bool:
    return (kinds is None or record.kind in kinds) and (device is None or record.device == device)


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdecimal() or len(text) > 15:
        raise FleetError(f"query parameter {name} takes a whole number, not {text!r}")
    return int(text)


_JOURNAL_QUERY = {
    "after": "only records with a higher number",
    "kind": "kinds, comma separated: " + ", ".join(Kind),
    "device": "name of a device, `site`, or empty for the fleet",
    "limit": f"at most this many, up to {MOST_RECORDS}",
}

ROUTES: tuple[ControlRoute, ...] = (
    ControlRoute("GET", "/v1/health", "Version and state of the engine", health),
    ControlRoute("GET", "/v1/openapi.json", "This document", describe_calls),
    ControlRoute("PUT", "/v1/fleet", "Make a fleet; the same twice changes nothing", populate, FleetSpecification),
    ControlRoute("GET", "/v1/fleet", "What fleet.json holds: devices, addresses, credentials", describe_fleet),
    ControlRoute("DELETE", "/v1/fleet", "Take the fleet away", clear),
    ControlRoute("POST", "/v1/fleet/reset", "The same fleet anew", reset),
    ControlRoute("POST", "/v1/devices", "Put one more device on the bench", add_device, DeviceSpecification),
    ControlRoute("GET", "/v1/devices/{name}", "The true state of one device", describe_device),
    ControlRoute("GET", "/v1/devices/{name}/description", "Its entry of fleet.json, as of now", describe_entry),
    ControlRoute("GET", "/v1/devices/{name}/states", "Every lasting state of its event system", list_states),
    *SENSOR_ROUTES,
    *SOUND_ROUTES,
    ControlRoute("GET", "/v1/actions", "What hands can do: verbs and their fields", list_actions),
    ControlRoute("POST", "/v1/actions", "Do one action; the one key is the verb", act),
    ControlRoute("GET", "/v1/journal", "Records of the journal", read_journal, query=_JOURNAL_QUERY),
    ControlRoute("POST", "/v1/journal", "Write a remark", remark, Remark),
    ControlRoute("GET", "/v1/clock", "Device time and mode", read_clock),
    ControlRoute("POST", "/v1/clock/advance", "Move a stepped clock", advance, Advance),
    ControlRoute("POST", "/v1/clock/pass", "Let time pass a little, up to a limit", pass_time, Pass),
    ControlRoute("GET", "/v1/open-ends", "What clients hold open", open_ends),
    ControlRoute("GET", "/v1/silent", "Devices that nobody can reach now: off, unplugged, restarting", silent),
    ControlRoute("GET", "/v1/faults", "Link faults in force", list_faults),
    ControlRoute("GET", "/v1/phones", "What each SIP phone of the site shows and hears", list_phones),
    ControlRoute("GET", "/v1/registrars", "The site's own SIP registrars and their bindings", list_registrars),
    ControlRoute("GET", "/v1/authority.pem", "The authority that signed the fleet's certificates", authority),
)
