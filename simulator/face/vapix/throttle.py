"""Brute-force protection: `System.PreventDoSAttack` (core sheet 1.8; manual, Security).

After more than *Count* failed logins within *Interval* (per page: the same path; per site: any path) an address
is blocked for *BlockingPeriod* seconds of device time. The block clears itself. The first, anonymous request of
a digest client is no failure. Failures are counted in wire time, which is the client's: its pace is what is judged.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.device import Device

BLOCKED_IP = "tns1:Device/tnsaxis:Network/BlockedIP"
SETTINGS = "System.PreventDoSAttack."
HIGHEST_COUNT = 1000
"""The range of both counts ends here, so that nothing older is ever needed."""
ADDRESSES_REMEMBERED = 4096


class Throttle:
    """Failed logins per client address, and who is blocked. Forgotten at power-off, like Apache's own memory."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._failures: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()
        self._blocked: dict[str, float] = {}

    @property
    def active(self) -> bool:
        """`ActivatePasswordThrottling`; a wrong password costs time only then."""
        return self._device.parameters.enabled(SETTINGS + "ActivatePasswordThrottling")

    def blocks(self, address: str) -> bool:
        """Whether requests of this address are refused now."""
        until = self._blocked.get(address)
        if until is None:
            return False
        if self._device.world.clock.now() < until:
            return True
        del self._blocked[address]
        return False

    def failed(self, address: str, page: str, now: float) -> None:
        """Count a wrong password that came at wire time `now`; may block the address, which is an event."""
        if not self.active:
            return
        failures = self._remembered(address)
        failures.append((now, page))
        same_page = [at for at, where in failures if where == page]
        site = [at for at, _ in failures]
        if self._too_many(same_page, "Page", now) or self._too_many(site, "Site", now):
            self._block(address)

    def forget(self) -> None:
        """The device has lost power or restarted."""
        self._failures.clear()
        self._blocked.clear()

    def _remembered(self, address: str) -> deque[tuple[float, str]]:
        if address not in self._failures:
            while len(self._failures) >= ADDRESSES_REMEMBERED:
                self._failures.popitem(last=False)
            self._failures[address] = deque(maxlen=HIGHEST_COUNT + 1)
        return self._failures[address]

    def _too_many(self, times: list[float], scope: str, now: float) -> bool:
        interval = self._setting(f"DoS{scope}Interval")
        recent = sum(1 for at in times if now - at < interval)
        return recent > self._setting(f"DoS{scope}Count")

    def _block(self, address: str) -> None:
        del self._failures[address]
        now = self._device.world.clock.now()
        self._forget_expired(now)
        self._blocked[address] = now + self._setting("DoSBlockingPeriod")
        device = self._device
        device.logs.system("httpd", "WARNING", f"Blocking host {address}: too many failed logins")
        if BLOCKED_IP in device.events.catalogue:
            device.events.publish(BLOCKED_IP, {}, address=address)

    def _forget_expired(self, now: float) -> None:
        for address in [address for address, until in self._blocked.items() if until <= now]:
            del self._blocked[address]

    def _setting(self, name: str) -> int:
        return int(self._device.parameters.get(SETTINGS + name, "0"))
