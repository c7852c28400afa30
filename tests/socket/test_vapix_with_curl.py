"""A new user with `curl --digest`: set up, read, drive the relay, watch inputs; and everything that is wrong.

The fleet's clock is stepped: what takes device time takes exactly as much as is given, and a client waits for nothing
else. After each test a neighbour on the same engine must be as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from vapix_fleet import curl, fleet, running_curl, until

from simulator.fleet.handle import IoModule
from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("curl")

PORT, PORTS, GROUPS = "/axis-cgi/io/port.cgi", "/axis-cgi/io/portmanagement.cgi", "/axis-cgi/usergroup.cgi"
PARAM, ACCOUNTS, READY = "/axis-cgi/param.cgi", "/axis-cgi/pwdgrp.cgi", "/axis-cgi/systemready.cgi"
MQTT_CLIENT, MQTT_LIMIT, TOO_LARGE = "/axis-cgi/mqtt/client.cgi", 131_072, 2106
FIRST = "action=add&user=root&pwd=pass%20word%26%3D%2B&grp=root&sgrp=admin:operator:viewer:ptz"
FIRST_LOGIN = "root:pass word&=+"
APACHES = "text/html; charset=ISO-8859-1"
PART = b"--ioboundary\r\nContent-Type: text/plain\r\n\r\n"
JSON = ("-H", "Content-Type: application/json")
NUMBERS = count(1)
TEN_DAYS = 864_000
"""A lease that is not renewed while these tests run."""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    neighbour = {"name": "neighbour", "model": "A9210", "number": 200}
    with fleet(neighbour, site={"dhcp": {"lease": TEN_DAYS}}) as made:
        yield made


@pytest.fixture(autouse=True)
def _undisturbed(session: Session) -> Iterator[None]:
    """Nothing that a test does to its device shows at the device beside it."""
    url, before, last = session["neighbour"].url, state(session), session.journal()["last"]
    yield
    assert state(session) == before
    assert session.journal(last, device="neighbour")["records"] == []
    answer = curl(url + GROUPS)
    assert (answer.status, answer.body) == (200, "root\nadmin operator viewer ptz\n")


def state(session: Session) -> dict[str, object]:
    """All that is true of the neighbour but the time."""
    return {name: value for name, value in session.snapshot("neighbour").items() if name not in ("at", "uptime")}


@pytest.fixture
def io(session: Session) -> IoModule:
    """A device of this test's own."""
    made = session.add(f"io-{next(NUMBERS)}", model="A9210")
    assert isinstance(made, IoModule)
    return made


# ---- a new user


def test_the_first_administrator_of_a_factory_device(session: Session) -> None:
    url = session.add("new", model="A9210", state="factory").url
    asked = '{"apiVersion":"1.0","method":"systemready","params":{"timeout":20}}'
    ready = curl("-d", asked, url + READY, login="")
    assert json.loads(ready.body)["data"]["needsetup"] == "yes"
    assert curl(url + GROUPS, login="root:anything").status == 401
    created = curl("-d", FIRST, url + ACCOUNTS, login="")
    assert (created.status, "Created account root." in created.body) == (200, True)
    brand = curl(f"{url}{PARAM}?action=list&group=root.Brand.Brand,root.Brand.ProdNbr", login=FIRST_LOGIN)
    assert brand.body == "root.Brand.Brand=AXIS\nroot.Brand.ProdNbr=A9210\n"
    assert curl("-d", FIRST, url + ACCOUNTS, login="").status == 401
    assert json.loads(curl("-d", asked, url + READY, login="").body)["data"]["needsetup"] == "no"


@pytest.mark.parametrize(
    ("on", "off"),
    [("1:/", "1:\\"), ("1%3A%2F", "1%3A%5C"), ("1%3a%2f", "1%3a%5c"), ("1::/", "1::\\"), (":/", ":\\")],
)
def test_the_relay_is_toggled(io: IoModule, on: str, off: str) -> None:
    answer = curl(f"{io.url}{PORT}?action={on}")
    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", "")
    assert io.relay.closed
    assert curl(f"{io.url}{PORT}?checkactive=1").body == "port1=active\r\n"
    assert curl(f"{io.url}{PORT}?action={off}").status == 200
    assert not io.relay.closed


