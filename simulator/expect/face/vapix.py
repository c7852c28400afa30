"""What a device answers to an HTTP client that we did not write."""

from __future__ import annotations

from typing import Any

from simulator.action.target import matching
from simulator.errors import UnknownTarget
from simulator.expect.event_name import BY_NAME
from simulator.expect.finding import Finding, Look, status_matches

UNREADABLE = "no answer"
_SUPERVISED_WORDS = {"short": "shorted"}
"""supervisedio.cgi says short where events say shorted (io-events sheet 1.7)."""


def find(look: Look) -> list[Finding]:
    """One finding: what the answers are now, and where they differ."""
    query: Any = look.expectation.query
    told: list[str] = []
    differs: list[str] = []
    for wanted, check in _CHECKS:
        if getattr(query, wanted) not in ("", None):
            text, problems = check(look, query)
            told.append(text)
            differs += problems
    return [Finding("; ".join(told), tuple(differs))]


def port_states(look: Look) -> dict[str, dict[str, str]]:
    """Per port id, what portmanagement.cgi and supervisedio.cgi say: `circuit`, `active`, `supervised`."""
    states: dict[str, dict[str, str]] = {}
    for item in json_data(look, "/axis-cgi/io/portmanagement.cgi", "getPorts").get("items", []):
        active = item["state"] != item["normalState"]
        states[item["port"]] = {"circuit": item["state"], "active": "1" if active else "0"}
    for item in json_data(look, "/axis-cgi/supervisedio.cgi", "getSupervised").get("items", []):
        if item["supervised"]:
            word = _SUPERVISED_WORDS.get(item["state"], item["state"])
            states.setdefault(str(item["port"]), {})["supervised"] = word
    return states


def json_data(look: Look, path: str, method: str) -> dict[str, Any]:
    """The `data` of a JSON call, empty where there is none."""
    answer = look.eyes.ask(look.device, path, method="POST", body={"apiVersion": "1.0", "method": method})
    found = answer.get("json")
    data = found.get("data") if isinstance(found, dict) else None
    return data if isinstance(data, dict) else {}


def _answers(look: Look, query: Any) -> tuple[str, list[str]]:
    answer = look.eyes.ask(look.device, "/axis-cgi/prod_brand_info/getbrand.cgi")
    text = answer.get("error") or f"status {answer['status']}"
    return text, [] if ("status" in answer) == query.answers else [f"answers: {text}"]


def _ready(look: Look, query: Any) -> tuple[str, list[str]]:
    body = {"apiVersion": "1.0", "method": "systemready", "params": {"timeout": 0}}
    answer = look.eyes.ask(look.device, "/axis-cgi/systemready.cgi", method="POST", body=body)
    found = answer.get("json")
    said = found.get("data", {}).get("systemready") if isinstance(found, dict) else UNREADABLE
    wanted = "yes" if query.ready else "no"
    return f"systemready={said}", [] if said == wanted else [f"systemready={said}, not {wanted}"]


def _firmware(look: Look, query: Any) -> tuple[str, list[str]]:
    properties = json_data(look, "/axis-cgi/basicdeviceinfo.cgi", "getAllUnrestrictedProperties")
    version = properties.get("propertyList", {}).get("Version", UNREADABLE)
    return f"firmware={version}", [] if version == query.firmware else [
        f"firmware={version}, not {query.firmware}"
    ]


def _parameter(look: Look, query: Any) -> tuple[str, list[str]]:
    name = query.parameter.removeprefix("root.")
    answer = look.eyes.ask(look.device, f"/axis-cgi/param.cgi?action=list&group=root.{name}")
    line = str(answer.get("text") or answer.get("error")).strip()
    value = line.partition("=")[2]
    return line, [] if value == query.value else [f"{name}={value or line}, not {query.value}"]


def _path(look: Look, query: Any) -> tuple[str, list[str]]:
    answer = look.eyes.ask(look.device, query.path, method=query.method, body=query.body or None)
    if "error" in answer:
        return answer["error"], [f"{query.path}: {answer['error']}"]
    problems = []
    if query.status and not status_matches(query.status, answer["status"]):
        problems.append(f"status={answer['status']}, not {query.status}")
    if query.contains and query.contains not in answer["text"]:
        problems.append(f"without {query.contains!r}: {answer['text'][:200]}")
    return f"{query.path}: {answer['status']}", problems


def _event(look: Look, query: Any) -> tuple[str, list[str]]:
    """The present state of an event, asked of the API that has it."""
    named = BY_NAME.get(query.event)
    read = _STATE_OF.get(query.event)
    if named is None or read is None:
        return "", [f"no VAPIX call shows {query.event}; ask by path, or expect it on event, mqtt or stream"]
    wanted = named.values(query.state)
    texts, problems = [], []
    for name, value in read(look, query).items():
        texts.append(f"{name}={value}")
        if wanted and value not in wanted:
            problems.append(f"{name}={value}, not {query.state or ' or '.join(wanted)}")
    return ", ".join(texts), problems


def _port_value(key: str) -> Any:
    """Reads one state of the port, or of each port where a pattern names several."""

    def read(look: Look, query: Any) -> dict[str, str]:
        states = port_states(look)
        try:
            ids = matching("port", query.port, list(states))
        except UnknownTarget:
            return {query.event: UNREADABLE}
        values = {port: states[port].get(key, UNREADABLE) for port in ids}
        return {query.event if len(ids) == 1 else f"{query.event} {port}": value for port, value in values.items()}

    return read


def _mqtt_client(look: Look, query: Any) -> dict[str, str]:
    status = json_data(look, "/axis-cgi/mqtt/client.cgi", "getClientStatus").get("status", {})
    said = {"connected": "1", "disconnected": "0"}.get(status.get("connectionStatus"), UNREADABLE)
    return {query.event: said}


def _readiness(look: Look, query: Any) -> dict[str, str]:
    said = json_data(look, "/axis-cgi/systemready.cgi", "systemready").get("systemready")
    return {query.event: {"yes": "1", "no": "0"}.get(str(said), UNREADABLE)}


_STATE_OF: dict[str, Any] = {
    "input": _port_value("active"),
    "output": _port_value("active"),
    "relay": _port_value("active"),
    "digital-input": _port_value("active"),
    "supervised": _port_value("supervised"),
    "tampering": _port_value("supervised"),
    "mqtt-client": _mqtt_client,
    "ready": _readiness,
}


_CHECKS = (
    ("answers", _answers),
    ("ready", _ready),
    ("firmware", _firmware),
    ("parameter", _parameter),
    ("path", _path),
    ("event", _event),
)
