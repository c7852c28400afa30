"""A phone of the site in calls with baresip, which is not ours: both ways, through the registrar and from peer to peer."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from net_bench import until
from site_baresip import Baresip, baresip

from simulator.action.vocabulary import from_mapping
from simulator.errors import FleetError
from simulator.fleet.bench import Bench
from simulator.fleet.specification import FleetSpecification
from simulator.wire.sound.analysis import dominant, level

pytestmark = [
    pytest.mark.asyncio,
    pytest.mark.peer("baresip"),
]
REGISTRAR = {"algorithms": ["MD5"], "users": {"3001": "horn"}}


@dataclass
class Site:
    """A fleet without devices: a registrar and a phone named desk."""

    bench: Bench

    @property
    def address(self) -> str:
        """For a user agent of somebody else."""
        return self.bench.premises.plan.infrastructure("client")

    @property
    def registrar(self) -> str:
        return str(self.bench.premises.telephony.description()["registrars"][0]["host"])

    @property
    def desk(self) -> dict[str, Any]:
        [phone] = self.bench.premises.telephony.describe_phones()
        return phone

    async def phone(self, do: str, **fields: Any) -> None:
        await self.bench.apply(from_mapping({"phone": {"do": do, **fields}}))

    def saw(self, what: str) -> list[dict[str, Any]]:
        return [record.data for record in self.bench.journal.since(0) if record.what == f"phone {what}"]

    def answers(self, method: str) -> list[tuple[str, int]]:
        """Sender and status of the requests that passed the registrar."""
        found = [record.data for record in self.bench.journal.since(0) if record.what == "registrar answered"]
        return [(data["user"], data["status"]) for data in found if data["method"] == method]

    def bound(self, user: str) -> bool:
        [registrar] = self.bench.premises.telephony.describe_registrars()
        return any(binding["user"] == user for binding in registrar["bindings"])

    async def state(self, state: str, seconds: float = 5.0) -> None:
        await until(lambda: self.desk["state"] == state, seconds)

    def hears(self, hertz: float) -> bool:
        tones = self.desk["heard"]["tones"]
        return bool(tones) and abs(tones[0]["frequency"] - hertz) < 0.02 * hertz


@asynccontextmanager
async def site(registrar: dict[str, Any] | None, **phone: Any) -> AsyncIterator[Site]:
    specification = {
        "site": {"registrar": registrar, "phones": {"desk": {"user": "2001", "password": "x", **phone}}}
    }
    bench = await Bench.build(FleetSpecification.model_validate(specification))
    try:
        yield Site(bench)
    finally:
        await bench.close()


@asynccontextmanager
async def with_baresip(
    folder: Path, registrar: dict[str, Any] | None = REGISTRAR, *, account: str = "", **phone: Any
) -> AsyncIterator[tuple[Site, Baresip]]:
    """The site, and a baresip that is registered there as 3001 or, without a registrar, is called by its address."""
    async with site(registrar, **phone) as here:
        where = f"<sip:3001@{here.registrar if registrar else here.address}>"
        login = ";auth_user=3001;auth_pass=horn;regint=60" if registrar else ";regint=0"
        async with baresip(folder / "horn", here.address, where + login + account, tone=700) as horn:
            if registrar:
                await until(lambda: here.bound("3001") and here.bound("2001"))
            yield here, horn


def recorded(horn: Baresip) -> np.ndarray[Any, np.dtype[np.int16]]:
    """What baresip heard."""
    [file] = horn.folder.glob("*-dec.wav")
    with wave.open(str(file), "rb") as reader:
        assert reader.getframerate() == 8000
        return np.frombuffer(reader.readframes(reader.getnframes()), "<i2")


async def test_it_registers_calls_and_both_hear_each_other(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        assert here.desk["registered"]
        await here.phone("play", tone=[1000], level=-12)
        await here.phone("call", to="3001")
        await here.state("active")
        assert here.desk["codec"] == "PCMU"
        await until(lambda: here.hears(700), 5)
        await until(lambda: here.desk["packets"] > 100)
        await here.phone("hang-up")
        await horn.event("CALL_CLOSED")
        await here.state("idle")
        peak = dominant(recorded(horn)[-4000:], 8000)
        assert peak is not None
        assert abs(peak.frequency - 1000) < 10
        assert abs(peak.level - -12) < 2
        assert [one["status"] for one in here.saw("ringing")] == [180]


async def test_it_is_called_rings_and_answers(tmp_path: Path) -> None:
    async with with_baresip(tmp_path) as (here, horn):
        await horn.tell("dial", f"sip:2001@{here.registrar}")
        await here.state("ringing")
        await horn.event("CALL_RINGING")
        await here.phone("answer")
        await horn.event("CALL_ESTABLISHED")
        await here.state("active")
        await until(lambda: here.hears(700))
        await horn.tell("hangup")
        await here.state("idle")
        assert [one["why"] for one in here.saw("ended")] == ["peer hung up"]


async def test_from_peer_to_peer_without_a_registrar(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, None, account=";answermode=auto") as (here, horn):
        await here.phone("call", to=f"sip:3001@{here.address}")
        await horn.event("CALL_ESTABLISHED")
        await here.state("active")
        await here.phone("hang-up")
        await horn.event("CALL_CLOSED")


async def test_what_becomes_of_calls_is_said_beforehand(tmp_path: Path) -> None:
    async with with_baresip(tmp_path) as (here, horn):
        await here.phone("auto-reject", status=486)
        await horn.tell("dial", f"sip:2001@{here.registrar}")
        assert "486" in (await horn.event("CALL_CLOSED"))["param"]
        await here.phone("auto-answer")
        await horn.tell("dial", f"sip:2001@{here.registrar}")
        await horn.event("CALL_ESTABLISHED")


async def test_a_call_is_given_up_before_it_is_answered(tmp_path: Path) -> None:
    async with with_baresip(tmp_path) as (here, horn):
        await here.phone("call", to="3001")
        await horn.event("CALL_INCOMING")
        await until(lambda: here.saw("ringing"))
        await here.phone("cancel")
        await horn.event("CALL_CLOSED")
        await here.state("idle")
        [ended] = here.saw("ended")
        assert (ended["why"], ended["status"]) == ("cancelled", 487)


async def test_hold_stops_the_sound_and_resume_brings_it_back(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, _horn):
        await here.phone("call", to="3001")
        await here.state("active")
        await until(lambda: here.hears(700))
        await here.phone("hold")
        await here.state("held")
        await until(lambda: not here.desk["heard"]["tones"])
        await here.phone("resume")
        await here.state("active")
        await until(lambda: here.hears(700))
        assert len(here.saw("answered")) == 1


@pytest.mark.parametrize("method", ["rfc4733", "info"])
async def test_digits_arrive(tmp_path: Path, method: str) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        await here.phone("call", to="3001")
        await horn.event("CALL_ESTABLISHED")
        await here.phone("dtmf", digits="15#", method=method)
        keys = [(await horn.event("CALL_DTMF_START"))["param"] for _ in range(3)]
        assert keys == ["1", "5", "#"]


async def test_digits_in_the_band_are_tones(tmp_path: Path) -> None:
    from simulator.wire.sound.analysis import keys_pressed

    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        await here.phone("call", to="3001")
        await horn.event("CALL_ESTABLISHED")
        await here.phone("dtmf", digits="274", method="in-band")
        before = here.desk["packets"]
        await until(lambda: here.desk["packets"] > before + 60)
        await here.phone("hang-up")
        await horn.event("CALL_CLOSED")
        assert keys_pressed(recorded(horn), 8000) == "274"


async def test_an_invite_without_an_offer_is_answered_with_one(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        await here.phone("call", to="3001", offer=False)
        await horn.event("CALL_ESTABLISHED")
        await until(lambda: here.hears(700))


async def test_a_lost_bye_leaves_the_other_side_alone(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        await here.phone("call", to="3001")
        await horn.event("CALL_ESTABLISHED")
        await here.phone("break", rule="lose-bye")
        await here.phone("hang-up")
        await here.state("idle")
        await horn.tell("hangup")  # it was still in the call: its own BYE finds nobody
        await until(lambda: here.answers("BYE"))
        assert here.answers("BYE") == [("3001", 481)]


async def test_sound_that_stops_is_heard_no_more(tmp_path: Path) -> None:
    async with with_baresip(tmp_path, account=";answermode=auto") as (here, horn):
        await here.phone("play", tone=[1000])
        await here.phone("call", to="3001")
        await horn.event("CALL_ESTABLISHED")
        await until(lambda: here.desk["packets"] > 50)
        await here.phone("break", rule="rtp-stop")
        before = here.desk["packets"]
        await until(lambda: here.desk["packets"] > before + 60)
        await here.phone("hang-up")
        await horn.event("CALL_CLOSED")
        heard = recorded(horn)
        assert level(heard[2000:6000]) > -20
        assert len(heard) < 8000 * 2 or level(heard[-4000:]) < -50


async def test_hands_are_told_what_cannot_be(tmp_path: Path) -> None:
    async with site(None) as here:
        for do, told in (
            ("answer", "is in no call"),
            ("hang-up", "is in no call"),
            ("register", "has no registrar"),
        ):
            with pytest.raises(FleetError, match=told):
                await here.phone(do)
        with pytest.raises(FleetError, match="no phone named"):
            await here.phone("ring", name="door")
        with pytest.raises(FleetError, match="cannot call 3001"):
            await here.phone("call", to="3001")
