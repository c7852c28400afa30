"""An I/O module in service on a stepped clock, and what the tests of its firmware share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.firmware import Firmware, FirmwareRefused, ImageOffer, Signature
from simulator.device.lifecycle import Phase
from simulator.device.profile import load_profile
from simulator.device.world import World
from simulator.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = "12.9.57", "12.10.68"
PROFILE = load_profile("A9210", OLD)
QUIRKS = PROFILE.quirks
PRODUCT = (PROFILE.product.prod_nbr, PROFILE.product.hardware_id)
GOOD = ImageOffer(NEW, "0123456", (PRODUCT,), Signature.VALID, complete=True)
LONG = 3600.0
TEN_MINUTES = 600.0


class Bench:
    """An I/O module in service on a stepped clock."""

    def __init__(self, version: str = OLD) -> None:
        self.clock = SimClock(stepped=True)
        self.world = World(self.clock, Chance(1), Journal(self.clock))
        profile = load_profile("A9210", version)
        self.device = Device("io-1", 1, profile, self.world, lambda address: address)
        self.device.lifecycle.running_from_the_start()
        self.device.accounts.add("root", "pass", ("admin", "ptz"))
        self.firmware: Firmware = self.device.firmware
        self.answers: list[str | FirmwareRefused] = []

    @property
    def phase(self) -> Phase:
        return self.device.lifecycle.phase

    @property
    def version(self) -> str:
        return self.device.parameters["Properties.Firmware.Version"]

    def advance(self, seconds: float) -> None:
        target = self.clock.now() + seconds
        while (due := self.clock.next_due()) is not None and due <= target:
            self.clock.step_to(due)
            self.clock.run_due()
        self.clock.step_to(target)

    def advance_to(self, reached: Callable[[], bool]) -> None:
        while not reached():
            due = self.clock.next_due()
            assert due is not None, f"still {self.phase}, and nothing is due"
            self.advance(due - self.clock.now())

    def upgrade(self, offer: ImageOffer = GOOD, **wishes: str) -> Bench:
        self.firmware.upgrade(offer, done=self.answers.append, **wishes)
        return self

    def upgraded(self, offer: ImageOffer = GOOD, **wishes: str) -> Bench:
        """Until the new image runs."""
        self.upgrade(offer, **wishes)
        self.advance_to(lambda: self.phase is Phase.BOOTING)
        self.advance_to(lambda: self.phase is Phase.RUNNING)
        return self

    def power_cycle(self) -> None:
        self.device.lifecycle.power_cut()
        self.device.lifecycle.power_on()
        self.advance_to(lambda: self.phase is Phase.RUNNING)

    def refusal(self, offer: ImageOffer, **wishes: str) -> tuple[int, str]:
        self.upgrade(offer, **wishes)
        self.advance_to(lambda: not self.firmware.uploading)
        (answer,) = self.answers
        assert isinstance(answer, FirmwareRefused)
        return answer.code, answer.text


def code_of(call: Callable[[], object]) -> int:
    with pytest.raises(FirmwareRefused) as caught:
        call()
    return caught.value.code
