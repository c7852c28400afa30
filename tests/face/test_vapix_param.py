"""param.cgi: lists, definitions, updates, groups, and how each of them says no."""

from __future__ import annotations

import string
from urllib.parse import quote, urlencode

import pytest
from axis.models.parameters.param_cgi import params_to_dict
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from vapix_desk import Desk

from simulator.device.parameter import Definition, Level
from simulator.face.vapix.param_definitions import nice_name
from simulator.face.vapix.param_list import order_key

PATH = "/axis-cgi/param.cgi"
UNKNOWN = "# Error: Error -1 getting param in group '{}'\n"


@pytest.fixture(scope="module")
def listed() -> str:
    return Desk("C1410").get(f"{PATH}?action=list")


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def test_a_whole_list_is_prefixed_sorted_and_readable_by_the_axis_library(listed: str) -> None:
    lines = listed.splitlines()
    assert listed.endswith("\n")
    assert all(line.startswith("root.") for line in lines)
    names = [line.partition("=")[0] for line in lines]
    assert len(names) == len(set(names)) > 250
    assert names.index("root.Network.tcpECN") < names.index("root.Network.Bonjour.Enabled")
    assert (
        names.index("root.Audio.DSCP")
        < names.index("root.Audio.A0.Enabled")
        < names.index("root.AudioSource.NbrOfSources")
    )
    assert params_to_dict(listed)["root"]["Properties"]["API"]["HTTP"]["Version"] == 3


def test_no_name_is_both_a_leaf_and_a_branch(listed: str) -> None:
    names = {line.partition("=")[0] for line in listed.splitlines()}
    branches = {name.rpartition(".")[0] for name in names}
    assert not names & branches


def test_own_parameters_come_before_subgroups_and_numbers_in_natural_order() -> None:
    names = ["A.M10.x", "A.b", "A.m9.x", "A.Z", "A.M8.B.c", "A.M8.z"]
    assert sorted(names, key=order_key) == ["A.b", "A.Z", "A.M8.z", "A.M8.B.c", "A.m9.x", "A.M10.x"]


def test_groups_are_prefixed_and_leaves_echoed_as_written(desk: Desk) -> None:
    assert desk.get(f"{PATH}?action=list&group=Brand.Brand") == "Brand.Brand=AXIS\n"
    assert desk.get(f"{PATH}?action=list&group=root.Brand.Brand") == "root.Brand.Brand=AXIS\n"
    assert desk.get(f"{PATH}?action=list&group=Bandwidth") == "root.Bandwidth.Limit=0\n"
    both = desk.get(f"{PATH}?action=list&group=Bandwidth%2Croot.BasicDeviceInfo&")
    assert both == "root.Bandwidth.Limit=0\nroot.BasicDeviceInfo.BasicDeviceInfo=yes\n"


def test_a_star_stands_for_one_part(desk: Desk) -> None:
    text = desk.get(f"{PATH}?action=list&group=Network.QoS.*.DSCP")
    assert text.splitlines() == [f"Network.QoS.Class{n}.DSCP=0" for n in (1, 2, 3, 4)]
    assert "root.Network.QoS.Class1.Desc=AxisLiveAudio\n" in desk.get(f"{PATH}?action=list&group=Network.*.Class1")
    assert desk.get(f"{PATH}?action=list&group=*.*.*.*.*.*.*.*.*") == UNKNOWN.format("*.*.*.*.*.*.*.*.*")


def test_an_unknown_group_is_a_line_in_a_200_and_the_rest_follows_without_root(desk: Desk) -> None:
    assert desk.get(f"{PATH}?action=list&group=root.Imagine") == UNKNOWN.format("root.Imagine")
    mixed = desk.get(f"{PATH}?action=list&group=Bandwidth,Imagine,BasicDeviceInfo")
    assert (
        mixed == "root.Bandwidth.Limit=0\n" + UNKNOWN.format("Imagine") + "BasicDeviceInfo.BasicDeviceInfo=yes\n"
    )
    assert desk.get(f"{PATH}?action=list&group=brand") == UNKNOWN.format("brand")


