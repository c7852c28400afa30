"""The simple form of the call service: what is written is read back, and nothing that comes in does harm."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.device.parameter import Level
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Head, Request
from simulator.face.vapix.call import Call
from simulator.face.vapix.call_service import COMMANDS, ROUTES, call_service
from simulator.face.vapix.simple_form import LONGEST_LIST, parse_simple, write_simple


class TestParsing:
    def test_the_documented_nesting(self) -> None:
        query = 'A_B=1&A_C=true&A_D="x+y"&A_E=null&List_0_Name=first&List_1_Name=second&Ids_0=a'
        assert parse_simple(query) == {
            "A": {"B": "1", "C": "true", "D": "x y", "E": None},
            "List": [{"Name": "first"}, {"Name": "second"}],
            "Ids": ["a"],
        }

    def test_quotes_are_optional_and_make_null_a_word(self) -> None:
        assert parse_simple('A=%22null%22&B=null&C=%22&D=""') == {"A": "null", "B": None, "C": '"', "D": ""}

    def test_elements_stand_in_the_order_of_their_numbers(self) -> None:
        assert parse_simple("L_10=c&L_2=b&L_1=a") == {"L": ["a", "b", "c"]}

    @pytest.mark.parametrize(
        "query",
        [
            "A=1&A_B=2",
            "A_B=2&A=1",
            "A__B=1",
            "_A=1",
            "A_=1",
            "A_B_C_D_E_F_G=1",
            f"A_{LONGEST_LIST}=1",
            "A_00000=1",
        ],
    )
    def test_what_contradicts_itself_or_has_no_end(self, query: str) -> None:
        with pytest.raises(MalformedMessage):
            parse_simple(query)

    def test_no_more_than_two_thousand_arguments(self) -> None:
        with pytest.raises(MalformedMessage):
            parse_simple("&".join(f"A{number}=1" for number in range(2_001)))


class TestWriting:
    def test_lines(self) -> None:
        content = {
            "S": {"RegURI": "", "Text": "Does not register", "Status": 0, "On": True, "None": None},
            "L": [],
        }
        assert write_simple(content) == (
            'S_RegURI=null\nS_Text="Does+not+register"\nS_Status=0\nS_On=true\nS_None=null\n'
        )

    def test_a_line_is_one_line_whatever_the_text(self) -> None:
        assert write_simple({"A": 'x"\r\nB="y'}) == 'A="x%22%0D%0AB%3D%22y"\n'


NAMES = st.text(alphabet="ABCabc", min_size=1, max_size=4)
LEAVES = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(min_size=1, max_size=20)
TREES = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES,
        lambda inner: (
            st.dictionaries(NAMES, inner, min_size=1, max_size=3) | st.lists(inner, min_size=1, max_size=12)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


def as_text(value: Any) -> Any:
    """What is left of a value when its type is lost."""
    if isinstance(value, dict):
        return {name: as_text(below) for name, below in value.items()}
    if isinstance(value, list):
        return [as_text(below) for below in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def depth(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, below), default=-1)


@given(TREES.filter(lambda tree: depth(tree) <= 6))
def test_what_is_written_is_read_back(tree: dict[str, Any]) -> None:
    query = "&".join(write_simple(tree).splitlines())
    assert parse_simple(query) == as_text(tree)


@pytest.mark.fuzz
@given(st.text(max_size=200) | st.text(alphabet='AB_01=&%"2+', max_size=80))
def test_any_text_is_a_tree_or_malformed(text: str) -> None:
    try:
        tree = parse_simple(text)
    except MalformedMessage:
        return
    assert depth(tree) <= 8
    write_simple(tree)


DESK = Desk("C1410")
DESK.device.events.listen(lambda event: [text.encode() for _, text in (*event.source, *event.data)] and None)
"""Whatever a client sent, events can be told to others."""
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=12)
"""With lone surrogates, as JSON can hold them."""
WORDS = st.sampled_from(
    [
        "true",
        "false",
        "null",
        "5060",
        "0",
        '"x"',
        "sip_account_0",
        "dtmf_config_default",
        "tls",
        "VMS_CALL",
        "sip:a@b",
    ]
)
ARGUMENTS = st.sampled_from(
    [
        "SIPAccountId",
        "SIPAccountId_0",
        "CallId",
        "To",
        "KeepCurrent",
        "SIPConfiguration_SIPEnabled",
        "SIPConfiguration_SIPPort",
        "SIPConfiguration_STUNServers_0_Server",
        "SIPConfiguration_Attribute_0_Name",
        "SIPAccount_UserId",
        "SIPAccount_Transport",
        "SIPAccount_SIPProxies_0_Server",
        "SIPAccount_0_UserId",
        "DTMEvent_Name",
        "DTMFTrigger_DTMFSequence",
        "DTMFConfiguration_DTMFTriggerId_0",
        "VMSCallConfiguration_Timeout",
        "AudioCodec_0_Name",
    ]
)


def inside(method: str, query: str, body: bytes = b"") -> Answer:
    """A request by an administrator who is known already."""
    head = Head(method, f"/vapix/call?{query}", "/vapix/call", query, {}, "10.0.0.9", False)
    request = Request(head, body)
    answer = call_service(Call(DESK.device, request, DESK.face, ROUTES[0], "root", Level.ADMINISTRATOR))
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.fuzz
@settings(deadline=None)
@given(
    st.sampled_from(sorted(COMMANDS)) | st.text(max_size=10),
    st.lists(st.tuples(ARGUMENTS | st.text(max_size=12), WORDS | st.text(max_size=12)), max_size=6),
)
def test_any_command_in_the_simple_form_is_answered(command: str, arguments: list[tuple[str, str]]) -> None:
    pairs = [("format", "simple"), ("action", f"axcall:{command}"), *arguments]
    query = urlencode(pairs, errors="surrogatepass")
    for answer in (inside("GET", query), inside("POST", "", query.encode())):
        assert answer.status in (200, 400)
        assert answer.content_type == "text/plain"
        lines = answer.body.decode("ascii").splitlines()
        assert all("=" in line for line in lines)
        if answer.status == 400:
            assert [line.split("=")[0] for line in lines] == [
                "Fault",
                "FaultCode",
                "FaultSubCode",
                "FaultReason",
                "FaultMsg",
            ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(ARGUMENTS.map(lambda name: name.split("_")[0]) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@pytest.mark.fuzz
@settings(deadline=None)
@given(st.sampled_from(sorted(COMMANDS)) | st.text(max_size=10), JSON)
def test_any_command_in_json_is_answered(command: str, values: Any) -> None:
    answer = inside("POST", "", json.dumps({f"axcall:{command}": values}).encode())
    assert answer.status in (200, 400)
    content = json.loads(answer.body)
    assert (answer.status == 400) == ("Fault" in content)


@pytest.mark.fuzz
@given(st.binary(max_size=200))
def test_any_body_is_answered(body: bytes) -> None:
    assert inside("POST", "", body).status in (200, 400)