def test_the_relay_is_toggled_by_post_and_by_json(io: IoModule) -> None:
    assert curl("-d", "action=1:/", io.url + PORT).status == 200
    assert io.relay.active
    asked = '{"apiVersion":"1.0","method":"setPorts","params":{"ports":[{"port":"0","state":"open"}]}}'
    assert json.loads(curl(*JSON, "-d", asked, io.url + PORTS).body)["data"] == {"ports": ["0"]}
    assert not io.relay.active


# ---- pulses


def test_a_pulse_answers_when_it_ends(session: Session, io: IoModule) -> None:
    with running_curl(f"{io.url}{PORT}?action=1:/15000\\") as client:
        until(lambda: io.relay.active)
        session.advance(14.9)
        assert client.running
        assert io.relay.active
        session.advance(0.2)
        answer = client.answer()
    assert (answer.status, answer.body) == (200, "")
    assert not io.relay.active


def test_another_command_ends_the_pulse_and_the_wait(session: Session, io: IoModule) -> None:
    with running_curl(f"{io.url}{PORT}?action=1%3A%2F15000%5C") as client:
        until(lambda: io.relay.active)
        session.advance(5)
        assert curl(f"{io.url}{PORT}?action=1:\\").status == 200
        assert client.answer().status == 200
    assert not io.relay.active


def test_a_new_pulse_restarts_the_time(session: Session, io: IoModule) -> None:
    target = f"{io.url}{PORT}?action=1:/10000\\"
    with running_curl(target) as first, running_curl_later(session, io, target, 6) as second:
        assert first.answer().status == 200
        session.advance(9.5)
        assert io.relay.active
        assert second.running
        session.advance(0.6)
        assert second.answer().status == 200
    assert not io.relay.active


def running_curl_later(session: Session, io: IoModule, target: str, seconds: float):
    """Once the first pulse has run for a while; the second has begun when the first is answered."""
    until(lambda: io.relay.active)
    session.advance(seconds)
    return running_curl(target)


def test_a_client_that_gives_up_leaves_the_relay_to_finish(session: Session, io: IoModule) -> None:
    """As clients with a time-out of a few seconds do."""
    with running_curl(f"{io.url}{PORT}?action=1:/15000\\") as client:
        until(lambda: io.relay.active)
        session.advance(5)
        client.kill()
    gone = {"connection"}
    until(lambda: "closed" in {r["what"] for r in session.journal(device=io.name)["records"] if r["kind"] in gone})
    assert io.relay.active
    session.advance(9.9)
    assert io.relay.active
    session.advance(0.2)
    assert not io.relay.active


# ---- watching


def test_monitor_tells_what_is_and_what_changes(session: Session, io: IoModule) -> None:
    with running_curl(f"{io.url}{PORT}?monitor=2,3") as client:
        first = PART + b"2I:L\r\n" + PART + b"3I:L\r\n"
        assert client.read(len(first)) == first
        for deed, code in ((io.input(1).close, b"/"), (io.input(1).open, b"\\"), (io.input(1).short, b"/")):
            deed()
            session.advance(1)
            told = PART + b"2I:" + code + b"\r\n"
            assert client.read(len(told)) == told
        assert client.running


def test_monitor_of_an_output_follows_every_door(io: IoModule) -> None:
    with running_curl(f"{io.url}{PORT}?monitor=1") as client:
        length = len(PART + b"1O:L\r\n")
        assert client.read(length) == PART + b"1O:L\r\n"
        asked = '{"apiVersion":"1.0","method":"setPorts","params":{"ports":[{"port":"0","state":"closed"}]}}'
        curl(*JSON, "-d", asked, io.url + PORTS)
        assert client.read(length) == PART + b"1O:/\r\n"
        curl(f"{io.url}{PORT}?action=1:\\")
        assert client.read(length) == PART + b"1O:\\\r\n"


# ---- what is wrong


@pytest.mark.parametrize("login", ["root:wrong", "nobody:pass", "root:"])
def test_a_wrong_password_costs_the_client_a_moment_and_the_device_none(
    session: Session, io: IoModule, login: str
) -> None:
    before = session.clock()["now"]
    answer = curl(io.url + GROUPS, login=login)
    assert (answer.status, answer.content_type) == (401, APACHES)
    assert "<h1>Unauthorized</h1>" in answer.body
    assert answer.seconds >= 0.21
    assert session.clock()["now"] == before
    assert curl(io.url + GROUPS).status == 200