def test_content_types_differ_between_tracks(desk: Desk) -> None:
    assert desk.ask("GET", f"{PATH}?action=list&group=Brand").content_type == "text/plain; charset=iso-8859-1"
    assert Desk(firmware="10.12").ask("GET", f"{PATH}?action=list&group=Brand").content_type == "text/plain"


def test_everybody_sees_what_his_level_allows(desk: Desk, listed: str) -> None:
    desk.device.accounts.add("vera", "v", ("viewer",))
    seen = desk.get(f"{PATH}?action=list", login=("vera", "v"))
    assert "root.Brand.Brand=AXIS" in seen
    assert "root.SNMP.V1ReadCommunity" not in seen
    assert set(seen.splitlines()) < set(listed.splitlines())
    assert desk.get(f"{PATH}?action=list&group=SNMP", login=("vera", "v")) == ""


def test_secrets_are_masked_per_track(desk: Desk) -> None:
    name = "Network.Interface.I0.dot1x.EAPTLS.PrivateKeyPassword"
    desk.device.parameters.put(name, "geheim")
    assert desk.get(f"{PATH}?action=list&group={name}") == f"{name}=******\n"
    assert "geheim" not in desk.get(f"{PATH}?action=list")
    assert "geheim" not in desk.get(f"{PATH}?action=listdefinitions&listformat=xmlschema")
    older = Desk("C1410", "11.11")
    assert older.get(f"{PATH}?action=list&group={name}") == f"{name}=*****\n"


def test_a_form_body_counts_whatever_its_label_and_the_query_of_a_post_does_not(desk: Desk) -> None:
    assert desk.form(PATH, "action=list&group=root.Brand.Brand") == "root.Brand.Brand=AXIS\n"
    assert desk.form(f"{PATH}?action=list&group=Brand", "") == "# Error: Action must be specified\n"
    assert desk.get(f"{PATH}?action=fly") == "# Error: Action must be specified\n"


@pytest.mark.parametrize("alias", ["/axis-cgi/admin/param.cgi", "/axis-cgi/view/param.cgi"])
def test_aliases(desk: Desk, alias: str) -> None:
    assert (
        desk.get(f"{alias}?action=list&group=Brand.Brand&Axis-Orig-Sw=true&responseformat=rfc")
        == "Brand.Brand=AXIS\n"
    )


def test_update_answers_ok_without_a_newline_and_shows_everywhere(desk: Desk) -> None:
    answer = desk.ask(
        "GET", f"{PATH}?action=update&root.Network.SSH.Enabled=YES&Time.POSIXTimeZone=CET-1&Axis-Orig-Sw=true"
    )
    assert (answer.status, answer.content_type, answer.body) == (200, "text/plain", b"OK")
    assert desk.get(f"{PATH}?action=list&group=Network.SSH.Enabled") == "Network.SSH.Enabled=yes\n"
    assert desk.device.time.posix == "CET-1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("root.Network.SSH.Enabled", "maybe"),
        ("No.Such.Parameter", "1"),
        ("Brand.Brand", "BRAND"),
        ("Network.QoS.Class1.DSCP", "64"),
        ("Network.IPAddress", "10.0.0"),
        ("Network.Bonjour.FriendlyName", "x" * 64),
        ("Network.Internal.LastLease", "10.0.0.1"),
        ("Typo", "1"),
    ],
)
def test_a_value_or_name_that_is_not_taken(desk: Desk, name: str, value: str) -> None:
    before = desk.device.parameters.snapshot()
    text = desk.get(f"{PATH}?action=update&{name}={value}")
    assert text == f"# Error: Error setting '{name}' to '{value}'!\n"
    assert desk.device.parameters.snapshot() == before


