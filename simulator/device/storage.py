"""Edge storage: the disks that the parameters name, none of which is there.

Neither product has a card slot, and no network share is configured; so nothing records, and each disk reports what
recorded devices report of one that is not connected (io-events sheet 2.2; the values are guesses of the profile).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.device import Device

ALERT = "tnsaxis:Storage/Alert"
DISRUPTION = "tnsaxis:Storage/Disruption"
FAILURE = "tns1:Device/tnsaxis:HardwareFailure/StorageFailure"
RECORDING = "tnsaxis:Storage/Recording"
_MOST_DISKS = 2


class Storage:
    """What the device knows about its disks."""

    def __init__(self, device: Device) -> None:
        self._device = device

    @property
    def disks(self) -> tuple[str, ...]:
        """`disk_id` of each: `NetworkShare`, and `SD_DISK` where there is a slot."""
        named = (self._device.parameters.get(f"Storage.S{number}.DiskID") for number in range(_MOST_DISKS))
        return tuple(disk for disk in named if disk)

    def publish_states(self) -> None:
        """The event system starts."""
        events, quirks = self._device.events, self._device.profile.quirks
        events.publish(RECORDING, {}, recording=False)
        for disk in self.disks:
            source, figure = {"disk_id": disk}, quirks.missing_disk_figure
            events.publish(DISRUPTION, source, disruption=quirks.missing_disk_disruption)
            events.publish(FAILURE, source, disruption=quirks.missing_disk_disruption)
            events.publish(ALERT, source, alert=False, temperature=figure, wear=figure, overall_health=figure)
