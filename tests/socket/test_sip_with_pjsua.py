"""The speaker and a phone made of pjsua2 call each other: signalling, sound, keys, hold, TLS and SRTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
import trustme
from sip_bench import Speaker, speaker, until

from simulator.device.call import CallState
from simulator.journal import Kind

pytest.importorskip("pjsua2", reason="needs pjsua2-python")
from pjsua_phone import PjsuaPhone, phone

pytestmark = pytest.mark.asyncio
CHANGE = "tnsaxis:Call/StateChange"
TONE = 700


def loudest(one: Speaker, seconds: float = 0.5) -> int:
    """Hertz of the strongest tone that the loudspeaker played lately; 0 for silence."""
    assert one.device.audio is not None
    samples = one.device.audio.render(seconds)
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    return round(float(spectrum.argmax()) / seconds) if samples.any() else 0


async def gone(one: Speaker) -> None:
    await until(lambda: not one.service.calls.live)


@pytest.mark.parametrize("codec", ["PCMU/8000", "PCMA/8000", "G722/16000"])
async def test_a_tone_is_heard_in_every_codec(codec: str) -> None:
    async with speaker() as one, phone(tone=TONE, codecs=[codec]) as peer:
        peer.do("call", uri=one.uri)
        await peer.expect("call", state="CONFIRMED")
        media = await peer.expect("media", direction="sendrecv")
        assert media["codec"].lower() == codec.lower()
        await until(lambda: loudest(one) == TONE)
        peer.do("statistics")
        assert (await peer.expect("statistics"))["lost"] == 0
        peer.do("hang up")
        await peer.expect("call", state="DISCONNECTED", status=200)
        await gone(one)
        counted = one.records(Kind.STATE, "sip media ended")[0].data
        assert counted["codec"].partition("/")[0].lower() == codec.partition("/")[0].lower()
        assert counted["malformed"] == counted["wrong_type"] == 0
        assert not one.records(Kind.VIOLATION)


async def test_keys_are_counted_once_by_rtp_and_by_info() -> None:
    async with speaker() as one, phone() as peer:
        peer.do("call", uri=one.uri)
        await peer.expect("call", state="CONFIRMED")
        await peer.expect("media")

        def digits() -> str:
            return "".join(record.data["digit"] for record in one.records(Kind.STATE, "call digit"))

        peer.do("digits", digits="1*D")
        await until(lambda: digits() == "1*D")
        peer.do("digits", digits="#7", by="info")
        await until(lambda: digits() == "1*D#7")
        assert {record.data["origin"] for record in one.records(Kind.STATE, "call digit")} == {"rtp", "info"}


async def test_a_held_call_is_silent_and_comes_back() -> None:
    async with speaker() as one, phone(tone=TONE) as peer:
        peer.do("call", uri=one.uri)
        await peer.expect("media", direction="sendrecv")
        await peer.expect("call", state="CONFIRMED")
        peer.do("hold")
        await peer.expect("media", direction="sendonly")
        peer.do("resume")
        await peer.expect("media", direction="sendrecv")
        await until(lambda: loudest(one) == TONE)
        directions = [record.data["direction"] for record in one.records(Kind.STATE, "sip media")]
        assert directions == ["sendrecv", "recvonly", "sendrecv"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_the_speaker_calls_and_hangs_up(transport: str) -> None:
    async with speaker(Transport=transport) as one, phone(answer=200, transport=transport, tone=TONE) as peer:
        call = one.service.calls.place(f"sip:{peer.place}")
        await peer.expect("incoming")
        await until(lambda: call.state is CallState.ACTIVE)
        await until(lambda: loudest(one) == TONE)
        call.hang_up()
        await peer.expect("call", state="DISCONNECTED")
        await gone(one)
        assert [event["Reason"] for event in one.events(CHANGE)] == ["Initiated", "AcceptedByRemote", "Terminated"]


async def test_a_call_that_rings_is_answered_by_the_device() -> None:
    async with speaker(AutoAnswerEnabled=False) as one, phone() as peer:
        peer.do("call", uri=one.uri)
        await peer.expect("call", state="EARLY", status=180)
        assert one.service.calls.answer()
        await peer.expect("call", state="CONFIRMED")


async def test_a_new_address_takes_the_call_along() -> None:
    async with speaker() as one, phone(tone=TONE) as peer:
        peer.do("call", uri=one.uri)
        await peer.expect("call", state="CONFIRMED")
        await peer.expect("media", direction="sendrecv")
        new = one.bench.premises.spare_address()
        one.device.parameters.write("Network.BootProto", "none")
        one.device.parameters.write("Network.IPAddress", new)
        await until(lambda: one.device.network.primary == new)
        media = await peer.expect("media")
        assert media["remote"].startswith(f"{new}:")
        await until(lambda: loudest(one) == TONE)
        peer.do("hang up")
        await peer.expect("call", state="DISCONNECTED", status=200)
        await gone(one)


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a phone on 127.0.0.1, by an authority that the speaker does not know by itself."""
    folder: Path = tmp_path_factory.mktemp("phone")
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    (folder / "chain.pem").write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    (folder / "key.pem").write_bytes(leaf.private_key_pem.bytes())
    (folder / "authority.pem").write_bytes(authority.cert_pem.bytes())
    return {name: str(folder / f"{name}.pem") for name in ("chain", "key", "authority")}


