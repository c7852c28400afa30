"""ffmpeg speaks to a session and hears one: what is in the sound is told by frequency and level."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from media_bench import agreed, heard_tone, media, until
from net_bench import WORKER

from simulator.wire.rtp.srtp import SUITES, Keys, write_inline
from simulator.wire.sound.analysis import dominant
from simulator.wire.sound.tone import Tone

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("ffmpeg")]
SINE = -18.06
"""dBFS of ffmpeg's sine source: an eighth of full scale."""
SENT = [
    ("PCMU", 0, ["-c:a", "pcm_mulaw", "-ar", "8000"]),
    ("PCMA", 8, ["-c:a", "pcm_alaw", "-ar", "8000"]),
    ("G722", 9, ["-c:a", "g722", "-ar", "16000"]),
    ("opus", 96, ["-c:a", "libopus", "-ar", "48000", "-b:a", "64k"]),
    ("L16/16000", 98, ["-c:a", "pcm_s16be", "-ar", "16000"]),
]
SUITES_OF_FFMPEG = {
    "AES_CM_128_HMAC_SHA1_80": "AES_CM_128_HMAC_SHA1_80",
    "AES_CM_128_HMAC_SHA1_32": "SRTP_AES128_CM_HMAC_SHA1_32",
}
"""And the name under which ffmpeg gives RTCP its 80-bit tag, as RFC 4568 wants it for both."""


