"""One truth about a speaker: whatever is played, pressed, switched or moved before it, every face tells the same."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from one_truth import SHARDS, STEPS, OneTruth, run

CLIPS = ("Alarm", "Ding-dong", "Ring tone 1")


class SpeakerTruth(OneTruth):
    """A speaker with its clips, microphone, motion sensor, speaker test and light."""

    FLEET: ClassVar[str] = """
  speaker-1: {model: C1410, mqtt: {qos: 1, retain: property}}
"""
    DEVICE: ClassVar[str] = "speaker-1"

    def hands(self, verb: str, do: str, *, seconds: float = 5, **fields: Any) -> None:
        self.told_once({verb: {"do": do, "device": self.DEVICE, **fields}}, seconds=seconds)

    @rule(name=st.sampled_from(CLIPS), repeat=st.integers(-1, 3), seconds=st.integers(1, 20))
    def play(self, name: str, repeat: int, seconds: int) -> None:
        self.hands("clip", "play", name=name, repeat=repeat, seconds=seconds)

    @rule()
    def stop_clip(self) -> None:
        self.hands("clip", "stop")

    @rule(on=st.booleans())
    def microphone(self, on: bool) -> None:
        self.hands("microphone", "on" if on else "off")

    @rule(moving=st.booleans())
    def motion(self, moving: bool) -> None:
        self.told_once({"set": {"device": self.DEVICE, "fact": "motion", "value": "yes" if moving else "no"}})

    @rule(number=st.integers(1, 5), on=st.booleans())
    def virtual_input(self, number: int, on: bool) -> None:
        fact = {"device": self.DEVICE, "fact": f"virtual-input/{number}", "value": "yes" if on else "no"}
        self.told_once({"set": fact})

    @rule(do=st.sampled_from(("break-driver", "tear-driver", "mend-driver", "obstruct", "unobstruct")))
    def acoustics(self, do: str) -> None:
        self.hands("acoustics", do, seconds=1)

    @rule(do=st.sampled_from(("calibrate", "run")), seconds=st.integers(3, 15))
    def speaker_test(self, do: str, seconds: int) -> None:
        """As long as it can be done."""
        status = self.snapshot()["speaker"]["speaker_test"]
        if status in ("Pending", "DisabledInHardware") or (do, status) == ("run", "Uncalibrated"):
            return
        self.hands("speaker-test", do, seconds=seconds)

    @rule(profile=st.sampled_from(("SIP", "Recording", "LiveStream")), do=st.sampled_from(("start", "stop")))
    def light(self, profile: str, do: str) -> None:
        self.hands("light", do, profile=profile, seconds=1)

    @rule()
    def press(self) -> None:
        self.told_once({"press": {"device": self.DEVICE, "for": "1s"}}, seconds=12)

    @rule(
        what=st.sampled_from(("reboot", "power", "cable", "broker", "address")),
        on=st.booleans(), seconds=st.integers(1, 40), spared=st.integers(0, 7),
    )  # fmt: skip
    def outage(self, what: str, on: bool, seconds: int, spared: int) -> None:
        """Now and then something goes away, and the switch is moved meanwhile."""
        switch = {"microphone": {"do": "on" if on else "off", "device": self.DEVICE}}
        if spared:
            self.told_once(switch)
        else:
            self.go_and_come(what, seconds, switch)


@pytest.mark.timeout(36_000)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_all_faces_of_a_speaker_agree_whatever_happens(shard: int) -> None:
    run(SpeakerTruth, STEPS // SHARDS)
