"""The control API from outside: any program, any language, any nonsense."""

from __future__ import annotations

import http.client
import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

FLEET = {"seed": 7, "devices": [{"name": "io-1", "model": "A9210"}, {"name": "speaker-1", "model": "C1410"}]}


def serials(fleet: dict[str, Any]) -> list[str]:
    return [device["serial"] for device in fleet["devices"]]


# Fleets


def test_populate_twice_changes_nothing(control):
    first = control.call("PUT", "/v1/fleet", FLEET).body
    control.call("POST", "/v1/actions", {"short": "io-1/input/1"})
    second = control.call("PUT", "/v1/fleet", FLEET).body
    assert second == first
    assert control.call("GET", "/v1/devices/io-1").body["ports"]["1"]["ohms"] == 0, "it is the same fleet"
    assert control.call("GET", "/v1/fleet").body == first


def test_another_populate_replaces_the_fleet(control):
    first = control.call("PUT", "/v1/fleet", FLEET).body
    other = control.call("PUT", "/v1/fleet", {**FLEET, "seed": 8}).body
    assert serials(other) != serials(first)
    control.call("POST", "/v1/devices", {"name": "io-2", "model": "A9210"})
    again = control.call("PUT", "/v1/fleet", {**FLEET, "seed": 8}).body
    assert serials(again) == serials(other), "what was added is gone with it"


def test_reset_is_one_call(control):
    first = control.call("PUT", "/v1/fleet", FLEET).body
    control.call("POST", "/v1/actions", {"short": "io-1/input/1"})
    control.call("POST", "/v1/devices", {"name": "late", "model": "A9210"})
    status, reset = control.call("POST", "/v1/fleet/reset")
    assert status == 200
    assert serials(reset)[:2] == serials(first)
    assert control.call("GET", "/v1/devices/io-1").body["ports"]["1"]["ohms"] != 0
    assert control.call("GET", "/v1/journal?kind=action").body["records"] == []


def test_without_a_fleet_it_says_so_and_what_to_do(control):
    calls = [("GET", "/v1/fleet"), ("POST", "/v1/fleet/reset"), ("GET", "/v1/devices/io-1"), ("GET", "/v1/clock")]
    for method, path in calls:
        answer = control.call(method, path)
        assert answer == (400, {"error": "there is no fleet yet", "hint": "PUT /v1/fleet makes one"})
    assert control.call("DELETE", "/v1/fleet") == (200, {}), "to take nothing away is no mistake"
    health = control.call("GET", "/v1/health").body
    assert health["populated"] is False
    assert not any(health["leaks"].values())


def test_the_fleet_description_lets_an_outside_program_drive_the_bench(control):
    fleet = control.call("PUT", "/v1/fleet", FLEET).body
    for device in fleet["devices"]:
        assert {
            "kind",
            "name",
            "model",
            "firmware",
            "serial",
            "mac",
            "address",
            "ports",
            "credentials",
        } <= device.keys()
        assert {"http", "https"} <= device["ports"].keys()
    assert fleet["control"]["url"] == f"http://{control.host}:{control.port}"
    assert fleet["control"]["actions"] == control.call("GET", "/v1/actions").body
    assert "BEGIN CERTIFICATE" in control.call("GET", "/v1/authority.pem").body


def test_a_refused_device_leaves_nothing_behind(control):
    control.call("PUT", "/v1/fleet", FLEET)
    refused = {"name": "io-2", "model": "A9210", "supervised": {"99": "SerialFirst4k7"}}
    status, told = control.call("POST", "/v1/devices", refused)
    assert status == 404
    assert "io-2/input/99" in told["error"]
    status, added = control.call("POST", "/v1/devices", {"name": "io-2", "model": "A9210"})
    assert status == 200
    assert added["name"] == "io-2"
    assert control.call("POST", "/v1/devices", {"name": "io-2", "model": "A9210"}).status == 400


# Actions


def test_every_verb_of_the_vocabulary_is_offered_with_its_fields(control):
    vocabulary = control.call("GET", "/v1/actions").body
    assert {
        "cut", "short", "open", "close", "restore", "drift", "chatter", "press", "power", "reboot", "unplug", "plug",
        "dhcp", "upgrade", "broker", "fault", "clear", "clock", "note", "set",
    } <= vocabulary.keys()  # fmt: skip
    for verb, told in vocabulary.items():
        assert told["does"], verb
        assert all(field["name"] and field["takes"] and field["means"] for field in told["fields"]), verb


