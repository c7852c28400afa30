"""Events of the device's bus, entries of its logs, and any other record."""

from __future__ import annotations

from canned_eyes import INPUT, SUPERVISED, CannedEyes, find, matches, misses

from simulator.expect.mark import Mark


def test_an_event_with_its_near_misses() -> None:
    eyes = CannedEyes()
    eyes.event(INPUT, source={"port": "2"}, data={"state": "1"})
    eyes.event(SUPERVISED, source={"port": "1"}, data={"state": "cut"})
    eyes.event(SUPERVISED, at=31.0, source={"port": "2"}, data={"state": "cut"})
    found = find(eyes, "event", {"event": "tampering", "port": "2"})
    assert misses(found) == [("port=1, not 2",)]
    assert [finding.at for finding in found if finding.matches] == [31.0]


def test_source_and_data_items_by_name() -> None:
    eyes = CannedEyes()
    eyes.event("tnsaxis:MediaClip/CurrentlyPlaying", source={"AudioOutput": "1"}, data={"FileName": "a.mp3"})
    topic = {"event": "tnsaxis:MediaClip/CurrentlyPlaying"}
    assert matches(find(eyes, "event", {**topic, "data": {"FileName": "*.mp3"}, "source": {"AudioOutput": "1"}}))
    assert misses(find(eyes, "event", {**topic, "data": {"FileName": "*.wav"}})) == [
        ("FileName=a.mp3, not *.wav",)
    ]


def test_an_entry_of_the_log_that_is_named() -> None:
    eyes = CannedEyes()
    eyes.record("log", "system", daemon="udhcpc", severity="INFO", text="sending renew to 127.19.0.1")
    eyes.record("log", "audit", daemon="httpd", severity="INFO", text="Authentication: renew")
    assert matches(find(eyes, "log", "sending renew")) == ["udhcpc: sending renew to 127.19.0.1"]
    assert matches(find(eyes, "log", {"contains": "renew", "log": "audit"})) == ["httpd: Authentication: renew"]
    assert find(eyes, "log", {"contains": "renew", "log": "access"}) == []


def test_any_record_by_kind_name_and_data() -> None:
    eyes = CannedEyes()
    eyes.record("state", "upgrade refused", code="421", text="wrong model")
    eyes.record("action", "upgrade", image="wrong-model")
    query = {"kind": "state", "what": "upgrade *", "data": {"code": "421"}}
    assert matches(find(eyes, "journal", query)) == ["io-1 state upgrade refused code=421 text=wrong model"]
    assert misses(find(eyes, "journal", {**query, "data": {"code": "400"}})) == [("code=421, not 400",)]
    assert find(eyes, "journal", query, since=Mark(journal=1)) == []


def test_a_long_record_is_told_in_one_short_line() -> None:
    eyes = CannedEyes()
    eyes.record("note", "x", text="y" * 1000)
    (finding,) = find(eyes, "journal", {"kind": "note"})
    assert len(finding.text) <= 300
