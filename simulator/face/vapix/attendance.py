"""Who came and who was turned away: the access log and the audit log's authentication entries (core sheet 4.6).

The access log is empty unless `System.AccessLog` is on. The audit log names each login once, not each request:
again when the same account has not been seen from the same address for as long as a nonce lives.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.exchange import Head

LOGINS_REMEMBERED = 1024


class Attendance:
    """Writes what the web server knows of its visitors into the device's logs."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()

    def admitted(self, head: Head, account: str) -> None:
        """A request of an account was let in."""
        if self._device.parameters.enabled("System.AccessLog"):
            self._device.logs.access(f"{_who(head, account)} {_what(head)}")
        if account:
            self._audit_login(head, account)

    def rejected(self, head: Head, account: str) -> None:
        """A wrong name or password."""
        who = _who(head, account)
        self._device.logs.access(f"{who} {_what(head)} authentication failed")
        self._device.logs.audit("httpd", "Authentication", f"{who} Authentication failed (HTTP).")

    def forbidden(self, head: Head, account: str) -> None:
        """An account that may not do this."""
        self._device.logs.access(f"{_who(head, account)} {_what(head)} access denied")

    def forget(self) -> None:
        """The device restarts."""
        self._seen.clear()

    def _audit_login(self, head: Head, account: str) -> None:
        device, key = self._device, (account, head.peer)
        now, last = device.world.clock.now(), self._seen.pop(key, None)
        while len(self._seen) >= LOGINS_REMEMBERED:
            self._seen.popitem(last=False)
        self._seen[key] = now
        if last is None or now - last > device.profile.quirks.nonce_lifetime:
            text = f"{account}@{head.peer} Authentication succeeded (HTTP)."
            device.logs.audit("httpd", "Authentication", text)


def _who(head: Head, account: str) -> str:
    return f"{_printable(account[:32]) or 'anonymous'}@{head.peer}"


def _what(head: Head) -> str:
    return f"{_printable(head.method[:16])} {_printable(head.path[:256])}"


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)
