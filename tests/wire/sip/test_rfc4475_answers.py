"""RFC 4475 at the user agent: the answer that a speaker with one free line sends, and what it echoes in it."""

from __future__ import annotations

import random

import pytest
from rfc4475_table import RINGS, SILENCE, TABLE, Row

from simulator.wire.sip import header
from simulator.wire.sip.event import IncomingCall, MalformedReceived
from simulator.wire.sip.message import MalformedSip, Request, Response, parse
from simulator.wire.sip.packet import UDP
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

SOURCE = ("192.0.2.99", 5098)


def agent() -> UserAgent:
    return UserAgent(UserAgentSettings(address="192.0.2.7"), random.Random(1))


def responses(ours: UserAgent) -> list[Response]:
    found = [parse(packet.data) for packet in ours.take_output()]
    assert all(isinstance(message, Response) for message in found)
    return [message for message in found if isinstance(message, Response)]


def request_of(row: Row) -> Request | None:
    """The request, also where it is one that can only be refused."""
    try:
        message = parse(row.data)
    except MalformedSip as error:
        return error.message_so_far
    return message if isinstance(message, Request) else None


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_the_answer(row: Row) -> None:
    ours = agent()
    ours.receive(row.data, SOURCE, UDP, 0.0)
    sent, events = responses(ours), ours.take_events()
    final = [response.status for response in sent if response.status >= 200]
    if row.answer == RINGS:
        assert not final, row.reason
        assert [type(event) for event in events] == [IncomingCall]
    elif row.answer == SILENCE:
        assert not sent, row.reason
        assert not [event for event in events if not isinstance(event, MalformedReceived)]
    else:
        assert final == [row.answer], row.reason
        assert not [event for event in events if isinstance(event, IncomingCall)]


@pytest.mark.parametrize("row", [row for row in TABLE if row.answer > SILENCE], ids=lambda row: row.name)
def test_what_the_answer_echoes(row: Row) -> None:
    """Via, From, Call-ID and CSeq byte for byte, but for where the request came from (sheet 2.1, 3.1)."""
    ours, request = agent(), request_of(row)
    assert request is not None
    ours.receive(row.data, SOURCE, UDP, 0.0)
    (answer,) = [response for response in responses(ours) if response.status >= 200]
    for name in ("From", "Call-ID", "CSeq"):
        assert (answer.headers.get(name) or "") == (request.headers.get(name) or "")
    header.stamp(request.headers, *SOURCE)
    assert answer.headers.raw("Via") == request.headers.raw("Via")
    if to := request.headers.get("To"):
        assert (answer.headers.get("To") or "").startswith(to)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_nothing_is_left_behind(row: Row) -> None:
    ours = agent()
    ours.receive(row.data, SOURCE, UDP, 0.0)
    now = 0.0
    while (deadline := ours.next_deadline()) is not None:
        now = max(now, deadline)
        assert now < 10_000
        ours.tick(now)
    assert ours.idle


def test_unknown_extensions_are_named() -> None:
    ours = agent()
    ours.receive(next(row.data for row in TABLE if row.name == "bext01"), SOURCE, UDP, 0.0)
    (answer,) = responses(ours)
    assert answer.headers.all("Unsupported") == ("nobodySupportsThis", "nobodySupportsThisEither")


def test_what_is_allowed_and_accepted_is_named() -> None:
    for name, wanted in (("esc02", "Allow"), ("invut", "Accept")):
        ours = agent()
        ours.receive(next(row.data for row in TABLE if row.name == name), SOURCE, UDP, 0.0)
        answer = next(response for response in responses(ours) if response.status >= 200)
        assert answer.headers.get(wanted)