def test_parameters_are_set_in_order_up_to_the_first_failure(desk: Desk) -> None:
    text = desk.get(f"{PATH}?action=update&Audio.DSCP=7&Brand.Brand=X&Network.UPnP.Enabled=yes")
    assert text == "# Error: Error setting 'Brand.Brand' to 'X'!\n"
    assert desk.device.parameters["Audio.DSCP"] == "7"
    assert desk.device.parameters["Network.UPnP.Enabled"] == "no"


def test_writing_follows_the_level_of_each_parameter(desk: Desk) -> None:
    desk.device.accounts.add("olga", "o", ("operator",))
    assert desk.get(f"{PATH}?action=update&Audio.A0.Name=Hall", login=("olga", "o")) == "OK"
    assert desk.get(f"{PATH}?action=update&Network.UPnP.Enabled=yes", login=("olga", "o")).startswith("# Error")


def test_no_value_can_add_a_line_to_a_list(desk: Desk) -> None:
    for value in ("a\nroot.Brand.Brand=FAKE", "a\r\nb", "a\u2028b", "a\x00b"):
        answer = desk.form(PATH, urlencode({"action": "update", "Audio.A0.Name": value}))
        assert answer.startswith("# Error")
        assert answer.count("\n") == 1
    assert desk.get(f"{PATH}?action=update&Audio.A0.Name={quote('Ä=ö & co')}") == "OK"
    assert desk.get(f"{PATH}?action=list&group=Audio.A0.Name") == "Audio.A0.Name=Ä=ö & co\n"


def test_groups_are_added_and_removed_where_the_product_has_a_template(desk: Desk) -> None:
    new = f"{PATH}?action=add&template=streamprofile&group=StreamProfile&StreamProfile.S.Name=Low"
    assert desk.get(new) == "S0 OK\n"
    assert desk.get(new) == "S1 OK\n"
    assert desk.get(f"{PATH}?action=list&group=StreamProfile.S0.Name") == "StreamProfile.S0.Name=Low\n"
    assert desk.get(f"{PATH}?action=remove&group=root.StreamProfile.S0") == "OK"
    assert desk.get(f"{PATH}?action=remove&group=StreamProfile.S0").startswith("# Request failed:")
    assert desk.get(new) == "S0 OK\n"
    for _ in range(24):
        assert desk.get(new).endswith("OK\n")
    assert desk.get(new).startswith("# Request failed:")


def test_what_cannot_be_added_or_removed(desk: Desk) -> None:
    assert desk.get(f"{PATH}?action=remove&group=Brand").startswith("# Request failed:")
    assert desk.get(f"{PATH}?action=remove").startswith("# Request failed:")
    assert desk.get(f"{PATH}?action=add&template=event&group=Event").startswith("# Request failed:")
    assert (
        Desk().get(f"{PATH}?action=add&template=streamprofile&group=StreamProfile").startswith("# Request failed:")
    )
    partly = desk.get(f"{PATH}?action=add&template=streamprofile&group=StreamProfile&StreamProfile.S.Colour=1")
    assert partly == "# Error: Error setting 'Colour'\nS0 OK\n"
    desk.device.accounts.add("vera", "v", ("viewer",))
    add = f"{PATH}?action=add&template=streamprofile&group=StreamProfile"
    assert desk.get(add, login=("vera", "v")).startswith("# Request failed:")


def test_added_groups_go_with_a_factory_default(desk: Desk) -> None:
    desk.get(f"{PATH}?action=add&template=streamprofile&group=StreamProfile")
    desk.device.lifecycle.factory_default()
    desk.wait_until(lambda: desk.device.lifecycle.phase == "running")
    assert "StreamProfile.S0.Name" not in desk.device.parameters


