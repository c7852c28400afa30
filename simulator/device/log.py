"""The device's own logs: system, access and audit log, each a bounded list of lines as AXIS OS writes them.

An entry is an ISO time with milliseconds and offset, the host name, the severity padded to seven characters in
brackets, the daemon with its process id, and the message (core sheet 4.6):

    2020-10-09T21:13:31.737-05:00 axis-accc8ef7de6b [ INFO    ] udhcpc[535]: udhcpc: sending renew to 172.16.4.1

Every entry is a LOG record of the journal too.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Literal

from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.device.world import World

CAPACITY = 2_000
"""Lines kept per log; the oldest goes first."""

LONGEST_MESSAGE = 4_096
"""Characters of one message: the limit of the log API's `writeMessage`."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")

Severity = Literal["CRIT", "ERR", "WARNING", "NOTICE", "INFO"]
"""The words seen in recorded logs."""

AuditClass = Literal[
    "Account Change",
    "API Activity",
    "Authentication",
    "Base Event",
    "Entity Management",
    "Network Activity",
    "Network Remediation Activity",
]
"""The classes that the event `Device/Log/Audit` declares (io-events sheet 2.2)."""

AUDIT_TOPIC = "tns1:Device/tnsaxis:Log/Audit"


class Logs:
    """The three logs of one device."""

    def __init__(self, world: World, device: Device) -> None:
        self._world = world
        self._device = device
        self._system: deque[str] = deque(maxlen=CAPACITY)
        self._access: deque[str] = deque(maxlen=CAPACITY)
        self._audit: deque[str] = deque(maxlen=CAPACITY)
        self._pids: dict[str, int] = {}

    def system(self, daemon: str, severity: Severity, text: str) -> None:
        """One entry of the system log."""
        self._write("system", self._system, daemon, severity, text)

    def access(self, text: str) -> None:
        """One entry of the access log; none while `System.AccessLog` is off, as it is in factory state."""
        if self._device.parameters.enabled("System.AccessLog"):
            self._write("access", self._access, "httpd", "INFO", text)

    def audit(self, daemon: str, group: AuditClass, text: str) -> None:
        """One entry of the audit log, and its event; nothing on firmwares without one (before 12).

        `fwmgr[4518]: Entity Management: Upgrade completed (...).`
        """
        if AUDIT_TOPIC in self._device.events.catalogue:
            message = _printable(text)
            self._write("audit", self._audit, daemon, "INFO", f"{group}: {message}")
            self._device.events.publish(AUDIT_TOPIC, {}, **{"class": group, "message": message})

    def system_lines(self, contains: str = "", daemon: str = "") -> tuple[str, ...]:
        """Entries, oldest first; those that contain a text, or of one daemon, where asked for."""
        own = f"] {daemon}[" if daemon else ""
        return tuple(line for line in self._system if contains in line and own in line)

    def access_lines(self, contains: str = "") -> tuple[str, ...]:
        return tuple(line for line in self._access if contains in line)

    def audit_lines(self) -> tuple[str, ...]:
        return tuple(self._audit)

    def clear(self) -> None:
        """Power is off or the device restarts: the logs live in memory."""
        for log in (self._system, self._access, self._audit):
            log.clear()

    def _write(self, log: str, lines: deque[str], daemon: str, severity: Severity, text: str) -> None:
        message = _printable(text)
        host = self._device.parameters.get("Network.VolatileHostName.HostName")
        stamp = self._device.time.local().isoformat(timespec="milliseconds")
        lines.append(f"{stamp} {host} [ {severity:<7} ] {daemon}[{self._pid(daemon)}]: {message}")
        self._world.journal.append(
            Kind.LOG, self._device.name, log, daemon=daemon, severity=severity, text=message
        )

    def _pid(self, daemon: str) -> int:
        if daemon not in self._pids:
            stream = self._world.chance.stream("pid", self._device.name, daemon)
            self._pids[daemon] = stream.randint(300, 9_999)
        return self._pids[daemon]


def _printable(text: str) -> str:
    """One line without control characters: a client's bytes must not forge an entry."""
    return _UNPRINTABLE.sub(" ", text[:LONGEST_MESSAGE])