def test_a_wrong_role_is_forbidden_as_its_cgi_says_it(io: IoModule) -> None:
    for name, roles in (("vera", "viewer"), ("olga", "operator:viewer")):
        added = curl("-d", f"action=add&user={name}&pwd=secret&grp=users&sgrp={roles}", io.url + ACCOUNTS)
        assert f"Created account {name}." in added.body
    viewer, operator = "vera:secret", "olga:secret"
    page = curl(f"{io.url}{ACCOUNTS}?action=get", login=viewer)
    assert (page.status, page.content_type, "<h1>Forbidden</h1>" in page.body) == (403, APACHES, True)
    body = '{"apiVersion":"1.0","method":"setPorts","params":{"ports":[{"port":"0","state":"closed"}]}}'
    refused = curl(*JSON, "-d", body, io.url + PORTS, login=viewer)
    assert (refused.status, json.loads(refused.body)["error"]["code"]) == (403, 2105)
    assert not io.relay.active
    assert curl(*JSON, "-d", body, io.url + PORTS, login=operator).status == 200
    assert io.relay.active


@pytest.mark.parametrize("path", ["/axis-cgi/nothing.cgi", "/axis-cgi/playclip.cgi?clip=32", "/config/nothing"])
@pytest.mark.parametrize("login", ["", "root:pass", "root:wrong"])
def test_what_the_product_does_not_have(io: IoModule, path: str, login: str) -> None:
    answer = curl(io.url + path, login=login)
    assert (answer.status, answer.content_type) == (404, APACHES)
    assert "<title>404 Not Found</title>" in answer.body


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (PORTS, 2101),
        ("/axis-cgi/supervisedio.cgi", 2101),
        (MQTT_CLIENT, 2101),
        ("/axis-cgi/basicdeviceinfo.cgi", 4000),
        ("/axis-cgi/network_settings.cgi", 3000),
        ("/axis-cgi/firmwaremanagement.cgi", 400),
        (READY, 1000),
    ],
)
@pytest.mark.parametrize("body", ["{", "", "\x01", "[" * 100_000, '{"a":' * 100_000, "null", '{"method": NaN'])
def test_broken_json_is_an_error_of_the_api(io: IoModule, tmp_path: Path, path: str, code: int, body: str) -> None:
    sent = tmp_path / "body"
    sent.write_text(body)
    answer = curl(*JSON, "--data-binary", f"@{sent}", io.url + path)
    wanted = TOO_LARGE if path == MQTT_CLIENT and len(body) > MQTT_LIMIT else code
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (200, wanted)


@pytest.mark.parametrize("path", [PARAM, PORTS, PORT])
@pytest.mark.parametrize(
    "label", [("-H", "Expect: 100-continue"), ("-H", "Expect:"), ("-H", "Transfer-Encoding: chunked")]
)
def test_ten_megabytes_are_too_many(io: IoModule, tmp_path: Path, path: str, label: tuple[str, str]) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"a" * 10_000_000)
    body = (*label, "--data-binary", f"@{large}", io.url + path)
    answer = curl(*body)
    assert (answer.status, answer.content_type) == (413, APACHES)
    assert curl(*body, login="").status == 401
    assert curl(io.url + GROUPS).status == 200


def test_a_thousand_header_lines_are_too_many(io: IoModule) -> None:
    lines = [part for number in range(1000) for part in ("-H", f"X-Line-{number}: {number}")]
    answer = curl(*lines, io.url + GROUPS)
    assert (answer.status, answer.content_type) == (400, APACHES)
    assert "<h1>Bad Request</h1>" in answer.body
    assert curl(*lines[:180], io.url + GROUPS).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/../etc/passwd", 400),
        ("/axis-cgi/../../etc/passwd", 400),
        ("/%2e%2e/etc/passwd", 400),
        ("/axis-cgi/%2e%2e/%2E%2E/etc/passwd", 400),
        ("/axis-cgi/..%2f..%2fetc/passwd", 404),
        ("/axis-cgi/..%5c..%5cetc%5cpasswd", 404),
        ("/axis-cgi/usergroup.cgi%00.html", 400),
        ("/axis-cgi/%75sergroup.cgi%2f", 404),
        ("/axis-cgi/../axis-cgi/usergroup.cgi", 200),
        ("/axis-cgi/./%75sergroup.cgi", 200),
        ("/axis-cgi/usergroup.cgi?x=../../etc/passwd", 200),
        ("/" + "a" * 9000, 414),
    ],
)
def test_paths_that_climb(io: IoModule, path: str, status: int) -> None:
    answer = curl(io.url + path)
    assert (answer.status, "root:x:" in answer.body) == (status, False)
    if status >= 400:
        assert answer.content_type == APACHES