def test_definitions_are_the_schema_that_clients_read(desk: Desk) -> None:
    answer = desk.ask(
        "GET", f"{PATH}?action=listdefinitions&listformat=xmlschema&group=Brand,Network.HTTP,Time.SyncSource"
    )
    assert answer.content_type == "text/xml"
    assert answer.body.startswith(
        b'<?xml version="1.0" encoding="iso-8859-1" ?>\n<parameterDefinitions\n'
        b'xmlns="http://www.axis.com/ParameterDefinitionsSchema"\n'
    )
    tree = etree.fromstring(answer.body)
    names = {"a": "http://www.axis.com/ParameterDefinitionsSchema"}
    assert tree.findtext("a:model", None, names) == "AXIS C1410 Mk II"
    brand = tree.xpath(
        "a:group[@name='root']/a:group[@name='Brand']/a:parameter[@name='ProdNbr']", namespaces=names
    )
    assert dict(brand[0].attrib) == {
        "name": "ProdNbr",
        "value": "C1410 Mk II",
        "securityLevel": "7707",
        "niceName": "Prod nbr",
    }
    sync = tree.xpath("//a:parameter[@name='SyncSource']/a:type/a:enum/a:entry/@value", namespaces=names)
    assert sync == ["None", "NTP", "PC"]
    assert not tree.xpath("//a:group[@name='Audio']", namespaces=names)


def test_all_definitions_are_well_formed_and_complete(desk: Desk, listed: str) -> None:
    desk.device.parameters.put("Audio.A0.Name", "<\"&'é\u2603>")
    tree = etree.fromstring(desk.ask("GET", f"{PATH}?action=listdefinitions&listformat=xmlschema").body)
    parameters = tree.xpath("//*[local-name()='parameter']")
    assert len(parameters) == len(listed.splitlines())
    assert "<\"&'é\u2603>" in {parameter.get("value") for parameter in parameters}
    assert desk.get(f"{PATH}?action=listdefinitions").startswith("# Error")


@pytest.mark.parametrize("firmware", ["12.9.57", "11.11.192", "10.12.130"])
@pytest.mark.parametrize("model", ["A9210", "C1410"])
def test_the_schema_that_the_definitions_name_is_served_and_holds(model: str, firmware: str) -> None:
    desk = Desk(model, firmware)
    answer = desk.ask("GET", "/pub/parameterdefinitions.xsd", login=None)
    assert (answer.status, answer.content_type) == (200, "text/xml")
    schema = etree.XMLSchema(etree.fromstring(answer.body))
    document = etree.fromstring(desk.ask("GET", f"{PATH}?action=listdefinitions&listformat=xmlschema").body)
    schema.assertValid(document)


def test_nice_names() -> None:
    assert nice_name("ProdNbr") == "Prod nbr"
    assert nice_name("Enabled") == "Enabled"
    assert nice_name("V1ReadCommunity") == "V1 read community"
    assert nice_name("DNSUpdate") == "DNS update"


PART = st.text(string.ascii_letters + string.digits, min_size=1, max_size=6)
NAME = st.lists(PART, min_size=2, max_size=4).map(".".join)


@given(st.sets(NAME, max_size=20))
def test_sorting_walks_the_tree_once(names: set[str]) -> None:
    """No group is left and entered again, and in each group the parameters come first."""
    ordered = sorted(names, key=order_key)
    left: set[str] = set()
    previous: list[str] = []
    for name in ordered:
        groups = name.split(".")[:-1]
        entered = [".".join(groups[: depth + 1]) for depth in range(len(groups))]
        assert not left & set(entered)
        left |= {group for group in previous if group not in entered}
        previous = entered


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@given(st.text(max_size=80))
def test_any_group_is_answered_line_by_line(group: str) -> None:
    desk = Desk()
    desk.device.parameters.define(Definition("Own.Name", "x", "0000"))
    text = desk.form(PATH, urlencode({"action": "list", "group": group}))
    assert text == "" or text.endswith("\n")
    assert Level.ADMINISTRATOR > Level.VIEWER
