"""HTTP, HTTPS or both: `System.BoaGroupPolicy` (core sheet 1.7).

The policy of the role that a path asks for decides, before anybody is asked for a password: a client must not be
sent elsewhere in the middle of a POST with credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.vapix.apache import moved, page

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.exchange import Answer, Head

_ROLES = {
    Level.ANYONE: "viewer",
    Level.VIEWER: "viewer",
    Level.OPERATOR: "operator",
    Level.ADMINISTRATOR: "admin",
}


def scheme_refusal(device: Device, head: Head, level: Level, https_port: int | None) -> Answer | None:
    """None where the scheme is allowed.

    Policy `https` sends a GET over HTTP to the same path over TLS and refuses a POST; policy `http` refuses
    what comes over TLS. Both are guesses, and the statuses quirks of the profile.
    """
    policy = device.parameters.get("System.BoaGroupPolicy." + _ROLES[level], "both")
    if policy == "both" or policy == ("https" if head.secure else "http"):
        return None
    if head.secure:
        return page(403)
    quirks = device.profile.quirks
    status = quirks.https_only_get_status if head.method in ("GET", "HEAD") else quirks.https_only_post_status
    return moved(_over_tls(device, head, https_port)) if status == 301 else page(status)


def _over_tls(device: Device, head: Head, https_port: int | None) -> str:
    """The same target at the port that serves TLS: the host's, or what `HTTPS.Port` says."""
    port = https_port or int(device.parameters.get("HTTPS.Port", "443"))
    name = (head.headers.get("host") or head.host).rpartition(":")
    host = name[0] if name[1] and name[2].isdigit() else "".join(name)
    return f"https://{_printable(host)}{'' if port == 443 else f':{port}'}{_printable(head.target)}"


def _printable(text: str) -> str:
    return "".join(char for char in text if "!" <= char <= "~")
