"""The certificates on a device that its own clients use: its device ID, and what an installer loaded.

An alias is what settings such as `ssl.clientCertID` of mqtt/client.cgi name. Every device has its factory device ID
(vapix-core sheet 3.9); the other two kinds come from the fleet's specification. A factory default clears them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.parameter import Refused
from simulator.journal import Kind

if TYPE_CHECKING:
    from simulator.device.device import Device

DEVICE_ID: Final = "Axis device ID ECC-P256 (802.1AR)"
"""Alias of the device's own certificate; its common name is `axis-<serial>-eccp256-1`."""
LONGEST_ALIAS = 128
_CERTIFICATE, _KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY-----"


class Certificates:
    """Aliases to PEM texts."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.authorities: dict[str, bytes] = {}
        """CA certificates."""
        self.clients: dict[str, bytes] = {}
        """Certificates with their chains and private keys, in one text each."""

    def install_authority(self, alias: str, pem: bytes) -> None:
        """Load a CA certificate. Raises Refused for a bad alias or a text without a certificate."""
        self._check(alias, pem)
        self.authorities[alias] = pem
        self._device.note(Kind.STATE, "certificate", alias=alias, use="authority")

    def install_client(self, alias: str, pem: bytes) -> None:
        """Load a client certificate with its key. Raises Refused as `install_authority`, and without a key."""
        self._check(alias, pem)
        if alias == DEVICE_ID:
            raise Refused(f"{alias} is the device's own certificate")
        if _KEY not in pem:
            raise Refused(f"certificate {alias} has no private key")
        self.clients[alias] = pem
        self._device.note(Kind.STATE, "certificate", alias=alias, use="client")

    def clear(self) -> None:
        """Factory default: only the device ID stays."""
        self.authorities.clear()
        self.clients.clear()

    def _check(self, alias: str, pem: bytes) -> None:
        if not 1 <= len(alias) <= LONGEST_ALIAS:
            raise Refused(f"a certificate's alias has 1 to {LONGEST_ALIAS} characters")
        if _CERTIFICATE not in pem:
            raise Refused(f"{alias} holds no certificate in PEM form")
