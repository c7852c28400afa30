"""What is found of the telephony of a site: phones as they tell of themselves, registrars with their bindings."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find, matches, misses

from simulator.errors import FleetError
from simulator.expect.mark import Mark


def phone(name: str = "desk", **changes: Any) -> dict[str, Any]:
    """In a call, hearing a kilohertz and, fainter, its harmonic."""
    tones = [{"frequency": 1000.4, "level": -12.1}, {"frequency": 2000.9, "level": -31.0}]
    told = {
        "name": name, "registered": True, "state": "active", "codec": "PCMU", "digits": "12", "packets": 150,
        "heard": {"level": -12.0, "tones": tones},
    }  # fmt: skip
    return {**told, **changes}


@pytest.fixture
def eyes() -> CannedEyes:
    eyes = CannedEyes()
    eyes.canned_phones = [phone()]
    binding = {"user": "1001", "contact": "sip:1001@127.16.0.1:5060"}
    eyes.canned_registrars = [{"name": "primary", "bindings": [binding]}, {"name": "secondary", "bindings": []}]
    return eyes


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("active", ()),
        ({"state": "idle"}, ("state=active, not idle",)),
        ({"registered": "yes", "codec": "pcmu", "digits": "12", "packets": "100"}, ()),
        ({"registered": "no"}, ("registered=true, not false",)),
        ({"codec": "PCMA"}, ("codec=PCMU, not PCMA",)),
        ({"digits": "123"}, ("digits=12, not 123",)),
        ({"packets": "200"}, ("150 packets, not 200",)),
        ({"tone": "1010", "level": "-15"}, ()),
        ({"tone": "2000", "level": "-15"}, ("hears -31.0 dB, not -15 dB",)),
        ({"tone": "1100"}, ("hears 1000 Hz at -12.1 dB, 2001 Hz at -31.0 dB, not 1100 Hz",)),
        ({"level": "-10"}, ("hears -12.0 dB, not -10 dB",)),
        ({"silence": "yes"}, ("hears 1000 Hz at -12.1 dB, 2001 Hz at -31.0 dB",)),
    ],
)
def test_a_phone_shows_and_hears(eyes: CannedEyes, query: Any, told: tuple[str, ...]) -> None:
    [finding] = find(eyes, "phone", query)
    assert finding.differs == told


def test_silence_is_silence(eyes: CannedEyes) -> None:
    for heard in ({"level": None, "tones": []}, {"level": -100.0, "tones": []}):
        eyes.canned_phones = [phone(heard=heard)]
        assert len(matches(find(eyes, "phone", {"silence": "yes"}))) == 1
        assert misses(find(eyes, "phone", {"tone": "1000"})) == [("hears nothing, not 1000 Hz",)]


def test_one_of_several_phones_is_named(eyes: CannedEyes) -> None:
    eyes.canned_phones.append(phone("lobby", state="idle"))
    assert misses(find(eyes, "phone", "idle")) == [("several phones: desk, lobby; say which",)]
    assert len(matches(find(eyes, "phone", {"name": "lobby", "state": "idle"}))) == 1
    assert misses(find(eyes, "phone", {"name": "door", "state": "idle"})) == [("no phone door",)]
    eyes.canned_phones.clear()
    assert misses(find(eyes, "phone", "idle")) == [("the site has no phone",)]


def test_what_it_saw_since_the_moment(eyes: CannedEyes) -> None:
    eyes.record("site", "phone ringing", "site", at=10.0, phone="desk", status=180)
    eyes.record("site", "phone failed", "site", at=20.0, phone="desk", status=486)
    eyes.record("site", "phone failed", "site", at=21.0, phone="lobby", status=486)
    assert [finding.at for finding in find(eyes, "phone", {"saw": "failed", "status": "486"})] == [20.0]
    assert misses(find(eyes, "phone", {"saw": "failed", "status": "603"})) == [("status=486, not 603",)]
    assert len(find(eyes, "phone", {"saw": "ringing"})) == 1
    assert not find(eyes, "phone", {"saw": "ringing"}, since=Mark(15.0, 1))


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("1001", ()),
        ({"user": "10*", "contact": "*@127.16.0.1:5060"}, ()),
        ({"user": "1001", "contact": "*127.99*"}, ("1001 at sip:1001@127.16.0.1:5060",)),
        ({"user": "1001", "registered": "no"}, ("1001 at sip:1001@127.16.0.1:5060",)),
        ({"user": "2001"}, ("2001 is not registered",)),
        ({"user": "2001", "registered": "no"}, ()),
        ({"user": "1001", "server": "secondary"}, ("1001 is not registered",)),
    ],
)
def test_who_is_registered(eyes: CannedEyes, query: Any, told: tuple[str, ...]) -> None:
    [finding] = find(eyes, "registrar", query)
    assert finding.differs == told


def test_what_a_registrar_answered(eyes: CannedEyes) -> None:
    for status in (401, 200):
        told = {"registrar": "primary", "method": "REGISTER", "user": "1001", "status": status}
        eyes.record("site", "registrar answered", "site", **told)
    assert len(matches(find(eyes, "registrar", {"user": "1001", "answered": "401"}))) == 1
    assert len(matches(find(eyes, "registrar", {"answered": "200"}))) == 1
    assert not find(eyes, "registrar", {"answered": "200", "method": "INVITE"})
    assert not find(eyes, "registrar", {"answered": "200", "server": "secondary"})


def test_a_site_without_its_own_registrar(eyes: CannedEyes) -> None:
    eyes.canned_registrars.clear()
    assert misses(find(eyes, "registrar", "1001")) == [("the site has no primary registrar of its own",)]


@pytest.mark.parametrize(
    ("face", "query", "told"),
    [
        ("phone", {"name": "desk"}, "nothing is asked about the phone"),
        ("phone", {"state": "active", "status": "486"}, "'status' needs 'saw'"),
        ("phone", {"silence": "yes", "tone": "1000"}, "'silence' has neither tone nor level"),
        ("registrar", {"method": "INVITE"}, "nothing is asked about the registrar"),
    ],
)
def test_questions_that_make_no_sense(face: str, query: Any, told: str) -> None:
    with pytest.raises(FleetError, match=told):
        find(CannedEyes(), face, query)