def secure(certificates: dict[str, str], **more: object) -> dict[str, object]:
    return {
        "transport": "tls",
        "certificate": certificates["chain"],
        "key": certificates["key"],
        "authority": certificates["authority"],
        **more,
    }


def secure_uri(one: Speaker) -> str:
    host, port = one.place[0], one.bench.host(one.name).ports["sips"]
    return f"sip:{host}:{port};transport=tls"


@pytest.mark.parametrize("encryption", ["SRTPMandatory", "SRTPBestEffort"])
async def test_an_encrypted_call_over_tls(certificates: dict[str, str], encryption: str) -> None:
    options = secure(certificates, tone=TONE, srtp=2)
    async with speaker(Transport="tls", MediaEncryption=encryption) as one, phone(**options) as peer:
        peer.do("call", uri=secure_uri(one))
        await peer.expect("call", state="CONFIRMED")
        await peer.expect("media", direction="sendrecv")
        await until(lambda: loudest(one) == TONE)
        assert one.records(Kind.MESSAGE, "sip")[0].data["transport"] == "TLS"
        peer.do("hang up")
        await gone(one)
        counted = one.records(Kind.STATE, "sip media ended")[0].data
        assert counted["unauthenticated"] == 0
        assert counted["received_packets"] > 0


async def test_a_plain_offer_is_refused_where_encryption_is_mandatory(certificates: dict[str, str]) -> None:
    options = secure(certificates, srtp=0)
    async with speaker(Transport="tls", MediaEncryption="SRTPMandatory") as one, phone(**options) as peer:
        peer.do("call", uri=secure_uri(one))
        assert (await peer.expect("call", state="DISCONNECTED"))["status"] == 488


async def call_over_tls(one: Speaker, peer: PjsuaPhone) -> CallState:
    call = one.service.calls.place(f"sip:{peer.place};transport=tls")
    await until(lambda: call.state in (CallState.ACTIVE, CallState.TERMINATED))
    return call.state


async def test_the_speaker_verifies_who_it_calls(certificates: dict[str, str]) -> None:
    options = secure(certificates, answer=200)
    async with speaker(Transport="tls", VerifyServerCertificate=True) as one, phone(**options) as peer:
        assert await call_over_tls(one, peer) is CallState.TERMINATED
        assert "certificate not accepted" in one.records(Kind.CONNECTION, "sip undeliverable")[0].data["reason"]
        one.device.certificates.install_authority("phone", Path(certificates["authority"]).read_bytes())
        one.configure(CallerId="verified now")
        assert await call_over_tls(one, peer) is CallState.ACTIVE
        await asyncio.sleep(0)