def test_an_action_is_written_into_the_journal_and_done(control):
    control.call("PUT", "/v1/fleet", {**FLEET, "clock": {"mode": "stepped"}})
    number = control.call("POST", "/v1/actions", {"short": "io-1/input/1"}).body["number"]
    control.call("POST", "/v1/clock/advance", {"seconds": 1})
    records = control.call("GET", f"/v1/journal?after={number - 1}&device=io-1").body["records"]
    assert (records[0]["number"], records[0]["kind"], records[0]["what"]) == (number, "action", "short")
    follows = [record for record in records[1:] if record["kind"] == "event"]
    assert follows
    assert {record["cause"] for record in follows} == {number}


@pytest.mark.parametrize(
    ("action", "status", "told"),
    [
        ({"cutt": "io-1/input/1"}, 400, "did you mean 'cut'"),
        ({"cut": "io-9/input/1"}, 404, "did you mean 'io-1'"),
        ({"cut": "io-1/input/99"}, 404, "no input named '99'"),
        ({"cut": "io-1/valve/1"}, 400, "valve"),
        ({"cut": "speaker-1/input/1"}, 400, "speaker-1 has no inputs"),
        ({"cut": "io-1"}, 400, "input"),
        ({"cut": "io-1/input/1", "short": "io-1/input/1"}, 400, "one action has one verb"),
        ({"power": {"device": "io-1", "do": "explode"}}, 400, "explode"),
        ({"clock": {"do": "rate", "rate": 1000}}, 400, "20"),
        ({}, 400, "verb"),
        ([], 400, "verb"),
        ("cut", 400, "verb"),
        (None, 400, "verb"),
    ],
)
def test_a_wrong_action_is_refused_with_a_remedy(control, action, status, told):
    control.call("PUT", "/v1/fleet", FLEET)
    answer = control.raw("POST", "/v1/actions", json.dumps(action).encode())
    assert answer.status == status
    assert told in f"{answer.body['error']}; {answer.body['hint']}"
    assert control.call("GET", "/v1/clock").status == 200


# Time


def test_a_stepped_clock_moves_only_by_advance(control):
    control.call("PUT", "/v1/fleet", {**FLEET, "clock": {"mode": "stepped"}})
    assert control.call("GET", "/v1/clock").body["now"] == 0
    assert control.call("POST", "/v1/clock/advance", {"seconds": 90}).body["now"] == 90
    assert control.call("POST", "/v1/clock/pass", {"limit": 91}).body["now"] <= 91


def test_a_running_clock_cannot_be_advanced(control):
    control.call("PUT", "/v1/fleet", FLEET)
    status, told = control.call("POST", "/v1/clock/advance", {"seconds": 1})
    assert (status, told["hint"]) == (400, "start with clock: stepped")


# The journal


def test_the_journal_is_read_in_parts(control):
    control.call("PUT", "/v1/fleet", FLEET)
    for number in range(5):
        control.call("POST", "/v1/journal", {"kind": "note", "what": f"remark {number}"})
    whole = control.call("GET", "/v1/journal?kind=note").body
    assert [record["what"] for record in whole["records"]] == [f"remark {number}" for number in range(5)]
    part = control.call("GET", f"/v1/journal?kind=note&limit=2&after={whole['records'][1]['number']}").body
    assert [record["what"] for record in part["records"]] == ["remark 2", "remark 3"]
    assert control.call("GET", "/v1/journal?device=speaker-1&kind=note").body["records"] == []


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=1e3", "after=" + "9" * 40, "after=%00"])
def test_a_wrong_query_is_told(control, query):
    control.call("PUT", "/v1/fleet", FLEET)
    status, told = control.call("GET", f"/v1/journal?{query}")
    assert status == 400
    assert "takes a whole number" in told["error"]


