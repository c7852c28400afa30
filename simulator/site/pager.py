"""The site's paging system: it sends tones to multicast groups, as paging consoles and music servers send sound.

Plain RTP, PCMU or PCMA in packets of 20 ms, with SRTP where a key is given (audio sheet 7.1). Everything goes out at the
pager's own loopback address, so that nothing leaves the machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.rtp.negotiated import MediaSettings, Negotiated
from simulator.wire.rtp.srtp import SUITES, Keys

if TYPE_CHECKING:
    from simulator.net.media.engine import MediaEngine
    from simulator.net.media.session import MediaSession

NAME = "pager"
"""Of its endpoint and its chance."""
_FIRST_PORT = 30_000
_TYPES = {"PCMU": 0, "PCMA": 8}
_SETTINGS = MediaSettings(port_policy="reuse_lowest", latch="never", rtcp_interval=0)


class Pager:
    """Pages that are on the air, by group and port."""

    def __init__(self, media: MediaEngine, address: str) -> None:
        self._media = media
        self._address = address
        self._pages: dict[tuple[str, int], MediaSession] = {}

    def start(
        self,
        group: str,
        port: int,
        *,
        hertz: float = 1000.0,
        level: float = -10.0,
        codec: str = "PCMU",
        key: bytes = b"",
    ) -> None:
        """Send a tone until `stop`; a page to this group and port that is on the air ends first."""
        from simulator.wire.sound.tone import Tone

        self.stop(group, port)
        session = self._media.open(NAME, self._address, _FIRST_PORT, _SETTINGS, name=f"{group}:{port}")
        session.start(
            Negotiated(codec, _TYPES[codec], (group, port), direction="sendonly", keys=_keys(key)),
            Tone(hertz, level=level),
        )
        self._pages[group, port] = session

    def stop(self, group: str, port: int) -> None:
        """Nothing happens if there is no such page."""
        session = self._pages.pop((group, port), None)
        if session is not None:
            session.stop()

    def close(self) -> None:
        """The site ends."""
        for session in self._pages.values():
            session.abandon()
        self._pages.clear()


def _keys(key: bytes) -> Keys | None:
    """The suite follows from the length of key and salt; an 80-bit tag, as the speakers have it."""
    if not key:
        return None
    suite = next(suite for suite in SUITES.values() if suite.key_length == len(key) and suite.tag_length == 10)
    return Keys(suite.name, key, key)
