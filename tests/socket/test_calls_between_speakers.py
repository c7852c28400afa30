"""Two speakers call each other over SIP, each driven and watched through its call service with curl.

Events are published once, in the documented order (audio sheet 8.8).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from vapix_fleet import curl, fleet, until

from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("curl")

PATH = "/vapix/call"


class Speaker:
    """One end of a call."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name, self.url = name, session[name].url
        self.since = session.journal()["last"]

    @property
    def address(self) -> str:
        return f"sip:{self._session.snapshot(self.name)['address']}"

    def ask(self, command: str, **values: Any) -> Any:
        answer = curl("-d", json.dumps({f"axcall:{command}": values}), self.url + PATH)
        assert answer.status == 200, answer
        return json.loads(answer.body)

    def call(self, to: str) -> str:
        return str(self.ask("Call", To=to)["CallId"])

    def newest(self) -> dict[str, Any]:
        """The last call that the service lists; nothing before the first."""
        listed = self.ask("GetCallStatuses")["CallStatus"]
        return dict(listed[-1]) if listed else {"CallState": ""}

    def reaches(self, state: str) -> None:
        until(lambda: self.newest()["CallState"] == state)

    def told(self) -> list[str]:
        """Reasons and states in the order of their events."""
        records = self._session.journal(self.since, device=self.name, kinds="event")["records"]
        return [
            next(iter(r["data"]["data"].values())) for r in records if r["what"].startswith("tnsaxis:Call/State")
        ]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    devices: tuple[dict[str, Any], ...] = (
        {"name": "caller", "sip": True},
        {"name": "answers", "sip": True},
        {"name": "rings", "sip": {"auto_answer": False}},
        {"name": "impatient", "sip": {"auto_answer": False, "answering_timeout": 1}},
        {"name": "refuses", "sip": {"allow_incoming": False}},
    )
    with fleet(*({"model": "C1410", **one} for one in devices), clock="real") as made:
        yield made


@pytest.fixture
def caller(session: Session) -> Iterator[Speaker]:
    speaker = Speaker(session, "caller")
    yield speaker
    until(lambda: speaker.newest()["CallState"] == "Terminated")


def test_one_answers_by_itself_and_hangs_up(session: Session, caller: Speaker) -> None:
    callee = Speaker(session, "answers")
    caller.call(callee.address)
    caller.reaches("Active")
    callee.reaches("Active")
    assert caller.newest()["AudioCodec"] == callee.newest()["AudioCodec"] == "opus"
    assert callee.newest()["Direction"] == "Incoming"
    callee.ask("TerminateCall", CallId=callee.newest()["CallId"])
    caller.reaches("Terminated")
    callee.reaches("Terminated")
    assert caller.told() == ["Initiated", "Calling", "AcceptedByRemote", "Active", "Terminated", "Idle"]
    assert callee.told() == ["Ringing", "AcceptedByDevice", "Active", "Terminated", "Idle"]


def test_one_rings_and_the_caller_gives_up(session: Session, caller: Speaker) -> None:
    callee = Speaker(session, "rings")
    call_id = caller.call(callee.address)
    callee.reaches("Ringing")
    assert caller.newest()["CallState"] == "Calling"
    caller.ask("TerminateCall", CallId=call_id)
    callee.reaches("Terminated")
    caller.reaches("Terminated")
    assert caller.told() == ["Initiated", "Calling", "Terminated", "Idle"]
    assert callee.told() == ["Ringing", "Terminated", "Idle"]


def test_one_rings_until_its_answering_timeout(session: Session, caller: Speaker) -> None:
    callee = Speaker(session, "impatient")
    caller.call(callee.address)
    caller.reaches("Terminated")
    callee.reaches("Terminated")
    assert caller.told() == ["Initiated", "Calling", "NoAnswer", "Idle"]
    assert callee.told() == ["Ringing", "NoAnswer", "Idle"]


def test_one_does_not_take_calls(session: Session, caller: Speaker) -> None:
    callee = Speaker(session, "refuses")
    caller.call(callee.address)
    caller.reaches("Terminated")
    assert caller.told() == ["Initiated", "Calling", "Failed", "Idle"]
    until(lambda: callee.told() == ["Denied"])


def test_one_is_busy(session: Session, caller: Speaker) -> None:
    callee, other = Speaker(session, "answers"), Speaker(session, "rings")
    other.call(callee.address)
    callee.reaches("Active")
    told = callee.told()
    caller.call(callee.address)
    caller.reaches("Terminated")
    assert caller.told() == ["Initiated", "Calling", "Busy", "Idle"]
    assert callee.told() == told
    other.ask("TerminateCall", CallId=other.newest()["CallId"])
    callee.reaches("Terminated")


@pytest.mark.parametrize("time", ["once", "again: the caller must not take it for the first"])
def test_sip_is_switched_off_during_a_call(session: Session, caller: Speaker, time: str) -> None:
    callee = Speaker(session, "answers")
    caller.call(callee.address)
    callee.reaches("Active")
    callee.ask("SetSIPConfiguration", SIPConfiguration={"SIPEnabled": False})
    caller.reaches("Terminated")
    callee.reaches("Terminated")
    assert callee.told()[-2:] == ["Terminated", "Idle"]
    until(lambda: not [one for one in session.states("answers") if one["topic"] == "tnsaxis:Call/State"])
    callee.ask("SetSIPConfiguration", SIPConfiguration={"SIPEnabled": True})
