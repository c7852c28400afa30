"""The speaker as called party and as caller of SIPp, which we did not write; its scenarios are ours."""

from __future__ import annotations

import asyncio
import re
import socket

import pytest
from sip_bench import Outcome, Speaker, free_port, listens, sipp, speaker, until

from simulator.device.call import CallState
from simulator.journal import Kind
from simulator.net.fault import make
from simulator.net.patchbay import Endpoint

pytestmark = [pytest.mark.asyncio, pytest.mark.peer("sipp")]
TRANSPORTS = ["u1", "t1"]
STATE, CHANGE = "tnsaxis:Call/State", "tnsaxis:Call/StateChange"


def reasons(one: Speaker) -> list[str]:
    return [data["Reason"] for data in one.events(CHANGE)]


def states(one: Speaker) -> list[str]:
    return [data["CallState"] for data in one.events(STATE)]


async def gone(one: Speaker) -> None:
    """Until no call is left."""
    await until(lambda: not one.service.calls.live)


def statistics(one: Speaker) -> dict[str, float]:
    return one.records(Kind.STATE, "sip media ended")[-1].data


# Called


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("scenario", ["uac_call", "uac_call_late_offer", "uac_cancel_race", "uac_large"])
async def test_a_call_is_answered_and_ends(scenario: str, transport: str) -> None:
    async with speaker() as one:
        outcome = await sipp(scenario, one.place, "-d", "200", transport=transport)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["AcceptedByDevice", "Terminated"]
        assert states(one)[-2:] == ["Active", "Idle"]
        assert one.messages("in")[0] == "INVITE"
        assert not one.records(Kind.VIOLATION)


async def test_what_the_microphone_hears_is_sent() -> None:
    async with speaker() as one:
        assert one.device.microphone is not None
        one.device.microphone.turn(True)
        one.device.microphone.hear_tone(1000, -6)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            port = str(ear.getsockname()[1])
            call = asyncio.create_task(
                sipp("uac_call", one.place, "-d", "500", change=lambda text: text.replace("[media_port]", port))
            )
            packets = [await asyncio.to_thread(ear.recv, 2000) for _ in range(10)]
            assert (await call).code == 0
        assert all(len(packet) == 172 for packet in packets)
        # 1000 Hz at 8000 samples a second: eight values again and again
        payload = packets[5][12:]
        assert len(set(payload)) > 3
        assert payload[:8] == payload[8:16]


async def test_sound_flows_in_both_directions_and_is_counted() -> None:
    async with speaker() as one:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            port = str(ear.getsockname()[1])
            call = asyncio.create_task(
                sipp("uac_call", one.place, "-d", "700", change=lambda text: text.replace("[media_port]", port))
            )
            await until(lambda: one.service.calls.state is CallState.ACTIVE)
            assert one.device.audio is not None
            assert one.device.audio.heard == "SIP"
            packet = await asyncio.to_thread(ear.recv, 2000)
            assert (packet[0], packet[1] & 0x7F, len(packet)) == (0x80, 0, 12 + 160)
            assert (await call).code == 0
        await gone(one)
        assert one.device.audio.heard is None
        assert 25 < statistics(one)["sent_packets"] < 45, "20 ms apart for 0.7 s"


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_caller_who_gives_up_while_it_rings(transport: str) -> None:
    async with speaker(AutoAnswerEnabled=False) as one:
        outcome = await sipp("uac_cancel", one.place, transport=transport)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert states(one)[-2:] == ["Ringing", "Idle"]
        assert reasons(one) == ["Terminated"]
        assert one.messages("out") == ["100 INVITE", "180 INVITE", "200 CANCEL", "487 INVITE"]


