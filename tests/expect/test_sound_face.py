"""The sound of a speaker, against what was expected."""

from __future__ import annotations

import pytest
from canned_eyes import CannedEyes, find, snapshot

from simulator.errors import FleetError
from simulator.expect.expectation import from_mapping


def eyes(**changes: object) -> CannedEyes:
    """A speaker on which a call plays 1 kHz at -20 dBFS."""
    made = CannedEyes()
    made.snapshots["io-1"] = snapshot(audio={})
    strongest = {"hertz": 1001.5, "level": -20.0}
    made.sounds["io-1"] = {
        "at": 31.0, "heard": "SIP", "sources": ["SIP"], "level": -19.8, "strongest": strongest,
        **changes,
    }  # fmt: skip
    return made


SILENCE = {"heard": None, "level": -90.0, "strongest": {"hertz": 0.0, "level": -90.0}}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"source": "SIP", "tone": 1000, "level": ">= -30", "silent": False}, ()),
        ({"tone": 1000, "level": "<= -20"}, ()),
        ({"level": ">=-19.9"}, ()),
        ({"source": "VAPIXAudio"}, ("source=SIP, not VAPIXAudio",)),
        ({"source": "none"}, ("source=SIP, not none",)),
        ({"tone": 440}, ("tone=1001.5 Hz, not 440",)),
        ({"tone": 1000, "level": ">= -10"}, ("level=-20.0 dBFS, not >= -10",)),
        ({"level": "<= -60"}, ("level=-19.8 dBFS, not <= -60",)),
        ({"silent": True}, ("it can be heard",)),
    ],
)
def test_what_is_heard(query: dict[str, object], told: tuple[str, ...]) -> None:
    (finding,) = find(eyes(), "sound", query)
    assert (finding.differs, finding.at) == (told, 31.0)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"silent": True}, ()),
        ({"source": "none"}, ()),
        ({"silent": False}, ("it is silent",)),
        ({"tone": 1000}, ("tone=0 Hz, not 1000",)),
    ],
)
def test_silence(query: dict[str, object], told: tuple[str, ...]) -> None:
    (finding,) = find(eyes(**SILENCE), "sound", query)
    assert finding.differs == told


def test_how_far_back_is_listened() -> None:
    ears = eyes()
    find(ears, "sound", {"tone": 1000, "last": "3s"})
    find(ears, "sound", {"source": "SIP"})
    assert ears.asked == [("io-1", "hearing", "3.0", None), ("io-1", "hearing", "0.5", None)]


def test_an_io_module_has_no_loudspeaker() -> None:
    made = CannedEyes()
    made.snapshots["io-1"] = snapshot(audio=None)
    (finding,) = find(made, "sound", {"silent": True})
    assert finding.differs == ("no loudspeaker",)


@pytest.mark.parametrize(
    "query", [{}, {"silent": True, "tone": 1000}, {"level": "loud"}, {"level": "> -30"}, {"tone": 1}]
)
def test_what_cannot_be_asked(query: dict[str, object]) -> None:
    with pytest.raises(FleetError):
        from_mapping("sound", query)
