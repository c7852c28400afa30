"""The part of a scenario's fleet that switches on a speaker's multicast controller."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from simulator.action.kind import Text, Whole
from simulator.action.page import GROUP, SRTP_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSourcePlan:
    """A multicast group that the speaker listens to."""

    label: Annotated[str, Text(r"[ -~]{1,31}", "label", example="Emergency"), "Its name on the web page."]
    group: Annotated[str, GROUP, "Address of the group."]
    port: Annotated[int, Whole(1024, 65534), "Its port."]
    priority: Annotated[
        int | None, Whole(1, 13), "Place among all sources, 1 is the highest; the lowest by default."
    ] = None
    profile: Annotated[Literal["Normal", "Low", "UltraLow"], "Latency profile."] = "Normal"
    key: Annotated[str, SRTP_KEY, "SRTP key with salt, 60 or 92 hexadecimal digits; none for plain RTP."] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MulticastPlan:
    """A speaker's multicast controller, switched on."""

    codec: Annotated[Literal["PCMU", "PCMA"], "Codec of all sources."] = "PCMU"
    sources: Annotated[tuple[PageSourcePlan, ...], "Groups it listens to."] = ()

    def specification(self) -> dict[str, object]:
        """As the control API's populate call takes it."""
        return {"codec": self.codec, "sources": [asdict(source) for source in self.sources]}
