"""The agent: golden packets of the sheet (2.12), its tables of errors (2.3), its bad input (2.4), its counters (2.6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snmp_samples import (
    BIG_COUNTER,
    CONTACT,
    LAST,
    ROWS,
    SERVICES,
    STUBBORN,
    SYSTEM,
    TEMPLATE,
    UPTIME,
    Desk,
    fault,
    pairs,
)

from simulator.wire.snmp.ber import element
from simulator.wire.snmp.event import Asked, BadCommunity, Dropped
from simulator.wire.snmp.message import CommunityMessage, Version, read_message
from simulator.wire.snmp.object_tree import CommitRefused, Instance, ObjectView, Template, Writer
from simulator.wire.snmp.pdu import Kind, Pdu, Status
from simulator.wire.snmp.value import Tag, VarBind

GET_UPTIME = "302702010104067075626c6963a01a02021234020100020100300e300c06082b060102010103000500"
V1, V2C = Version.V1, Version.V2C
TEXT = VarBind.of(CONTACT, Tag.OCTETS, b"me")


def test_golden_get() -> None:
    answer = "302a02010104067075626c6963a21d020212340201000201003011300f06082b060102010103004303057e40"
    assert Desk().hexed(GET_UPTIME) == answer


def test_golden_no_such_instance() -> None:
    asked = "302702010104067075626c6963a01a02021235020100020100300e300c06082b060102010103010500"
    answer = "302702010104067075626c6963a21a02021235020100020100300e300c06082b060102010103018100"
    assert Desk().hexed(asked) == answer


def test_golden_no_such_name() -> None:
    asked = "302702010004067075626c6963a01a02021236020100020100300e300c06082b060102010163000500"
    answer = "302702010004067075626c6963a21a02021236020102020101300e300c06082b060102010163000500"
    assert Desk().hexed(asked) == answer


def test_golden_get_bulk_is_what_a_manager_writes() -> None:
    golden = "303302010104067075626c6963a52602021237020101020102301a300b06072b0601020101020500300b06072b0601020101080500"
    bound = [VarBind.of((*SYSTEM, 2)), VarBind.of((*SYSTEM, 8))]
    message = CommunityMessage(V2C, b"public", Pdu(Kind.GET_BULK, 4663, 1, 2, bound))
    assert message.encoded().hex() == golden
    told = read_message(bytes.fromhex(Desk().hexed(golden) or ""))
    assert isinstance(told, CommunityMessage)
    assert isinstance(told.pdu, Pdu)
    assert [one.oid for one in told.pdu.bindings] == [(*SYSTEM, 2, 0), (*ROWS, 2), (*ROWS, 3)]


def test_an_object_that_is_not_there_differs_from_an_instance_that_is_not() -> None:
    desk = Desk()
    told = pairs(desk.ask(Kind.GET, (*SYSTEM, 3), (1, 3, 6, 1, 2, 1, 99, 0), (*ROWS, 9), SYSTEM))
    assert [tag for _, tag, _ in told] == [
        Tag.NO_SUCH_INSTANCE, Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.NO_SUCH_OBJECT,
    ]  # fmt: skip


def test_a_walk_by_get_next_is_every_object_in_order() -> None:
    desk, found, name = Desk(), [], (0, 0)
    while True:
        ((oid, tag, _value),) = pairs(desk.ask(Kind.GET_NEXT, name))
        if tag == Tag.END_OF_VIEW:
            assert oid == name, "the end is told under the name that was asked for"
            break
        found.append(oid)
        name = oid
    assert found == sorted(found)
    assert set(found) == set(TEMPLATE.oids) | {(*ROWS, 2), (*ROWS, 3)}


def test_v1_ends_its_walk_with_no_such_name_and_never_sees_a_counter64() -> None:
    desk, found, name = Desk(), [], (1, 3)
    while not (told := desk.ask(Kind.GET_NEXT, name, version=V1)).status:
        name = told.bindings[0].oid
        found.append(name)
    assert fault(told) == (Status.NO_SUCH_NAME, 1)
    assert pairs(told) == [(LAST, Tag.NULL, None)]
    assert BIG_COUNTER not in found
    assert fault(desk.ask(Kind.GET, BIG_COUNTER, version=V1)) == (Status.NO_SUCH_NAME, 1)
    assert pairs(desk.ask(Kind.GET, BIG_COUNTER))[0][2] == 1 << 40


def test_rows_come_and_go_with_the_shape() -> None:
    desk = Desk()
    assert pairs(desk.ask(Kind.GET, (*ROWS, 5)))[0][1] == Tag.NO_SUCH_INSTANCE
    desk.world.rows, desk.world.shape = [5], 1
    assert pairs(desk.ask(Kind.GET, (*ROWS, 5))) == [((*ROWS, 5), Tag.INTEGER, 5)]
    assert pairs(desk.ask(Kind.GET_NEXT, ROWS)) == [((*ROWS, 5), Tag.INTEGER, 5)]


@pytest.mark.parametrize(
    ("once", "times", "expected"),
    [(-5, 1, 2), (0, 0, 0), (9, 4, 2), (1, 2, 3), (0, -1, 0), (2, 7, 2), (1, 0, 1)],
)
def test_get_bulk_counts(once: int, times: int, expected: int) -> None:
    told = Desk().ask(Kind.GET_BULK, (*SYSTEM, 1), (*SYSTEM, 2), status=once, index=times)
    assert len(pairs(told)) == expected


def test_get_bulk_ends_with_a_row_that_is_past_the_end() -> None:
    told = pairs(Desk().ask(Kind.GET_BULK, LAST, BIG_COUNTER, index=50))
    assert [tag for _, tag, _ in told] == [Tag.END_OF_VIEW, Tag.INTEGER, Tag.END_OF_VIEW, Tag.END_OF_VIEW]
    assert [oid for oid, _, _ in told] == [LAST] * 4


def test_get_bulk_has_at_most_a_hundred_rows() -> None:
    desk = Desk()
    desk.world.rows, desk.world.shape = list(range(1, 500)), 1
    assert len(pairs(desk.ask(Kind.GET_BULK, ROWS, index=100_000))) == 100


def test_get_bulk_is_cut_where_it_would_not_fit_and_v1_does_not_know_it() -> None:
    desk = Desk()
    desk.agent.largest = 200
    desk.world.rows, desk.world.shape = list(range(1, 500)), 1
    told = desk.ask(Kind.GET_BULK, ROWS, index=100)
    assert fault(told) == (0, 0)
    assert 1 < len(pairs(told)) < 12
    assert desk.ask(Kind.GET_BULK, ROWS, index=1, version=V1) is None


@pytest.mark.parametrize(("version", "names"), [(V1, 30), (V2C, 0)])
def test_an_answer_that_does_not_fit_is_too_big(version: int, names: int) -> None:
    desk = Desk()
    desk.agent.largest = 480
    told = desk.ask(Kind.GET, *[UPTIME] * 30, version=version)
    assert fault(told) == (Status.TOO_BIG, 0)
    assert len(pairs(told)) == names
    assert desk.counters.out_too_bigs == 1


def test_an_agent_may_be_silent_where_an_answer_does_not_fit() -> None:
    desk = Desk(too_big=False)
    desk.agent.largest = 480
    assert desk.ask(Kind.GET, *[UPTIME] * 30) is None
    assert desk.counters.silent_drops == 1


def test_two_hundred_names_and_none_at_all() -> None:
    desk = Desk()
    assert len(pairs(desk.ask(Kind.GET, *[UPTIME] * 200))) == 200
    assert pairs(desk.ask(Kind.GET)) == []
    assert fault(desk.ask(Kind.GET, UPTIME, SYSTEM, version=V1)) == (Status.NO_SUCH_NAME, 2)


@pytest.mark.parametrize(
    ("binding", "community", "in_v1", "in_v2c"),
    [
        (TEXT, b"public", Status.NO_SUCH_NAME, Status.NO_ACCESS),
        (VarBind.of(UPTIME, Tag.TICKS, 1), b"write", Status.NO_SUCH_NAME, Status.NOT_WRITABLE),
        (VarBind.of(UPTIME, Tag.OCTETS, b"x"), b"write", Status.NO_SUCH_NAME, Status.NOT_WRITABLE),
        (VarBind.of((1, 3, 6, 1, 9), Tag.INTEGER, 1), b"write", Status.NO_SUCH_NAME, Status.NOT_WRITABLE),
        (VarBind.of(CONTACT, Tag.INTEGER, 1), b"write", Status.BAD_VALUE, Status.WRONG_TYPE),
        (VarBind.of(CONTACT, Tag.OCTETS, bytes(256)), b"write", Status.BAD_VALUE, Status.WRONG_LENGTH),
        (VarBind.of(SERVICES, Tag.INTEGER, 9), b"write", Status.BAD_VALUE, Status.WRONG_VALUE),
        (VarBind.of(STUBBORN, Tag.OCTETS, b"x"), b"write", Status.GEN_ERR, Status.COMMIT_FAILED),
    ],
)
def test_what_a_set_is_refused_with(binding: VarBind, community: bytes, in_v1: int, in_v2c: int) -> None:
    desk = Desk()
    first = VarBind.of(CONTACT, Tag.OCTETS, b"first")
    for version, status in ((V1, in_v1), (V2C, in_v2c)):
        told = desk.ask(Kind.SET, binding, version=version, community=community)
        assert fault(told) == (status, 1)
        assert list(told.bindings) == [binding]
        both = desk.ask(Kind.SET, first, binding, version=version, community=community)
        assert fault(both) == (status, 2 if community == b"write" else 1)
    assert desk.world.contact == b"", "all or nothing"


def test_a_set_that_is_taken_repeats_its_bindings() -> None:
    desk = Desk()
    told = desk.ask(Kind.SET, TEXT, community=b"write")
    assert fault(told) == (0, 0)
    assert list(told.bindings) == [TEXT]
    assert pairs(desk.ask(Kind.GET, CONTACT, community=b"write")) == [(CONTACT, Tag.OCTETS, b"me")]
    assert desk.counters.in_total_set_vars == 1


def test_what_cannot_be_undone_is_told() -> None:
    desk = Desk()
    view_commits: list[bytes] = []

    def once(world: object, value: bytes) -> None:
        if view_commits:
            raise CommitRefused
        view_commits.append(value)

    fragile = Writer(lambda _world, _value: Status.NO_ERROR, once)
    template = Template([Instance(CONTACT, Tag.OCTETS, lambda _w: b"", fragile), TEMPLATE.instances[4]])
    desk.agent.view = ObjectView(template, desk.world, lambda: 0)
    told = desk.ask(Kind.SET, TEXT, VarBind.of(STUBBORN, Tag.OCTETS, b"x"), community=b"write")
    assert fault(told) == (Status.UNDO_FAILED, 0)


def test_a_wrong_community_is_met_with_silence_and_told() -> None:
    desk = Desk()
    assert desk.ask(Kind.GET, UPTIME, community=b"secret") is None
    assert desk.events == [BadCommunity("secret")]
    assert desk.counters.in_bad_community_names == 1
    desk.ask(Kind.SET, TEXT)
    assert desk.counters.in_bad_community_uses == 1


def test_versions_that_are_off_or_unknown_are_met_with_silence() -> None:
    desk = Desk(v1=False, v3=False)
    assert desk.ask(Kind.GET, UPTIME, version=V1) is None
    for version in ("02", "04", "03"):
        assert desk.hexed(GET_UPTIME.replace("3027020101", f"30270201{version}")) is None
    assert desk.counters.in_bad_versions == 4
    assert pairs(desk.ask(Kind.GET, UPTIME))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "30",
        GET_UPTIME[:-2],
        GET_UPTIME.replace("3027", "3080"),
        GET_UPTIME.replace("3027", "3127"),
        GET_UPTIME.replace("0406", "0446"),
        GET_UPTIME.replace("a01a", "a91a"),
        GET_UPTIME.replace("06082b", "06882b"),
        GET_UPTIME.replace("0103000500", "0103800500"),
    ],
)
def test_what_is_no_message_is_dropped_and_counted(data: str) -> None:
    desk = Desk()
    assert desk.hexed(data) is None
    assert isinstance(desk.events[0], Dropped)
    assert desk.counters.in_parse_errs == 1
    assert desk.hexed(GET_UPTIME) is not None, "the next good one is served"


@pytest.mark.parametrize("kind", [Kind.RESPONSE, Kind.TRAP, Kind.INFORM, Kind.REPORT])
def test_units_that_are_none_of_an_agents_are_dropped(kind: Kind) -> None:
    desk = Desk()
    assert desk.ask(kind, UPTIME) is None
    assert [type(event) for event in desk.events] == [Dropped]


def test_tolerant_where_the_reference_agent_is() -> None:
    desk = Desk()
    assert desk.hexed(GET_UPTIME + "deadbeef"), "junk behind the message"
    told = desk.ask(Kind.GET, VarBind.of(UPTIME, Tag.INTEGER, 5), status=3, index=1)
    assert fault(told) == (0, 0), "values and errors in a request mean nothing"
    wide = GET_UPTIME.replace("3027", "3029").replace("a01a02021234", "a01c020412345678")
    assert "020412345678" in (desk.hexed(wide) or ""), "the request id is echoed"
    assert desk.hexed(GET_UPTIME.replace("3027", "30820027")), "a length that is longer than it need be"


def test_a_name_spelled_with_leading_zeros_is_the_same_name() -> None:
    desk = Desk()
    spelled = VarBind(bytes.fromhex("2b06010201018003") + b"\x00", Tag.NULL, b"")
    assert pairs(desk.ask(Kind.GET, spelled))[0][1] == Tag.TICKS


def test_the_agent_counts_its_traffic() -> None:
    desk = Desk()
    desk.ask(Kind.GET, UPTIME, UPTIME)
    desk.ask(Kind.GET_NEXT, UPTIME)
    desk.ask(Kind.GET, SYSTEM, version=V1)
    desk.ask(Kind.SET, VarBind.of(CONTACT, Tag.INTEGER, 1), version=V1, community=b"write")
    desk.ask(Kind.SET, VarBind.of(STUBBORN, Tag.OCTETS, b""), version=V1, community=b"write")
    counted = desk.counters
    assert (counted.in_pkts, counted.out_pkts, counted.out_get_responses) == (5, 5, 5)
    assert (counted.in_get_requests, counted.in_get_nexts, counted.in_set_requests) == (2, 1, 2)
    assert (counted.in_total_req_vars, counted.in_total_set_vars) == (3, 0)
    assert (counted.out_no_such_names, counted.out_bad_values, counted.out_gen_errs) == (1, 1, 1)


def test_the_owner_hears_who_asked_for_what() -> None:
    desk = Desk()
    desk.ask(Kind.GET, UPTIME)
    assert desk.events == [Asked(V2C, Kind.GET, (VarBind.of(UPTIME),), 0, "public")]


@given(
    st.lists(
        st.tuples(st.sampled_from(["ticks", "services", "contact", "rows"]), st.integers(0, 300)), max_size=20
    )
)
def test_a_request_that_is_repeated_is_answered_as_a_new_one(changes: list[tuple[str, int]]) -> None:
    desk = Desk()
    for what, number in changes:
        if what == "contact":
            desk.world.contact = bytes(number)
        elif what == "rows":
            desk.world.rows, desk.world.shape = [number + 1], desk.world.shape + 1
        else:
            setattr(desk.world, what, number)
        fresh = Desk()
        fresh.world = fresh.view.context = desk.world
        for _ in range(2):
            assert pairs(desk.ask(Kind.GET_BULK, SYSTEM, index=12)) == pairs(
                fresh.ask(Kind.GET_BULK, SYSTEM, index=12)
            )


@pytest.mark.fuzz
@given(st.binary(max_size=300))
def test_no_bytes_upset_the_agent(data: bytes) -> None:
    desk = Desk()
    desk.raw(data)
    desk.raw(element(0x30, data))
    assert desk.hexed(GET_UPTIME) is not None


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_changed_request_upsets_the_agent(changes: list[tuple[int, int]]) -> None:
    desk = Desk()
    data = bytearray(bytes.fromhex(GET_UPTIME))
    for place, octet in changes:
        data[place] = octet
    desk.raw(bytes(data))
    assert desk.hexed(GET_UPTIME) is not None