async def test_a_ringing_call_is_answered_when_a_rule_says_so() -> None:
    async with speaker(AutoAnswerEnabled=False) as one:
        call = asyncio.create_task(sipp("uac_call", one.place, "-d", "100"))
        await until(lambda: one.service.calls.state is CallState.RINGING)
        assert one.service.calls.answer()
        outcome = await call
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert one.messages("out")[:3] == ["100 INVITE", "180 INVITE", "200 INVITE"]
        assert states(one)[-3:] == ["Ringing", "Active", "Idle"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_hold_and_resume(transport: str) -> None:
    async with speaker() as one:
        outcome = await sipp("uac_hold", one.place, transport=transport)
        assert outcome.code == 0, outcome.text
        await gone(one)
        directions = [record.data["direction"] for record in one.records(Kind.STATE, "sip media")]
        assert directions == ["sendrecv", "recvonly", "inactive", "sendrecv"]


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_an_options_ping(transport: str) -> None:
    async with speaker() as one:
        outcome = await sipp("uac_options", one.place, "-r", "50", transport=transport, calls=20)
        assert outcome.code == 0, outcome.text
        assert one.messages() == ["OPTIONS", "200 OPTIONS"] * 20 or sorted(one.messages()) == sorted(
            ["OPTIONS", "200 OPTIONS"] * 20
        )


async def test_a_lost_200_is_repeated_until_it_arrives() -> None:
    async with speaker() as one:
        lost = make("udp_loss", {"count": 1, "after": 1, "direction": "to-client"})
        one.bench.premises.patchbay.apply(lost, Endpoint(one.name, "sip"))
        outcome = await sipp("uac_call", one.place)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert one.messages("out").count("200 INVITE") == 2
        assert reasons(one) == ["AcceptedByDevice", "Terminated"], "one call, not two"


async def test_a_lost_ack_makes_the_200_come_again() -> None:
    async with speaker() as one:
        lost = make("udp_loss", {"count": 1, "after": 1, "direction": "to-device"})
        one.bench.premises.patchbay.apply(lost, Endpoint(one.name, "sip"))
        outcome = await sipp("uac_call", one.place, "-d", "900")
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert one.messages("in") == ["INVITE", "ACK", "BYE"]
        assert one.messages("out").count("200 INVITE") == 2


async def test_keys_by_info_become_events() -> None:
    async with speaker() as one:
        one.service.dtmf.set_event({"Id": "door", "Name": "Door"})
        one.service.dtmf.set_trigger({"Id": "t", "DTMFSequence": "12#", "DTMFEventId": "door"})
        one.service.dtmf.set_configuration({"Id": "dtmf_config_default", "Name": "", "DTMFTriggerId": ["t"]})
        outcome = await sipp("uac_dtmf", one.place)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert len(one.events("tnsaxis:Call/DTMF")) == 1


async def refused(one: Speaker, status: int) -> Outcome:
    outcome = await sipp("uac_refused", one.place, change=lambda text: text.replace('"403"', f'"{status}"'))
    assert outcome.code == 0, outcome.text
    return outcome


async def test_calls_are_denied_where_they_are_not_allowed() -> None:
    async with speaker(configuration={"AllowIncomingCalls": False}) as one:
        await refused(one, 403)
        assert reasons(one) == ["Denied"]
        assert "Active" not in states(one)


async def test_the_access_list_decides_who_may_call() -> None:
    listed = {"ApplyAccessList": True, "AccessList": ["sip:caller@127.0.0.1"], "AccessListPolicy": "Block"}
    async with speaker(configuration=listed) as one:
        await refused(one, 603)
        assert reasons(one) == ["Denied"]
        one.service.configure({"AccessListPolicy": "Allow"})
        outcome = await sipp("uac_call", one.place)
        assert outcome.code == 0, outcome.text


async def test_a_second_call_finds_it_busy_and_the_first_goes_on() -> None:
    async with speaker() as one:
        first = asyncio.create_task(sipp("uac_call", one.place, "-d", "1500"))
        await until(lambda: one.service.calls.state is CallState.ACTIVE)
        await refused(one, 486)
        assert (await first).code == 0
        assert reasons(one)[:1] == ["AcceptedByDevice"]


async def test_an_offer_without_a_usable_codec_is_not_acceptable() -> None:
    async with speaker() as one:

        def strange(text: str) -> str:
            text = re.sub("RTP/AVP 0 101", "RTP/AVP 97", text).replace("rtpmap:0 PCMU", "rtpmap:97 iLBC")
            return text.replace('"403"', '"488"')

        outcome = await sipp("uac_refused", one.place, change=strange)
        assert outcome.code == 0, outcome.text
        assert not reasons(one), "it never was a call"
        [refusal] = one.records(Kind.STATE, "call refused")
        assert refusal.data["status"] == 488
        assert any("Warning: 399" in r.data["text"] for r in one.records(Kind.MESSAGE, "sip"))


async def test_nobody_answers() -> None:
    async with speaker(configuration={"AnsweringTimeout": 1}, AutoAnswerEnabled=False) as one:
        outcome = await sipp("uac_unanswered", one.place)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["NoAnswer"]


async def test_a_call_that_lasts_too_long_is_hung_up() -> None:
    limit = [{"Name": "MaxCallDuration", "Value": "1"}]
    async with speaker(Attribute=limit) as one:
        outcome = await sipp("uac_hung_up", one.place)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["AcceptedByDevice", "Terminated"]


async def test_switching_sip_off_hangs_up_and_closes_the_port() -> None:
    async with speaker() as one:
        call = asyncio.create_task(sipp("uac_hung_up", one.place))
        await until(lambda: one.service.calls.state is CallState.ACTIVE)
        place = one.place
        one.service.configure({"SIPEnabled": False})
        assert (await call).code == 0
        await gone(one)
        await until(lambda: "sip" not in one.bench.host(one.name).ports)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(socket.create_connection, place, 5)
        one.service.configure({"SIPEnabled": True})
        assert (await sipp("uac_call", one.place)).code == 0


# Calling


async def place_call(one: Speaker, scenario: str, *options: str, transport: str = "u1", **more: object) -> Outcome:
    """Call SIPp, which runs the scenario."""
    port = free_port()
    callee = asyncio.create_task(sipp(scenario, None, *options, transport=transport, port=port))
    await until(lambda: listens(port, transport))
    suffix = ";transport=tcp" if transport == "t1" else ""
    one.service.calls.place(f"sip:called@127.0.0.1:{port}{suffix}")
    return await callee


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_call_is_placed_and_the_called_hangs_up(transport: str) -> None:
    async with speaker() as one:
        outcome = await place_call(one, "uas_call", "-d", "300", transport=transport)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["Initiated", "AcceptedByRemote", "Terminated"]
        assert states(one)[-3:] == ["Calling", "Active", "Idle"]
        assert statistics(one)["sent_packets"] > 8


async def test_a_call_is_placed_and_the_device_hangs_up() -> None:
    async with speaker() as one:
        callee = asyncio.create_task(place_call(one, "uas_answer"))
        await until(lambda: one.service.calls.state is CallState.ACTIVE)
        one.service.calls.live[0].hang_up()
        outcome = await callee
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["Initiated", "AcceptedByRemote", "Terminated"]


@pytest.mark.parametrize(
    ("scenario", "reason"), [("uas_busy", "Busy"), ("uas_unavailable", "Failed"), ("uas_no_answer", "NoAnswer")]
)
async def test_why_a_call_was_not_answered(scenario: str, reason: str) -> None:
    async with speaker(configuration={"CallingTimeout": 1}) as one:
        outcome = await place_call(one, scenario)
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["Initiated", reason]


async def test_a_call_to_nobody_fails_at_once_by_icmp() -> None:
    async with speaker() as one:
        one.service.calls.place(f"sip:nobody@127.0.0.1:{free_port()}")
        await gone(one)
        assert reasons(one) == ["Initiated", "Failed"]
        assert one.records(Kind.CONNECTION, "sip undeliverable")[0].data["reason"] == "connection refused"


async def test_a_large_invite_goes_over_tcp_and_the_rest_over_udp() -> None:
    long = {"CallerId": "A name that is much longer than a name ought to be " * 5}
    async with speaker(**{k: v[:255] for k, v in long.items()}) as one:
        port = free_port()
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.create_server(("127.0.0.1", port)) as tcp,
        ):
            udp.bind(("127.0.0.1", port))
            one.service.calls.place(f"sip:called@127.0.0.1:{port}")
            connection, _ = await asyncio.to_thread(tcp.accept)
            with connection:
                data = await asyncio.to_thread(connection.recv, 65535)
                assert len(data) > 1300
                host, near = connection.getpeername()
                assert f"Via: SIP/2.0/TCP {host}:{near}" in data.decode()
                assert "Contact:" in data.decode()
                assert f"<sip:{host}:{one.port}>" in data.decode()
            udp.setblocking(False)
            with pytest.raises(BlockingIOError):
                udp.recv(65535)


async def test_a_large_invite_to_who_has_no_tcp_goes_over_udp() -> None:
    async with speaker(CallerId="x" * 255) as one:
        outcome = await place_call(one, "uas_call", "-d", "100")
        assert outcome.code == 0, outcome.text
        await gone(one)
        assert reasons(one) == ["Initiated", "AcceptedByRemote", "Terminated"]