# Hostile callers


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "the body is no JSON"),
        (b"\xff\xfe\x00", "the body is no JSON"),
        (b"[" * 100_000, "the body is no JSON"),
        (b'{"devices": ' + b"[" * 60 + b"]" * 60 + b"}", "nested deeper than 40 levels"),
        (b'{"seed": NaN}', "NaN is no number"),
        (b'{"seed": 1e999}', "is too large"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "the body is no JSON"),
        (b"[]", "valid dictionary"),
        (b'{"sead": 1}', "sead: Extra inputs are not permitted"),
        (b'{"devices": [{"name": "IO 1", "model": "A9210"}]}', "devices.0.name"),
        (b'{"devices": [{"name": "io-1", "model": "P9999"}]}', "P9999"),
        (b'{"devices": [{"name": "io-1", "model": "../../etc"}]}', "../../etc"),
        (b'{"devices": [{"name": "io-1", "model": "A9210", "firmware": "../12.9.57"}]}', "devices.0.firmware"),
        (b'{"devices": [{"name": "a", "model": "A9210"}, {"name": "a", "model": "A9210"}]}', "used twice: a"),
        (
            b'{"devices": [{"name": "a", "model": "A9210", "number": 2}, {"name": "b", "model": "C1410"}]}',
            "used twice: 2",
        ),
        (b'{"clock": {"mode": "scaled", "rate": 1000}}', "clock.rate"),
        (b'{"block": 60}', "block"),
        (b'{"site": {"broker": {"address": "no-port"}}}', "address"),
        (b'{"devices": [{"name": "a", "model": "A9210", "network": {"address": "somewhere"}}]}', "address"),
        (b'{"devices": [{"name": "a", "model": "A9210", "parameters": {"Nosuch.Parameter": "1"}}]}', "Nosuch"),
        (
            b'{"devices": [{"name": "a", "model": "A9210", "mqtt": {"keepAliveInterval": "soon"}}]}',
            "keepAliveInterval",
        ),
        (b'{"devices": [{"name": "a", "model": "A9210", "mqtt": {"qos": 7}}]}', "qos"),
    ],
    ids=lambda value: str(value)[:50] if isinstance(value, str) else None,
)
def test_a_hostile_fleet_is_refused_and_the_engine_lives(control, body, told):
    answer = control.raw("PUT", "/v1/fleet", body)
    assert 400 <= answer.status < 500
    assert told in f"{answer.body['error']}; {answer.body['hint']}"
    health = control.call("GET", "/v1/health").body
    assert not health["populated"]
    assert not any(health["leaks"].values())


def test_unknown_calls_are_answered_with_where_to_look(control):
    for method, path, status in [
        ("GET", "/", 404),
        ("GET", "/v1/fleet/", 404),
        ("GET", "/v1/../etc/passwd", 404),
        ("GET", "/v1/devices/a/b", 404),
        ("PATCH", "/v1/fleet", 405),
    ]:
        answer = control.raw(method, path)
        assert answer.status == status, path
        assert answer.body["hint"] == "GET /v1/openapi.json lists all calls"


def test_a_device_that_is_not_there_lists_near_names(control):
    control.call("PUT", "/v1/fleet", FLEET)
    assert control.call("GET", "/v1/devices/io-2") == (
        404,
        {"error": "no device named 'io-2'", "hint": "did you mean 'io-1'?"},
    )
    assert control.call("GET", "/v1/devices/%2e%2e%2fio-1").status == 404


def test_too_large_a_body_is_refused(control):
    answer = control.raw("PUT", "/v1/fleet", b'{"seed": 1' + b" " * (17 << 20) + b"}")
    assert answer.status == 413


def test_pages_of_another_origin_cannot_drive_the_bench(control):
    for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
        answer = control.raw("PUT", "/v1/fleet", json.dumps(FLEET).encode(), Origin=origin)
        assert answer.status == 400
        assert "another origin" in answer.body["error"]
    own = control.raw("GET", "/v1/health", Origin=f"http://{control.host}:{control.port}")
    assert own.status == 200


def test_a_page_cannot_name_the_engine_by_a_name_of_its_own(control):
    """DNS rebinding: a foreign page whose host name has been made to resolve to the loopback address."""
    for browser in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Mode": "cors"}):
        answer = control.raw("GET", "/v1/health", Host="evil.example", **browser)
        assert answer.status == 400
        assert "evil.example" in answer.body["error"]
    assert control.raw("GET", "/v1/health", Host="bench.local").status == 200, "a program may use any name"


