"""What this machine can do for a fleet; asked once per session, printed at start and in the report.

The probe opens a few sockets and reads a few files of /proc; it starts no process and enters no namespace, so that
it costs a few milliseconds. Whether a namespace can be made is therefore read from the kernel's own settings.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import MissingCapability

if TYPE_CHECKING:
    from collections.abc import Callable

CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN = 12, 13, 21
_MDNS = "224.0.0.251"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The outcome of one probe. Every field is a plain value, for the report."""

    system: str
    user: int
    files: int
    """Soft limit of open files after it was raised to the hard one."""
    loopback: bool
    """Any address of 127/8 can be bound (Linux; macOS has 127.0.0.1 only)."""
    low_ports: bool
    """Ports below 1024 can be bound; otherwise they are shifted by +8000."""
    bind_to_device: bool
    multicast: bool
    """Groups can be joined on the loopback interface."""
    ipv6: bool
    user_namespaces: bool
    """The kernel's settings allow a private user and network namespace (not tried)."""
    net_admin: bool
    net_raw: bool
    ip: bool
    nft: bool
    ethtool: bool

    def as_dict(self) -> dict[str, Any]:
        """For the report and the control API."""
        return asdict(self)

    def lines(self) -> tuple[str, ...]:
        """For the terminal: three lines."""
        yes = [name for name in _SHOWN if getattr(self, name)]
        no = [name for name in _SHOWN if not getattr(self, name)]
        return (
            f"host       {self.system}, user {self.user}, {self.files} open files",
            f"can        {', '.join(name.replace('_', ' ') for name in yes) or 'nothing of note'}",
            f"cannot     {', '.join(name.replace('_', ' ') for name in no) or '-'}",
        )

    def require(self, name: str, what: str) -> None:
        """Raise MissingCapability, naming `name`, unless this machine has it."""
        if not getattr(self, name):
            raise MissingCapability(what, capability=name)


_SHOWN = (
    "loopback",
    "low_ports",
    "bind_to_device",
    "multicast",
    "ipv6",
    "user_namespaces",
    "net_admin",
    "net_raw",
    "ip",
    "nft",
    "ethtool",
)


def probe() -> Capabilities:
    """Ask the machine. Takes a few milliseconds and leaves nothing behind."""
    held = _effective_capabilities()
    return Capabilities(
        system=f"{platform.system()} {platform.release()}",
        user=os.getuid() if hasattr(os, "getuid") else 0,
        files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        loopback=_works(_bind, "127.77.1.1", 0),
        low_ports=_works(_bind, "127.0.0.1", 80) or _works(_bind, "127.77.1.1", 80),
        bind_to_device=_works(_bind_to_loopback_device),
        multicast=_works(_join_group),
        ipv6=_works(_bind_ipv6),
        user_namespaces=_namespaces_allowed(held),
        net_admin=bool(held >> CAP_NET_ADMIN & 1),
        net_raw=bool(held >> CAP_NET_RAW & 1),
        ip=shutil.which("ip") is not None,
        nft=shutil.which("nft") is not None,
        ethtool=shutil.which("ethtool") is not None,
    )


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one and return it.

    A device takes up to nine sockets, each connection one more (network sheet, section 6).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):  # macOS refuses an unlimited soft limit
            return soft
    return hard


def _works(attempt: Callable[..., None], *arguments: str | int) -> bool:
    try:
        attempt(*arguments)
    except (OSError, AttributeError):
        return False
    return True


def _bind(address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe_socket.bind((address, port))


def _bind_ipv6() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe_socket:
        probe_socket.bind(("::1", 0))


def _bind_to_loopback_device() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")


def _join_group() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe_socket:
        membership = socket.inet_aton(_MDNS) + socket.inet_aton("127.0.0.1")
        probe_socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)


def _effective_capabilities() -> int:
    for line in _read("/proc/self/status").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def _namespaces_allowed(held: int) -> bool:
    if held >> CAP_SYS_ADMIN & 1:
        return True
    forbidden = (
        _read("/proc/sys/kernel/unprivileged_userns_clone").strip() == "0"
        or _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").strip() == "1"
    )
    return not forbidden and _read("/proc/sys/user/max_user_namespaces").strip() not in {"", "0"}


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