@asynccontextmanager
async def ffmpeg(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def sine(frequency: int, *encoding: str) -> list[str]:
    source = f"sine=frequency={frequency}:sample_rate=48000"
    return ["-re", "-f", "lavfi", "-i", source, "-ac", "1", *encoding]


def free_port() -> int:
    """An even port whose neighbour is free too."""
    for port in range(30_000 + 500 * WORKER, 40_000, 2):
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
        ):
            try:
                one.bind(("", port))
                two.bind(("", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@pytest.mark.parametrize(("codec", "payload_type", "encoding"), SENT, ids=[one[0] for one in SENT])
async def test_we_hear_what_ffmpeg_sends(codec: str, payload_type: int, encoding: list[str]):
    async with media() as bench:
        session = bench.open()
        session.start(agreed(None, codec, payload_type))
        to = f"rtp://{session.address}:{session.port}?pkt_size=1300"
        async with ffmpeg(*sine(700, *encoding), "-payload_type", str(payload_type), "-f", "rtp", to):
            await heard_tone(session, 700, SINE)
        statistics = session.statistics
        assert statistics.received_packets > 0
        assert statistics.lost == statistics.wrong_type == statistics.malformed == 0


def description(place: tuple[str, int], codec: str, payload_type: int, *lines: str) -> str:
    transport = "RTP/SAVP" if any(line.startswith("a=crypto") for line in lines) else "RTP/AVP"
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", f"c=IN IP4 {place[0]}", "t=0 0"]
    stream = [f"m=audio {place[1]} {transport} {payload_type}", f"a=rtpmap:{payload_type} {codec}", *lines]
    return "\r\n".join([*head, *stream, ""])


async def recorded(folder: Path, sdp: str) -> np.ndarray:
    """What ffmpeg hears within a second and a half, at 16,000 samples a second."""
    file = folder / "stream.sdp"
    file.write_text(sdp)
    listening = ["-protocol_whitelist", "file,udp,rtp,srtp", "-i", str(file), "-t", "1.5"]
    async with ffmpeg(*listening, "-ac", "1", "-ar", "16000", "-f", "s16le", "-") as process:
        out, errors = await asyncio.wait_for(process.communicate(), 30)
    assert out, errors.decode()
    return np.frombuffer(out, np.int16)


@pytest.mark.parametrize(
    ("codec", "payload_type"),
    [("PCMU/8000", 0), ("PCMA/8000", 8), ("G722/8000", 9), ("opus/48000/2", 96), ("L16/16000", 98)],
)
async def test_ffmpeg_hears_what_we_send(codec: str, payload_type: int, tmp_path: Path):
    async with media() as bench:
        session, place = bench.open(), ("127.0.0.1", free_port())
        session.start(agreed(place, codec, payload_type), Tone(700, level=-25))
        samples = await recorded(tmp_path, description(place, codec, payload_type))
        peak = dominant(samples[len(samples) // 3 :])
        assert peak is not None
        assert (peak.frequency, peak.level) == (pytest.approx(700, abs=2), pytest.approx(-25, abs=0.5))


@pytest.mark.parametrize("suite", SUITES_OF_FFMPEG)
async def test_we_hear_what_ffmpeg_encrypts(suite: str):
    key = bytes(range(SUITES[suite].key_length))
    async with media() as bench:
        session = bench.open()
        session.start(agreed(None, keys=Keys(suite, bytes(30), key)))
        to = f"srtp://{session.address}:{session.port}?pkt_size=300"
        crypto = [
            "-srtp_out_suite",
            SUITES_OF_FFMPEG[suite],
            "-srtp_out_params",
            write_inline(key).removeprefix("inline:"),
        ]
        async with ffmpeg(*sine(700, "-c:a", "pcm_mulaw", "-ar", "8000"), "-f", "rtp", *crypto, to):
            await heard_tone(session, 700, SINE)
        assert session.statistics.unauthenticated == 0


@pytest.mark.parametrize("suite", SUITES_OF_FFMPEG)
async def test_ffmpeg_hears_what_we_encrypt(suite: str, tmp_path: Path):
    key = bytes(range(SUITES[suite].key_length))
    async with media() as bench:
        session, place = bench.open(), ("127.0.0.1", free_port())
        session.start(agreed(place, keys=Keys(suite, key, bytes(30))), Tone(700, level=-25))
        crypto = f"a=crypto:1 {suite} {write_inline(key)}"
        samples = await recorded(tmp_path, description(place, "PCMU/8000", 0, crypto))
        peak = dominant(samples[len(samples) // 3 :])
        assert peak is not None
        assert (peak.frequency, peak.level) == (pytest.approx(700, abs=2), pytest.approx(-25, abs=0.5))


async def test_what_ffmpeg_encrypts_with_another_key_is_not_heard():
    suite = "AES_CM_128_HMAC_SHA1_80"
    async with media() as bench:
        session = bench.open()
        session.start(agreed(None, keys=Keys(suite, bytes(30), bytes(range(30)))))
        to = f"srtp://{session.address}:{session.port}?pkt_size=300"
        crypto = ["-srtp_out_suite", suite, "-srtp_out_params", write_inline(bytes(30)).removeprefix("inline:")]
        async with ffmpeg(*sine(700, "-c:a", "pcm_mulaw", "-ar", "8000"), "-f", "rtp", *crypto, to):
            await until(lambda: session.statistics.unauthenticated >= 20, 15)
        assert session.statistics.received_packets == 0
        assert not session.heard.samples(0, session.heard.position).any()
        assert bench.noted("decryption fails")
        assert session.peer is None


async def test_a_page_of_ffmpeg_to_a_group_is_heard_by_all_its_members():
    group = f"239.77.1.{WORKER + 1}"
    async with media() as bench:
        addresses = [bench.fleet.provider.plan.device(number) for number in (1, 2)]
        members = [
            bench.engine.join(f"speaker-{number}", address, group, 20_002, "PCMU")
            for number, address in enumerate(addresses, 1)
        ]
        to = f"rtp://{group}:20002?localaddr={addresses[0]}&ttl=0&pkt_size=172"
        async with ffmpeg(*sine(700, "-c:a", "pcm_mulaw", "-ar", "8000"), "-f", "rtp", to):
            for member in members:
                await heard_tone(member, 700, SINE)
                assert member.active
        await until(lambda: not any(member.active for member in members), 5)