def test_half_a_request_holds_nobody_up(control):
    with socket.create_connection((control.host, control.port)) as slow:
        slow.sendall(b"PUT /v1/fleet HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        assert control.call("PUT", "/v1/fleet", FLEET).status == 200
    with socket.create_connection((control.host, control.port)) as rude:
        rude.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 no HTTP at all\r\n\r\n")
        assert rude.recv(100)[:12] in (b"HTTP/1.1 400", b"HTTP/1.0 400")
    assert control.call("GET", "/v1/health").status == 200


def test_the_unix_socket_takes_the_same_calls(engine, control):
    control.call("PUT", "/v1/fleet", FLEET)
    connection = http.client.HTTPConnection("engine")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(engine.caller.address)
    connection.request("GET", "/v1/fleet")
    told = json.loads(connection.getresponse().read())
    connection.close()
    assert told == control.call("GET", "/v1/fleet").body


# The OpenAPI document


def test_the_document_lists_every_call_with_what_it_takes(control):
    document = control.call("GET", "/v1/openapi.json").body
    assert document["openapi"] == "3.1.0"
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    identifiers = [operation["operationId"] for _, _, operation in operations]
    assert len(set(identifiers)) == len(identifiers) >= 18
    for path, method, operation in operations:
        assert operation["summary"]
        assert {"200", "default"} <= operation["responses"].keys()
        named = {part["name"] for part in operation["parameters"] if part["in"] == "path"}
        assert named == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert ("requestBody" in operation) == (method in ("put", "post") and path != "/v1/fleet/reset")


def test_every_reference_of_the_document_resolves(control):
    document = control.call("GET", "/v1/openapi.json").body

    def references(value: Any) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    found = references(document)
    assert found
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference


def test_every_documented_call_is_served(control):
    document = control.call("GET", "/v1/openapi.json").body
    for path, methods in document["paths"].items():
        for method in methods:
            answer = control.raw(
                method.upper(),
                path.replace("{name}", "io-1").replace("{sensor}", "1").replace("{type}", "hugo"),
                b"",
            )
            assert "no control call" not in str(answer.body), f"{method} {path}"
            assert answer.status < 500


def test_the_schema_of_actions_names_each_verb_once(control):
    forms = control.call("GET", "/v1/openapi.json").body["components"]["schemas"]["Action"]["oneOf"]
    verbs = [form["title"] for form in forms]
    assert sorted(verbs) == sorted(control.call("GET", "/v1/actions").body)
    assert all(form["required"] == [form["title"]] for form in forms)


# Fuzz


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_DEVICE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["io-1", "x"]) | st.text(max_size=8),
        "model": st.sampled_from(["A9210", "C1410"]) | _JSON,
    },
    optional={
        "firmware": st.sampled_from(["12.9.57", "11.11", "99.9.9", "1"]) | _JSON,
        "number": st.integers() | _JSON,
        "state": st.sampled_from(["running", "factory", "off"]) | _JSON,
        "account": st.fixed_dictionaries({"user": st.text(max_size=16)}) | _JSON,
        "mqtt": st.dictionaries(st.sampled_from(["qos", "retain", "clientId", "keepAliveInterval"]), _JSON)
        | _JSON,
        "supervised": st.dictionaries(st.integers(-1, 12).map(str), st.sampled_from(["SerialFirst1k", "x"]))
        | _JSON,
        "network": st.dictionaries(st.sampled_from(["address", "static_fallback"]), _JSON) | _JSON,
        "parameters": st.dictionaries(st.sampled_from(["Network.IPAddress", "Time.ServerTimezone", ""]), st.text())
        | _JSON,
    },
)
_VERBS = (
    "cut",
    "drift",
    "press",
    "power",
    "upgrade",
    "broker",
    "fault",
    "clear",
    "clock",
    "dhcp",
    "set",
    "note",
    "hold",
)


@pytest.fixture
def status(engine, control):
    """The status of a call over the kept connection of the Unix socket: an example costs about a millisecond.

    Afterwards the engine must still stand, and must not hold anything but its own.
    """
    control.call("PUT", "/v1/fleet", FLEET)

    def of(method: str, path: str, body: object) -> int:
        return engine.caller._exchange(method, path, json.dumps(body).encode(), {}, 0.0)[0]

    yield of
    assert control.call("DELETE", "/v1/fleet").status == 200
    assert not any(control.call("GET", "/v1/health").body["leaks"].values())


@pytest.mark.timeout(900)
def test_no_call_makes_the_engine_stumble(control, status):
    """Whatever is sent: a clear refusal or a clear success, never a bug, never a stuck engine."""
    document = control.call("GET", "/v1/openapi.json").body
    targets = [
        (method.upper(), path.replace("{name}", "io-1").replace("{sensor}", "1").replace("{type}", "hugo"))
        for path, methods in document["paths"].items()
        for method in methods
        if path not in ("/v1/clock/pass", "/v1/openapi.json")  # one waits by design, the other takes nothing
    ]

    @given(target=st.sampled_from(targets), body=_JSON)
    def any_call(target, body):
        assert status(*target, body) < 500

    any_call()


@pytest.mark.timeout(900)
def test_no_action_makes_the_engine_stumble(status):
    beside = st.dictionaries(st.sampled_from(["do", "for", "to", "device"]), _JSON | st.just("io-1"), max_size=3)

    @given(verb=st.sampled_from(_VERBS), value=_JSON, beside=beside)
    def any_action(verb, value, beside):
        assert status("POST", "/v1/actions", {verb: value, **beside}) < 500

    any_action()


@pytest.mark.timeout(900)
def test_no_device_makes_the_engine_stumble(status):
    @given(device=_DEVICE)
    def any_device(device):
        assert status("POST", "/v1/devices", device) < 500

    any_device()
