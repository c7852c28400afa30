"""Programs of net-snmp (Debian: snmp, snmpd, snmptrapd), run without MIB files: tools, an agent and a trap receiver."""

from __future__ import annotations

import queue
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vapix_fleet import until

PASSWORD = "axsim-pass"
SYSTEM = "1.3.6.1.2.1.1"
UPTIME, CONTACT, NAME, LOCATION = (f"{SYSTEM}.{number}.0" for number in (3, 4, 5, 6))
ENGINE_BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
DIGESTS = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
CIPHERS = ("DES", "AES", "AES-192", "AES-256")
_QUICK = ("-t", "0.4", "-r", "0")
"""For what is expected to stay unanswered."""


def free_udp_port() -> int:
    """One that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as spare:
        spare.bind(("127.0.0.1", 0))
        return int(spare.getsockname()[1])


@dataclass(frozen=True)
class Outcome:
    """What a tool wrote and how it ended."""

    code: int
    text: str

    @property
    def pairs(self) -> list[tuple[str, str, str]]:
        """Name, type and value of each line: `.1.3.6 = STRING: "x"`."""
        return [(found[1], found[2] or "", found[3]) for found in _LINE.finditer(self.text)]

    @property
    def values(self) -> dict[str, str]:
        return {name: value.strip('"') for name, _, value in self.pairs}


_LINE = re.compile(r"^\.([0-9.]+) = (?:([A-Za-z0-9-]+): )?(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """An agent that net-snmp's tools ask."""

    address: str
    port: int
    transport: str = "udp"

    def run(self, tool: str, *arguments: str, quick: bool = False) -> Outcome:
        """Run a tool against this agent; what follows the agent stands behind `--`."""
        options, names = list(arguments), []
        if "--" in options:
            at = options.index("--")
            options, names = options[:at], options[at + 1 :]
        patience = _QUICK if quick else ()
        command = [
            tool,
            "-m",
            "",
            "-On",
            *options,
            *patience,
            f"{self.transport}:{self.address}:{self.port}",
            *names,
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        return Outcome(done.returncode, done.stdout + done.stderr)

    def get(self, *names: str, version: str = "2c", community: str = "public", quick: bool = False) -> Outcome:
        return self.run("snmpget", f"-v{version}", "-c", community, "--", *names, quick=quick)

    def secure_get(self, *options: str, name: str = UPTIME, quick: bool = True) -> Outcome:
        return self.run("snmpget", "-v3", "-u", "initial", *options, "--", name, quick=quick)


def agent_of(device: dict[str, Any]) -> Place:
    """Of a device's entry in fleet.json."""
    return Place(device["address"], device["snmp"]["port"], device["snmp"]["transport"])


def secured(digest: str, cipher: str = "", password: str = PASSWORD) -> tuple[str, ...]:
    """Options of net-snmp for a level of v3."""
    private = ("-l", "authPriv", "-x", cipher, "-X", password) if cipher else ("-l", "authNoPriv")
    return ("-a", digest, "-A", password, *private)


@contextmanager
def snmpd() -> Iterator[Place]:
    """net-snmp's own agent with the communities and the user of a device."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_udp_port()
        (folder / "snmpd.conf").write_text(
            f"agentaddress udp:127.0.0.1:{port}\nrocommunity public\nrwcommunity write\n"
            f"createUser initial SHA {PASSWORD} AES {PASSWORD}\nrwuser initial authNoPriv\n"
        )
        command = [
            "/usr/sbin/snmpd",
            "-f",
            "-C",
            "-c",
            str(folder / "snmpd.conf"),
            "-Lf",
            str(folder / "log"),
            "-m",
            "",
        ]
        process = subprocess.Popen(
            command, env={"SNMP_PERSISTENT_DIR": name, "PATH": "/usr/sbin:/usr/bin"}, stderr=subprocess.DEVNULL
        )
        place = Place("127.0.0.1", port)
        try:
            until(lambda: place.get(UPTIME, quick=True).code == 0)
            yield place
        finally:
            process.terminate()
            process.wait()


@dataclass
class TrapDaemon:
    """snmptrapd, and the lines it writes: version, source, generic, specific, uptime and objects."""

    port: int
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    def next(self) -> list[str]:
        """The parts of the next notification."""
        return self.lines.get(timeout=10).split("|")


@contextmanager
def snmptrapd() -> Iterator[TrapDaemon]:
    """net-snmp's receiver on a port of its own."""
    with tempfile.TemporaryDirectory() as name:
        daemon = TrapDaemon(free_udp_port())
        (Path(name) / "snmptrapd.conf").write_text("disableAuthorization yes\n")
        command = [
            "/usr/sbin/snmptrapd", "-f", "-Lo", "-m", "", "-On", "-C", "-c", f"{name}/snmptrapd.conf",
            "-F", "%b|%N|%w|%q|%v\n", f"udp:127.0.0.1:{daemon.port}",
        ]  # fmt: skip
        process = subprocess.Popen(
            command, env={"SNMP_PERSISTENT_DIR": name, "PATH": "/usr/bin"}, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        output = process.stdout
        up = threading.Event()

        def read() -> None:
            for line in output:
                if "NET-SNMP version" in line:
                    up.set()
                elif "|" in line:
                    daemon.lines.put(line.strip())

        reader = threading.Thread(target=read)
        reader.start()
        try:
            assert up.wait(10), "snmptrapd is up"
            yield daemon
        finally:
            process.terminate()
            process.wait()
            reader.join()
            output.close()
