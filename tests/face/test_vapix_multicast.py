"""The audio multicast controller over REST, and who is heard (audio sheet 7.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vapix_desk import Desk

from simulator.device.sound import silence

ROOT = "/config/rest/audio-multicast-ctrl/v1beta"
STATE = "tnsaxis:AudioMulticastController/SourceState"
INTERNAL = ["SIP", "VAPIXAudio", "VAPIXMediaClip"]


class Page:
    """Something that sounds."""

    position = 0.0

    def samples(self, begin: float, end: float) -> Any:
        return silence(0)


@pytest.fixture
def desk() -> Desk:
    return Desk("C1410")


def ask(desk: Desk, method: str, path: str, data: Any = None) -> tuple[int, dict[str, Any]]:
    body = b"" if data is None else json.dumps({"data": data}).encode()
    answer = desk.ask(method, f"{ROOT}{path}", body, headers={"content-type": "application/json"})
    return answer.status, json.loads(answer.body)


def done(desk: Desk, method: str, path: str, data: Any = None) -> Any:
    status, content = ask(desk, method, path, data)
    assert (status // 100, content["status"]) == (2, "success"), content
    return content.get("data")


def ranked(desk: Desk) -> list[str]:
    """Labels by priority."""
    sources = done(desk, "GET", "/sources")
    assert [one["prio"] for one in sources] == list(range(1, len(sources) + 1))
    return [one["label"] for one in sources]


def add(desk: Desk, label: str, **more: Any) -> str:
    source: str = done(desk, "POST", "/sources", {"label": label, "ipAddress": "239.1.1.1", "port": 5000, **more})[
        "id"
    ]
    return source


def states(desk: Desk) -> dict[str, str]:
    found = (event for event in desk.device.events.states() if event.topic == STATE)
    return {dict(event.source)["SrcID"]: dict(event.data)["State"] for event in found}


def test_as_it_comes_from_the_factory(desk: Desk) -> None:
    assert done(desk, "GET", "?recursive=true") == {
        "enabled": False,
        "audioCodec": "PCMU",
        "sources": [{"id": n, "label": n, "prio": p, "type": "Internal"} for p, n in enumerate(INTERNAL, 1)],
    }
    assert states(desk) == {}


@pytest.mark.parametrize("spelling", ["audiocodec", "audioCodec"])
def test_both_spellings_of_the_codec(desk: Desk, spelling: str) -> None:
    done(desk, "PATCH", f"/{spelling}", "PCMA")
    assert done(desk, "GET", f"/{spelling}") == "PCMA"


def test_a_source_comes_changes_and_goes(desk: Desk) -> None:
    page = add(desk, "Pages", srtpKey="AB" * 30)
    done(desk, "PATCH", f"/sources/{page}/latencyProfile", "UltraLow")
    done(desk, "PATCH", f"/sources/{page}/port", 6000)
    shown = done(desk, "GET", f"/sources/{page}")
    assert shown == {
        "id": page, "label": "Pages", "ipAddress": "239.1.1.1", "port": 6000, "prio": 4, "latencyProfile": "UltraLow",
        "type": "Multicast",
    }  # fmt: skip
    assert desk.device.multicast.sources[0].srtp_key == "ab" * 30
    done(desk, "DELETE", f"/sources/{page}")
    assert ranked(desk) == INTERNAL


def test_priorities_stay_without_gaps(desk: Desk) -> None:
    """The documented example: A1 B2 C3, A set to 3, gives B1 C2 A3."""
    done(desk, "PATCH", "/sources/SIP/prio", 3)
    assert ranked(desk) == ["VAPIXAudio", "VAPIXMediaClip", "SIP"]
    add(desk, "top", prio=1)
    assert ranked(desk) == ["top", "VAPIXAudio", "VAPIXMediaClip", "SIP"]
    done(desk, "DELETE", f"/sources/{done(desk, 'GET', '/sources')[0]['id']}")
    assert ranked(desk) == ["VAPIXAudio", "VAPIXMediaClip", "SIP"]


def test_ten_groups_and_no_more(desk: Desk) -> None:
    for number in range(10):
        add(desk, f"g{number}")
    status, content = ask(desk, "POST", "/sources", {"label": "one more"})
    assert (status, content["status"]) == (400, "error")
    assert len(ranked(desk)) == 13


@pytest.mark.parametrize(
    ("method", "path", "data", "status"),
    [
        ("POST", "/sources", {"label": "x" * 32}, 400),
        ("POST", "/sources", {"label": "a", "ipAddress": "10.0.0.1"}, 400),
        ("POST", "/sources", {"label": "a", "ipAddress": "239.0.0.1 ; rm"}, 400),
        ("POST", "/sources", {"label": "a", "port": 80}, 400),
        ("POST", "/sources", {"label": "a", "port": True}, 400),
        ("POST", "/sources", {"label": "a", "prio": 6}, 400),
        ("POST", "/sources", {"label": "a", "profile": "High"}, 400),
        ("POST", "/sources", {"label": "a", "srtpKey": "ab"}, 400),
        ("POST", "/sources", {"label": "a", "srtpKey": "zz" * 30}, 400),
        ("POST", "/sources", {"label": "a", "type": "Internal"}, 400),
        ("POST", "/sources", {}, 400),
        ("POST", "/sources", [], 400),
        ("PATCH", "/enabled", "yes", 400),
        ("PATCH", "/audioCodec", "opus", 400),
        ("PATCH", "/sources/SIP/label", "x", 400),
        ("PATCH", "/sources/SIP/prio", 4, 400),
        ("PATCH", "/sources/SIP/colour", 4, 404),
        ("PATCH", "/sources/nobody/prio", 1, 404),
        ("DELETE", "/sources/SIP", None, 400),
        ("DELETE", "/sources/nobody", None, 404),
        ("DELETE", "/sources", None, 405),
        ("POST", "/enabled", True, 405),
        ("GET", "/sources/nobody", None, 404),
        ("GET", "/nothing", None, 404),
    ],
)
def test_what_is_refused_changes_nothing(desk: Desk, method: str, path: str, data: Any, status: int) -> None:
    before = done(desk, "GET", "")
    got, content = ask(desk, method, path, data)
    assert (got, content["status"]) == (status, "error")
    assert done(desk, "GET", "") == before


def test_the_highest_is_heard_and_the_others_come_back(desk: Desk) -> None:
    done(desk, "PATCH", "/enabled", True)
    emergency, music = add(desk, "Emergency", prio=1), add(desk, "Music")
    audio, controller = desk.device.audio, desk.device.multicast
    assert set(states(desk).values()) == {"Inactive"}
    controller.began(music, Page())
    assert (audio.heard, states(desk)[music]) == (music, "Active")
    desk.device.clips.play(32, repeat=-1)
    assert (audio.heard, states(desk)[music]) == ("VAPIXMediaClip", "Suppressed")
    controller.began(emergency, Page())
    assert audio.heard == emergency
    assert (states(desk)["VAPIXMediaClip"], states(desk)[emergency]) == ("Suppressed", "Active")
    controller.ended(emergency)
    assert audio.heard == "VAPIXMediaClip"
    desk.device.clips.stop()
    assert audio.heard == music
    done(desk, "DELETE", f"/sources/{music}")
    assert audio.heard is None
    assert music not in states(desk)


def test_off_is_deaf_to_groups(desk: Desk) -> None:
    page = add(desk, "Pages")
    desk.device.multicast.began(page, Page())
    assert desk.device.audio.sources == ()
    done(desk, "PATCH", "/enabled", True)
    desk.device.multicast.began(page, Page())
    assert desk.device.audio.heard == page
    done(desk, "PATCH", "/enabled", False)
    assert desk.device.audio.sources == ()
    assert states(desk) == {}


def test_settings_survive_a_restart_and_no_factory_default(desk: Desk) -> None:
    done(desk, "PATCH", "/enabled", True)
    add(desk, "Pages", prio=2)
    desk.device.lifecycle.restart("test")
    desk.advance(120)
    assert desk.device.multicast.ranking[1] == desk.device.multicast.sources[0].id
    assert desk.device.multicast.enabled
    desk.device.lifecycle.factory_default()
    desk.advance(120)
    assert not desk.device.multicast.enabled
    assert desk.device.multicast.ranking == tuple(INTERNAL)


def test_who_may() -> None:
    desk = Desk("C1410")
    desk.device.accounts.add("op", "secret", ("operator", "viewer"))
    assert desk.ask("GET", ROOT, login=("op", "secret")).status == 403
    assert Desk("A9210").ask("GET", ROOT).status == 404


@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "remove", "move"]), st.integers(0, 14), st.integers(0, 14)), max_size=30
    )
)
def test_priorities_are_always_one_to_n(deeds: list[tuple[str, int, int]]) -> None:
    desk = Desk("C1410")
    for deed, which, priority in deeds:
        ranking = desk.device.multicast.ranking
        source = ranking[which % len(ranking)]
        if deed == "add":
            ask(desk, "POST", "/sources", {"label": f"s{which}", "prio": priority})
        elif deed == "remove":
            ask(desk, "DELETE", f"/sources/{source}")
        else:
            ask(desk, "PATCH", f"/sources/{source}/prio", priority)
        labels = ranked(desk)
        assert len(set(labels)) == len(labels) <= 13
        assert set(INTERNAL) <= set(labels)


SHARED = Desk("C1410")


@pytest.mark.fuzz
@given(
    st.sampled_from(["POST", "PATCH", "DELETE"]), st.text("abc/%. sourceSIP", max_size=20), st.binary(max_size=30)
)
def test_whatever_is_sent_is_answered(method: str, path: str, body: bytes) -> None:
    answer = SHARED.ask(method, f"{ROOT}/{path}", body)
    assert answer.status in (200, 400, 404, 405)
