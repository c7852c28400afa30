"""Pages over multicast from ffmpeg, which knows nothing of us, to a fleet of speakers; nothing leaves loopback."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from vapix_fleet import WORKER, curl, fleet, until

from simulator.fleet.session import Session

pytestmark = pytest.mark.peer("ffmpeg", "curl")

ROOT = "/config/rest/audio-multicast-ctrl/v1beta"
STATE = "tnsaxis:AudioMulticastController/SourceState"
EMERGENCY, MUSIC = f"239.77.{WORKER}.1", f"239.77.{WORKER}.2"
PORT = 6100
KEY = "0123456789abcdef" * 3 + "0123456789ab"
"""16 bytes of key and 14 of salt."""


@contextmanager
def page(group: str, *, hertz: int = 1000, key: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """ffmpeg plays a tone to a group until the block ends."""
    scheme = "srtp" if key else "rtp"
    crypto = ("-srtp_out_suite", "AES_CM_128_HMAC_SHA1_80", "-srtp_out_params", key) if key else ()
    url = f"{scheme}://{group}:{PORT}?localaddr=127.0.0.1&ttl=0&pkt_size=172"
    tone = ("-re", "-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=8000")
    command = ["ffmpeg", "-v", "error", "-nostdin", *tone, "-c:a", "pcm_mulaw", "-ar", "8000", "-ac", "1", *crypto]
    process = subprocess.Popen([*command, "-f", "rtp", url], stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def rest(session: Session, name: str, method: str, path: str, data: Any) -> dict[str, Any]:
    answer = curl("-X", method, "-d", json.dumps({"data": data}), session[name].url + ROOT + path)
    assert answer.status // 100 == 2, answer
    content: dict[str, Any] = json.loads(answer.body)
    return content


def listening(session: Session, name: str, group: str, **more: Any) -> str:
    """Add a source and turn the controller on; the id of the source."""
    sent = {"label": group, "ipAddress": group, "port": PORT, **more}
    source: str = rest(session, name, "POST", "/sources", sent)["data"]["id"]
    rest(session, name, "PATCH", "/enabled", True)
    return source


def heard(session: Session, name: str) -> str:
    return str(session.snapshot(name)["audio"]["heard"] or "silence")


def test_a_page_reaches_ten_speakers_and_an_emergency_interrupts_it() -> None:
    names = [f"speaker-{number}" for number in range(1, 11)]
    with fleet(*({"name": name, "model": "C1410", "number": n} for n, name in enumerate(names, 1))) as session:
        music = {name: listening(session, name, MUSIC) for name in names}
        emergency = {name: listening(session, name, EMERGENCY, prio=1) for name in names}
        with page(MUSIC):
            until(lambda: all(heard(session, name) == music[name] for name in names))
            with page(EMERGENCY, hertz=440):
                until(lambda: all(heard(session, name) == emergency[name] for name in names))
                states = {
                    (record["data"]["source"]["SrcID"], record["data"]["data"]["State"])
                    for record in session.journal(kinds="event", device="speaker-7")["records"]
                    if record["what"] == STATE
                }
                assert {(music["speaker-7"], "Suppressed"), (emergency["speaker-7"], "Active")} <= states
            until(lambda: all(heard(session, name) == music[name] for name in names))
        until(lambda: all(heard(session, name) == "silence" for name in names))


def test_a_key_keeps_strangers_out() -> None:
    inline = base64.b64encode(bytes.fromhex(KEY)).decode()
    stranger = base64.b64encode(bytes(30)).decode()
    with fleet({"name": "speaker-1", "model": "C1410", "number": 1}) as session:
        source = listening(session, "speaker-1", MUSIC, srtpKey=KEY)
        with page(MUSIC, key=inline):
            until(lambda: heard(session, "speaker-1") == source)
        until(lambda: heard(session, "speaker-1") == "silence")
        last = session.journal()["last"]
        for key in ("", stranger):
            before = refused(session)
            with page(MUSIC, key=key):
                until(lambda before=before: refused(session) > before + 20)
        assert heard(session, "speaker-1") == "silence"
        assert not [r for r in session.journal(last, "event", "speaker-1")["records"] if r["what"] == STATE]


def refused(session: Session) -> int:
    """Packets that a key did not open."""
    return int(session.snapshot("speaker-1")["speaker"]["pages_refused"])


def test_a_speaker_without_power_or_controller_is_deaf() -> None:
    with fleet({"name": "speaker-1", "model": "C1410", "number": 1}) as session:
        source = listening(session, "speaker-1", MUSIC)
        with page(MUSIC):
            until(lambda: heard(session, "speaker-1") == source)
            rest(session, "speaker-1", "PATCH", "/enabled", False)
            assert heard(session, "speaker-1") == "silence"
            rest(session, "speaker-1", "PATCH", "/enabled", True)
            until(lambda: heard(session, "speaker-1") == source)
            session["speaker-1"].power_cut()
            assert heard(session, "speaker-1") == "silence"
            session["speaker-1"].power_restore()
            session.advance(90)
            until(lambda: heard(session, "speaker-1") == source)
