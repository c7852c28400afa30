"""network_settings.cgi and time.cgi: JSON doors to settings that param.cgi shows too."""

from __future__ import annotations

import json
from ipaddress import IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

PATH = "/axis-cgi/network_settings.cgi"
TIME = "/axis-cgi/time.cgi"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.device.network.bring_up()
    return desk


def shape(value: Any) -> Any:
    """Keys in order, values left out."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    return [shape(item) for item in value if isinstance(item, dict)] if isinstance(value, list) else None


def test_get_network_info_has_the_recorded_keys_in_order(desk: Desk) -> None:
    data = desk.rpc(PATH, "getNetworkInfo")["data"]
    assert list(data) == ["system", "devices"]
    assert list(data["system"]) == [
        "tcpEcnMode",
        "maxSupportedVlans",
        "deviceSwitching",
        "hostname",
        "resolver",
        "globalProxies",
    ]
    device = data["devices"][0]
    assert list(device) == [
        "name",
        "type",
        "macAddress",
        "partOfBridge",
        "link",
        "state",
        "staticState",
        "wired",
        "IPv4",
        "IPv6",
    ]
    assert device["macAddress"] == desk.device.parameters["Network.eth0.MACAddress"].lower()
    assert list(device["wired"]["8021X"]) == [
        "enabled",
        "status",
        "mode",
        "configurations",
        "supportedModes",
        "MACsecSecured",
    ]
    assert len(device["wired"]["8021X"]["configurations"]) == 3
    assert device["IPv4"]["staticAddressConfigurations"] == [
        {"address": "192.168.0.90", "prefixLength": 24, "broadcast": "192.168.0.255"}
    ]
    assert (device["IPv4"]["configurationMode"], device["IPv4"]["linkLocalMode"]) == ("dhcp", "fallback")


def test_10_12_lacks_what_its_api_lacks() -> None:
    desk = Desk(firmware="10.12")
    text = desk.ask(
        "POST",
        PATH,
        '{"apiVersion":"1.0","method":"getNetworkInfo"}',
        headers={"content-type": "application/json"},
    )
    for key in (b"maxSupportedVlans", b"globalProxies", b"MACsecSecured", b"linkLocalMode", b"staticState"):
        assert key not in text.body
    assert b"supportedModes" in text.body


def test_pretty_without_a_final_newline_and_strict_about_the_label(desk: Desk) -> None:
    sent = '{"apiVersion":"1.0","method":"getNetworkInfo"}'
    answer = desk.ask("POST", PATH, sent, headers={"content-type": "application/json; charset=utf-8"})
    assert answer.body.startswith(
        b'{\n  "apiVersion": "1.38",\n  "method": "getNetworkInfo",\n  "data": {\n    "system": {'
    )
    assert answer.body.endswith(b"\n}")
    assert answer.content_type == "application/json"
    assert json.loads(desk.ask("POST", PATH, sent).body)["error"]["code"] == 2000


@pytest.mark.parametrize(
    ("method", "version", "error"),
    [
        ("getNetworkInfo", "2.0", {"code": 4001, "message": "The specified version is not supported"}),
        ("fly", "1.0", {"code": 4000, "message": "Method does not exist"}),
    ],
)
def test_recorded_errors_of_family_a(desk: Desk, method: str, version: str, error: Any) -> None:
    assert desk.rpc(PATH, method, version=version)["error"] == error
    bad = desk.ask("POST", PATH, "{", headers={"content-type": "application/json"})
    assert json.loads(bad.body)["error"]["code"] == 3000


def test_a_new_address_is_answered_before_it_is_used(desk: Desk) -> None:
    params = {
        "deviceName": "eth0",
        "configurationMode": "static",
        "staticDefaultRouter": "10.1.2.1",
        "staticAddressConfigurations": [{"address": "10.1.2.3", "prefixLength": 20}],
    }
    moved: list[tuple[str | None, str | None]] = []
    desk.device.network.on_address(lambda old, new: moved.append((old, new)))
    answer = desk.rpc(PATH, "setIPv4AddressConfiguration", params)
    assert answer["data"] == {}
    assert moved == []
    desk.advance(5)
    assert desk.device.network.primary == "10.1.2.3"
    assert moved[-1][1] == "10.1.2.3"
    listed = desk.get(
        "/axis-cgi/param.cgi?action=list&group=Network.BootProto,Network.IPAddress,Network.SubnetMask"
    )
    assert listed == "Network.BootProto=none\nNetwork.IPAddress=10.1.2.3\nNetwork.SubnetMask=255.255.240.0\n"
    ipv4 = desk.rpc(PATH, "getNetworkInfo")["data"]["devices"][0]["IPv4"]
    assert [held["address"] for held in ipv4["addresses"]] == ["10.1.2.3"]
    assert ipv4["defaultRouter"] == "10.1.2.1"
    assert ipv4["staticAddressConfigurations"][0]["broadcast"] == "10.1.15.255"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"deviceName": "eth1"}, 100),
        ({"configurationMode": "auto"}, 101),
        ({"staticDefaultRouter": "10.0.0"}, 102),
        ({"staticAddressConfigurations": "10.0.0.1"}, 103),
        ({"staticAddressConfigurations": ["10.0.0.1"]}, 103),
        ({"staticAddressConfigurations": [{"address": "x", "prefixLength": 24}]}, 104),
        ({"staticAddressConfigurations": [{"address": "10.0.0.1", "prefixLength": True}]}, 105),
        ({"staticAddressConfigurations": [{"address": "10.0.0.1", "prefixLength": 24, "broadcast": 5}]}, 106),
        ({"linkLocalMode": "maybe"}, 109),
        ({"enabled": "yes"}, 111),
    ],
)
def test_wrong_parameters_are_named_by_a_sub_code_and_change_nothing(desk: Desk, params: Any, code: int) -> None:
    before = desk.device.parameters.snapshot()
    sent = {"deviceName": "eth0", "configurationMode": "static", **params}
    error = desk.rpc(PATH, "setIPv4AddressConfiguration", sent)["error"]
    assert (error["code"], error["details"]) == (4004, {"subCode": code})
    assert desk.device.parameters.snapshot() == before


def test_a_missing_device_name_is_its_own_error(desk: Desk) -> None:
    assert desk.rpc(PATH, "setIPv4AddressConfiguration", {})["error"]["code"] == 4003


def test_host_name_and_resolver(desk: Desk) -> None:
    assert (
        desk.rpc(PATH, "setHostnameConfiguration", {"useDhcpHostname": False, "staticHostname": "gate-4"})["data"]
        == {}
    )
    assert desk.device.network.host_name == "gate-4"
    params = {
        "useDhcpResolverInfo": False,
        "staticNameServers": ["10.0.0.2", "10.0.0.3", "10.0.0.4"],
        "staticSearchDomains": ["a.example", "b.example"],
        "staticDomainName": "a.example",
    }
    assert desk.rpc(PATH, "setResolverConfiguration", params)["data"] == {}
    resolver = desk.rpc(PATH, "getNetworkInfo")["data"]["system"]["resolver"]
    assert resolver["nameServers"] == resolver["staticNameServers"] == params["staticNameServers"]
    assert resolver["searchDomains"] == params["staticSearchDomains"]
    assert resolver["domainName"] == "a.example"
    assert "Network.DNSServer2=10.0.0.3" in desk.get("/axis-cgi/param.cgi?action=list&group=Network")
    for wrong, code in (
        ({"useDhcpResolverInfo": 1}, 100),
        ({"staticNameServers": ["x"]}, 101),
        ({"staticNameServers": ["10.0.0.1"] * 4}, 101),
        ({"staticSearchDomains": ["a b"]}, 102),
        ({"staticDomainName": 5}, 103),
    ):
        assert desk.rpc(PATH, "setResolverConfiguration", wrong)["error"]["details"] == {"subCode": code}
    assert desk.rpc(PATH, "setHostnameConfiguration", {"staticHostname": "-x"})["error"]["details"] == {
        "subCode": 100
    }


def test_link_local_mode_and_ipv6(desk: Desk) -> None:
    for mode in ("off", "on", "fallback"):
        desk.rpc(PATH, "setIPv4AddressConfiguration", {"deviceName": "eth0", "linkLocalMode": mode})
        assert desk.rpc(PATH, "getNetworkInfo")["data"]["devices"][0]["IPv4"]["linkLocalMode"] == mode
    desk.rpc(PATH, "setIPv6AddressConfiguration", {"deviceName": "eth0", "enabled": False})
    assert desk.rpc(PATH, "getNetworkInfo")["data"]["devices"][0]["IPv6"]["enabled"] is False


def test_only_administrators_may(desk: Desk) -> None:
    desk.device.accounts.add("olga", "o", ("operator",))
    answer = desk.ask("POST", PATH, "{}", login=("olga", "o"))
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (403, 4002)


# ---- time


def test_the_time_as_documented(desk: Desk) -> None:
    data = desk.rpc(TIME, "getDateTimeInfo")["data"]
    assert data == {
        "dateTime": "2026-03-01T08:00:00Z",
        "localDateTime": "2026-03-01T08:00:00+00:00",
        "maxYearSupported": 2069,
        "posixTimeZone": "UTC0",
        "dstEnabled": True,
    }
    assert "Europe/Prague" in desk.rpc(TIME, "getAll")["data"]["timeZones"]


def test_zones_replace_each_other(desk: Desk) -> None:
    assert desk.rpc(TIME, "setTimeZone", {"timeZone": "Europe/Prague"})["data"] == {"timeZone": "Europe/Prague"}
    data = desk.rpc(TIME, "getDateTimeInfo")["data"]
    assert (data["timeZone"], data["localDateTime"]) == ("Europe/Prague", "2026-03-01T09:00:00+01:00")
    assert "posixTimeZone" not in data
    posix = {"posixTimeZone": "EST5EDT,M3.2.0,M11.1.0", "enableDst": True}
    assert desk.rpc(TIME, "setPosixTimeZone", posix)["data"]["dstEnabled"] is True
    data = desk.rpc(TIME, "getDateTimeInfo")["data"]
    assert (data["posixTimeZone"], data["localDateTime"]) == (posix["posixTimeZone"], "2026-03-01T03:00:00-05:00")
    assert "timeZone" not in data
    assert desk.get("/axis-cgi/param.cgi?action=list&group=Time.POSIXTimeZone").endswith(
        "=EST5EDT,M3.2.0,M11.1.0\n"
    )
    assert desk.rpc(TIME, "resetTimeZone")["data"] == {"status": "success"}
    assert desk.rpc(TIME, "getDateTimeInfo")["data"]["posixTimeZone"] == "UTC0"


def test_the_clock_can_be_set_by_operators_only(desk: Desk) -> None:
    assert desk.rpc(TIME, "setDateTime", {"dateTime": "2030-01-02T03:04:05Z"})["data"] == {
        "dateTime": "2030-01-02T03:04:05Z"
    }
    assert desk.rpc(TIME, "getDateTimeInfo")["data"]["dateTime"] == "2030-01-02T03:04:05Z"
    desk.device.accounts.add("vera", "v", ("viewer",))
    assert "data" in desk.rpc(TIME, "getDateTimeInfo", login=("vera", "v"))
    sent = '{"apiVersion":"1.0","method":"resetTimeZone"}'
    assert desk.ask("POST", TIME, sent, login=("vera", "v")).status == 403


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("setDateTime", {}, 4003),
        ("setDateTime", {"dateTime": "yesterday"}, 4004),
        ("setDateTime", {"dateTime": "1969-01-01T00:00:00Z"}, 4004),
        ("setDateTime", {"dateTime": "9999-12-31T23:59:59-23:59"}, 4004),
        ("setTimeZone", {"timeZone": "Mars/Olympus"}, 4004),
        ("setTimeZone", {"timeZone": 5}, 4004),
        ("setPosixTimeZone", {"posixTimeZone": "nonsense"}, 4004),
        ("setPosixTimeZone", {"posixTimeZone": "UTC0", "enableDst": "yes"}, 4004),
    ],
)
def test_wrong_times_are_refused(desk: Desk, method: str, params: Any, code: int) -> None:
    assert desk.rpc(TIME, method, params)["error"]["code"] == code


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.text(max_size=20),
        st.sampled_from(["10.0.0.1", "eth0", "UTC0"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["address", "prefixLength", "broadcast"]), inner, max_size=3),
    ),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "deviceName",
        "configurationMode",
        "staticAddressConfigurations",
        "staticNameServers",
        "staticSearchDomains",
        "staticHostname",
        "dateTime",
        "timeZone",
        "posixTimeZone",
        "enableDst",
        "linkLocalMode",
        "enabled",
    ]
)


@pytest.mark.timeout(600)
@given(
    call=st.sampled_from(
        [
            (PATH, "setIPv4AddressConfiguration"),
            (PATH, "setResolverConfiguration"),
            (PATH, "setHostnameConfiguration"),
            (TIME, "setDateTime"),
            (TIME, "setTimeZone"),
            (TIME, "setPosixTimeZone"),
        ]
    ),
    params=st.dictionaries(NAMES, JSON, max_size=5),
)
def test_any_parameters_are_data_or_an_error_and_the_device_goes_on(call: tuple[str, str], params: Any) -> None:
    desk = Desk()
    desk.device.network.bring_up()
    answer = desk.rpc(*call, {"deviceName": "eth0", **params})
    assert ("data" in answer) != ("error" in answer)
    desk.advance(10)
    assert "data" in desk.rpc(PATH, "getNetworkInfo")
    assert "data" in desk.rpc(TIME, "getDateTimeInfo")


def test_an_interface_with_ipv6_has_the_link_local_address_of_its_mac() -> None:
    desk = Desk()

    def listed() -> object:
        return desk.rpc(PATH, "getNetworkInfo")["data"]["devices"][0]["IPv6"]["addresses"]

    low = desk.device.identity.serial[6:].lower()
    expected = str(IPv6Address(f"fe80::baa4:4fff:fe{low[:2]}:{low[2:]}"))
    assert listed() == [{"address": expected, "prefixLength": 64, "origin": "linkLocal", "scope": "link"}]
    desk.device.parameters.write("Network.IPv6.Enabled", "no")
    assert listed() == []
