"""Shipped profiles against the facts of the core sheet, and what happens to data that cannot be read."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.device import profile_table
from simulator.device.parameter import Definition, Level, Survival
from simulator.device.profile import Profile, firmwares, load_profile, models
from simulator.device.profile_table import definition, table
from simulator.errors import FleetError, UnknownTarget
from simulator.resources import folder

SHIPPED = [(model, firmware) for model in models() for firmware in firmwares(model)]
FILES = sorted(folder("profiles").rglob("*.yaml"))


class Label:
    serial = "B8A44F0A0B0C"
    host_name = "axis-b8a44f0a0b0c"


def every_definition(profile: Profile) -> dict[str, Definition]:
    return dict(profile.parameters) | {d.name: d for d in profile.identity_definitions(Label())}


def value(profile: Profile, name: str) -> str | None:
    found = every_definition(profile).get(name)
    return None if found is None else found.default


def test_both_models_ship_on_three_tracks() -> None:
    assert models() == ("A9210", "C1410")
    for model in models():
        assert firmwares(model) == ("10.12.130", "11.11.192", "12.9.57")


@pytest.mark.parametrize(("model", "firmware"), SHIPPED)
class TestEveryProfile:
    def test_no_name_is_both_leaf_and_branch(self, model: str, firmware: str) -> None:
        names = set(every_definition(load_profile(model, firmware)))
        branches = {name[: dot.start()] for name in names for dot in re.finditer(r"\.", name)}
        assert not names & branches  # client-facts 2.2

    def test_nothing_of_a_camera_and_nothing_a_component_adds(self, model: str, firmware: str) -> None:
        names = every_definition(load_profile(model, firmware))
        assert not [
            n for n in names if re.match(r"Properties\.Image|ImageSource|Image\.|IOPort\.|MediaClip\.M\d", n)
        ]

    def test_what_clients_read_first_is_there(self, model: str, firmware: str) -> None:
        """Client-facts 2.2, item 8."""
        profile = load_profile(model, firmware)
        assert value(profile, "Properties.API.HTTP.Version") == "3"
        assert value(profile, "Properties.API.Metadata.Metadata") == "yes"
        assert value(profile, "Properties.API.Metadata.Version") == "1.0"
        assert value(profile, "Properties.Firmware.Version") == firmware
        assert value(profile, "Properties.Firmware.BuildNumber") == "1"
        assert value(profile, "Properties.Firmware.BuildDate") == profile.product.build_date
        assert value(profile, "Properties.System.SerialNumber") == Label.serial

    def test_no_placeholder_is_left(self, model: str, firmware: str) -> None:
        assert not [n for n, d in every_definition(load_profile(model, firmware)).items() if "{" in d.default]

    def test_every_factory_value_is_accepted_and_every_level_is_one(self, model: str, firmware: str) -> None:
        for one in every_definition(load_profile(model, firmware)).values():
            assert one.checked(one.default) == one.default
            assert {one.read, one.write} <= set(Level)
            if one.kind in {"bool", "enum"} and one.write is not Level.INTERNAL:
                assert one.choices, one.name

    def test_identity_goes_everywhere(self, model: str, firmware: str) -> None:
        """Core sheet 0.3."""
        profile = load_profile(model, firmware)
        short_name = profile.product.prod_short_name
        assert value(profile, "Network.eth0.MACAddress") == "B8:A4:4F:0A:0B:0C"
        assert value(profile, "Network.HostName") == "axis-b8a44f0a0b0c"
        assert value(profile, "Network.VolatileHostName.HostName") == "axis-b8a44f0a0b0c"
        assert value(profile, "Network.Interface.I0.dot1x.EAPTLS.Identity") == "axis-b8a44f0a0b0c"
        assert value(profile, "Network.UPnP.FriendlyName") == f"{short_name} - B8A44F0A0B0C"
        assert every_definition(profile)["Properties.System.SerialNumber"].survival is Survival.ALWAYS

    def test_api_versions_and_topics_are_well_formed(self, model: str, firmware: str) -> None:
        profile = load_profile(model, firmware)
        for api in profile.apis.values():
            assert re.fullmatch(r"\d+\.\d+", api.version)
            assert re.fullmatch(r"\d+\.\d+", api.answers)
            assert api.doc_link.startswith("https://www.axis.com") == (api.status == "official")
            assert not api.path or api.path.startswith("/")
        for topic, declared in profile.catalogue.items():
            assert re.match(r"(tns1|tnsaxis):[A-Z]\w+/", topic)
            assert declared.topic == topic
            assert declared.nice_name
            assert declared.data or not declared.stateful


NAMES = {
    "A9210": ("A9210", "AXIS A9210", "Network I/O Relay Module", "AXIS A9210 Network I/O Relay Module"),
    "C1410": ("C1410 Mk II", "AXIS C1410 Mk II", "Network Mini Speaker", "AXIS C1410 Mk II Network Mini Speaker"),
}


@pytest.mark.parametrize(("model", "firmware"), SHIPPED)
def test_product_names_follow_the_rule(model: str, firmware: str) -> None:
    profile = load_profile(model, firmware)
    number, short, kind, full = NAMES[model]
    product = profile.product
    assert (product.prod_nbr, product.prod_short_name, product.prod_type, product.prod_full_name) == NAMES[model]
    assert value(profile, "Brand.ProdFullName") == full
    assert value(profile, "Brand.ProdShortName") == short
    assert value(profile, "Network.DHCP.VendorClass") == f"AXIS,{kind},{number},{firmware}"


def test_the_image_is_named_as_axis_names_it() -> None:
    assert load_profile("C1410", "12.9.57").product.image_name == "C1410_Mk_II_12_9_57.bin"
    assert load_profile("A9210", "12.9.57").product.image_name == "A9210_12_9_57.bin"


TRACKS = {
    "10.12": {
        "Network.Bonjour.FriendlyName": "AXIS A9210 - B8A44F0A0B0C",
        "Network.ZeroConf.Fallback": None,
        "System.HTTP2.AllowH2": None,
        "HTTPS.AllowTLS11": "no",
        "API.RemoteSyslog1.Server1.Type": None,
        "Network.UPnP.Enabled": "yes",
        "WebService.DiscoveryMode.Discoverable": "Yes",
        "Brand.WebURL": "http://www.axis.com",
    },
    "11.11": {
        "Network.Bonjour.FriendlyName": "AXIS A9210",
        "Network.ZeroConf.Fallback": "no",
        "System.HTTP2.AllowH2": "yes",
        "HTTPS.AllowTLS11": "no",
        "API.RemoteSyslog1.Server1.Type": None,
        "Network.Filter.Input.Policy": "allow",
        "Network.UPnP.Enabled": "yes",
        "System.PreventDoSAttack.ActivatePasswordThrottling": "On",
        "Properties.API.WebService.ONVIF.Version": "1.02",
    },
    "12.9": {
        "Network.ZeroConf.Fallback": "yes",
        "HTTPS.AllowTLS11": None,
        "Network.Filter.Input.Policy": None,
        "API.RemoteSyslog1.Server2.Type": "All",
        "Network.UPnP.Enabled": "no",
        "WebService.DiscoveryMode.Discoverable": "No",
        "Brand.WebURL": "https://www.axis.com",
        "Properties.API.WebService.ONVIF.Version": "23.06",
        "System.PreventDoSAttack.DoSSiteCount": "20",
    },
}


@pytest.mark.parametrize(("track", "name"), [(track, name) for track, names in TRACKS.items() for name in names])
def test_tracks_differ_as_the_sheet_says(track: str, name: str) -> None:
    """Core sheet 2.6 and A.3."""
    assert value(load_profile("A9210", track), name) == TRACKS[track][name]


@pytest.mark.parametrize(
    ("track", "api", "listed", "answers"),
    [
        ("12.9", "systemready", "1.4", "1.5"),
        ("11.11", "systemready", "1.4", "1.4"),
        ("10.12", "systemready", "1.2", "1.2"),
        ("12.9", "network-settings", "1.37", "1.38"),
        ("10.12", "network-settings", "1.15", "1.15"),
        ("12.9", "fwmgr", "1.8", "1.8"),
        ("11.11", "fwmgr", "1.4", "1.5"),
        ("10.12", "fwmgr", "1.4", "1.4"),
        ("12.9", "mqtt-client", "1.6", "1.6"),
        ("10.12", "mqtt-client", "1.5", "1.5"),
        ("10.12", "user-management", "1.1", "1.1"),
        ("10.12", "basic-device-info", "1.3", "1.3"),
        ("11.11", "remote-syslog", "1.1", "1.1"),
    ],
)
@pytest.mark.parametrize("model", models())
def test_api_versions_per_track(model: str, track: str, api: str, listed: str, answers: str) -> None:
    """Core sheet 2.1, 2.3 and 2.6."""
    row = load_profile(model, track).apis[api]
    assert (row.version, row.answers) == (listed, answers)


def test_api_lists_of_the_two_products() -> None:
    """Core sheet 2.3: the recorded 55 less disks and supervised inputs; 34 for the I/O module."""
    speaker, module = load_profile("C1410", "12.9").apis, load_profile("A9210", "12.9").apis
    assert len(speaker) == 55 - len({"disk-management", "disk-properties", "supervised-io"})
    assert len(module) == 34
    assert "supervised-io" in module
    assert not [api for api in module if api.startswith("audio") or api in {"mediaclip", "speakertest"}]
    assert {api for api, row in speaker.items() if not row.status} == {
        "aam-edge-api",
        "axis-audio-manager-edge-api",
        "audio-site-conf",
        "edge-file-manager",
        "packagemanager",
    }


@pytest.mark.parametrize("track", ["10.12", "11.11"])
def test_what_came_with_12_is_absent_before(track: str) -> None:
    profile = load_profile("A9210", track)
    assert not {"audit-log", "application", "power-settings"} & set(profile.apis)
    assert "tns1:Device/tnsaxis:Log/Audit" not in profile.catalogue


def test_what_survives_a_restore() -> None:
    """Core sheet 4.1 and both manuals: address, 802.1X and DNS on both, QoS on the module, O3C on the speaker."""
    kept = {
        model: {n for n, d in load_profile(model, "12.9").parameters.items() if d.survival is Survival.RESTORE}
        for model in models()
    }
    for names in kept.values():
        assert {
            f"Network.{leaf}"
            for leaf in ("BootProto", "IPAddress", "SubnetMask", "DefaultRouter", "DNSServer1", "DNSServer2")
        } <= names
        assert "Network.Interface.I0.dot1x.Enabled" in names
        assert "System.BoaPort" not in names
    assert "Network.QoS.Class2.DSCP" in kept["A9210"] - kept["C1410"]
    assert "RemoteService.ProxyServer" in kept["C1410"] - kept["A9210"]


@pytest.mark.parametrize(
    "name",
    [
        "Network.eth0.IPAddress",
        "Network.Routing.DefaultRouter",
        "Network.Resolver.NameServerList",
        "Network.ZeroConf.IPAddress",
        "Time.NTP.VolatileServer",
    ],
)
def test_actual_state_is_volatile_and_read_only(name: str) -> None:
    found = load_profile("C1410", "12.9").parameters[name]
    assert (found.survival, found.write) == (Survival.VOLATILE, Level.INTERNAL)


def test_a_parameter_carries_type_range_and_flags() -> None:
    parameters = load_profile("A9210", "12.9").parameters
    mtu, usage = parameters["Network.Interface.I0.Link.MTU"], parameters["StatusLed.Usage"]
    assert (mtu.kind, mtu.minimum, mtu.maximum, mtu.level) == ("int", 68, 1500, "7746")
    assert (usage.kind, usage.choices) == ("enum", ("on", "off", "flash"))
    assert parameters["Network.RTSP.Timeout"].maximum is None
    assert parameters["Network.Bonjour.FriendlyName"].longest == 63
    assert parameters["Properties.System.LanguageType"].flags == {"hid", "ro"}


def test_fallback_and_first_account_follow_the_track() -> None:
    """Core sheet 1.6 and 2.6, network sheet 3.2."""
    quirks = {track: load_profile("C1410", track).quirks for track in ("10.12", "11.11", "12.9")}
    assert [q.fallback_address for q in quirks.values()] == ["legacy", "legacy", "link_local"]
    assert [q.first_account for q in quirks.values()] == ["root_only", "any", "any"]
    assert [q.masked_secret for q in quirks.values()] == ["*****", "*****", "******"]
    assert [q.preview_mode_seconds for q in quirks.values()] == [0, 7200, 7200]
    assert load_profile("A9210", "12.9").quirks.default_button_seconds == 25
    assert quirks["12.9"].default_button_seconds == 10


@pytest.mark.parametrize("name", ["C1410", "c1410", "C1410 Mk II", "c1410 mk ii", "AXIS C1410 Mk II"])
def test_a_model_by_any_of_its_names(name: str) -> None:
    assert load_profile(name, "12.9.57") is load_profile("C1410", "12.9")


@pytest.mark.parametrize(
    ("asked", "loaded"), [("12", "12.9.57"), ("11.11", "11.11.192"), ("10.12.130", "10.12.130")]
)
def test_a_firmware_by_its_track(asked: str, loaded: str) -> None:
    assert load_profile("A9210", asked).firmware == loaded


@pytest.mark.parametrize(
    ("model", "firmware", "message"),
    [
        ("A9211", "12.9", "no model named 'A9211'; did you mean 'A9210'?"),
        ("M1065", "12.9", "no model named 'M1065'; known: A9210, C1410"),
        ("A9210", "12.8", "no firmware of A9210 named '12.8'; known: 10.12.130, 11.11.192, 12.9.57"),
        ("A9210", "1", "no firmware of A9210 named '1'; known: 10.12.130, 11.11.192, 12.9.57"),
        ("A9210", "", "no firmware of A9210 named ''; known: 10.12.130, 11.11.192, 12.9.57"),
        ("../A9210", "12.9", "no model named '../A9210'; did you mean 'A9210'?"),
    ],
)
def test_unknown_names_are_refused_with_a_remedy(model: str, firmware: str, message: str) -> None:
    with pytest.raises(UnknownTarget) as refused:
        load_profile(model, firmware)
    assert str(refused.value) == message


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(folder("profiles"))))
def test_no_name_stands_twice_in_a_file(path: Path) -> None:
    """YAML would silently take the second."""
    names = Counter(re.findall(r"^([^\s#].*?):(?:\s|$)", path.read_text(), re.MULTILINE))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "quirks.yaml"], ids=lambda p: p.parent.name)
def test_every_quirk_says_where_it_is_known_from(path: Path) -> None:
    explained, silent = False, []
    for line in path.read_text().splitlines():
        if line.startswith("# Life."):
            explained = True  # one source for the block that follows
        elif not line.strip():
            explained = False
        elif re.match(r"\w", line) and "#" not in line and not explained:
            silent.append(line)
    assert not silent


def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> str:
    """A profile folder of its own; the name is new each time because tables are remembered."""
    model = f"X{abs(hash(str(tmp_path)))}"
    monkeypatch.setattr(profile_table, "folder", lambda _name: tmp_path)
    for name, text in files.items():
        firmware, _, what = name.partition("_")
        path = tmp_path / model / firmware / f"{what}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return model


def test_a_firmware_may_say_only_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = shelf(
        tmp_path,
        monkeypatch,
        v2_product="prod_nbr: X",
        v2_apis="a: {version: 1.10, name: A}\nb: {version: 1.0, name: B}",
        v1_product="based_on: v2",
        v1_apis="removed: [b]\na: {version: 1.9}\nc: {version: 0.1, name: C}",
    )
    assert table(model, "v1", "apis") == {
        "a": {"version": "1.9", "name": "A"},
        "c": {"version": "0.1", "name": "C"},
    }
    assert table(model, "v2", "apis")["a"]["version"] == "1.10"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: [", "is no YAML"),
        ("- a", "is no table of names and rows"),
        ("removed: [b]", "removes b"),
        ("\0", "is no YAML"),
    ],
)
def test_broken_tables_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    model = shelf(tmp_path, monkeypatch, v1_product="prod_nbr: X", v1_apis=text)
    with pytest.raises(FleetError, match=complaint):
        table(model, "v1", "apis")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"level": "7766"}, "no value"),
        ({"value": "", "level": "7768"}, "no level: 7768"),
        ({"value": "", "level": "7766", "type": "float"}, "no type: float"),
        ({"value": "", "level": "7766", "flags": "ro rw"}, "unknown flag rw"),
        ({"value": "", "level": "7766", "survives": "fire"}, "no reset: fire"),
        ({"value": "", "level": "7766", "survive": "restart"}, "unknown column survive"),
        ("yes", "named columns"),
    ],
)
def test_broken_rows_are_refused(row: object, complaint: str) -> None:
    with pytest.raises(FleetError, match=complaint):
        definition("A.B", row)


CELLS = st.one_of(st.text(), st.sampled_from(["int 0..5", "enum a/b", "7766", "ro hid", "always", "string max9"]))


@given(
    st.one_of(
        st.dictionaries(st.sampled_from(["value", "level", "type", "flags", "survives", "x"]), CELLS),
        st.dictionaries(st.text(), st.one_of(st.text(), st.lists(st.text()))),
    )
)
def test_any_row_is_a_definition_or_refused(row: dict[str, object]) -> None:
    try:
        read = definition("A.B", row)
    except FleetError:
        return
    assert read.default == row["value"]
    assert read.checked(read.default) == read.default


def test_a_quirk_that_is_given_again_replaces_the_old_one_whole() -> None:
    assert load_profile("A9210", "11.11").quirks.security_headers
    assert load_profile("A9210", "10.12").quirks.security_headers == {}
