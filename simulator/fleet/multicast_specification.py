"""A speaker's multicast controller as a fleet specification has it, and how it is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from simulator.device.parameter import Refused
from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.device.device import Device


class PageSourceSpecification(BaseModel):
    """A group that the speaker listens to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Annotated[str, Field(min_length=1, max_length=31)]
    group: str
    port: int
    priority: int | None = None
    """1 is the highest; the lowest by default."""
    profile: Literal["Normal", "Low", "UltraLow"] = "Normal"
    key: str = ""
    """60 or 92 hexadecimal digits; empty for plain RTP."""


class MulticastSpecification(BaseModel):
    """The controller, switched on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    codec: Literal["PCMU", "PCMA"] = "PCMU"
    sources: Annotated[tuple[PageSourceSpecification, ...], Field(max_length=10)] = ()


def set_up_multicast(device: Device, chosen: MulticastSpecification) -> None:
    """As its installer would. Raises FleetError where the device has no controller or refuses a source."""
    controller = device.multicast
    if controller is None:
        raise FleetError(f"{device.name} has no multicast controller", hint="only a C1410 has one")
    try:
        controller.set_codec(chosen.codec)
        for source in chosen.sources:
            controller.add(
                source.label,
                address=source.group,
                port=source.port,
                profile=source.profile,
                srtp_key=source.key,
                priority=source.priority,
            )
    except Refused as refused:
        raise FleetError(f"{device.name}: multicast: {refused}") from None
    controller.enable(True)
