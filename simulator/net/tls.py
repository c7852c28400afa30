"""Certificates and TLS contexts: one authority per fleet, everything else made when first used.

A device shows a certificate like that of its device ID (network sheet, section 1): common name
`axis-<mac>-eccp256-1`, ECDSA P-256, valid for its wire address, its real address and `axis-<mac>.local`.
"""

from __future__ import annotations

import asyncio.sslproto
import ssl
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import trustme

from simulator.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.face.transport import TlsWish

ORGANIZATION = "Axis Communications AB"
AUTHORITY = "Axis device ID Intermediate CA ECC 2"
VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv11": ssl.TLSVersion.TLSv1_1,
    "TLSv12": ssl.TLSVersion.TLSv1_2,
    "TLSv13": ssl.TLSVersion.TLSv1_3,
}
"""As settings of devices name them."""
READ_BUFFER = 16 << 10
"""Bytes asyncio keeps per TLS connection; its own 256 KiB would be most of what a connection costs."""


def shrink_read_buffers() -> None:
    """Lower asyncio's TLS buffer before the first connection; other loops have their own TLS."""
    protocol = asyncio.sslproto.SSLProtocol
    if getattr(protocol, "max_size", 0) > READ_BUFFER:
        protocol.max_size = READ_BUFFER


class Tls:
    """The fleet's authority and the contexts of its devices."""

    def __init__(self) -> None:
        shrink_read_buffers()
        self._authority: trustme.CA | None = None
        self._servers: dict[tuple[str, ...], ssl.SSLContext] = {}
        self._clients: dict[TlsWish, ssl.SSLContext] = {}

    @property
    def authority(self) -> trustme.CA:
        """Made on first use."""
        if self._authority is None:
            self._authority = trustme.CA(organization_name=ORGANIZATION, organization_unit_name=AUTHORITY)
        return self._authority

    @property
    def authority_pem(self) -> bytes:
        """The authority's certificate: what a client trusts to trust the fleet."""
        return bytes(self.authority.cert_pem.bytes())

    def server(self, serial: str, *addresses: str) -> Callable[[], ssl.SSLContext]:
        """A function that gives the context of a device (or of a part of the site), made at the first call.

        `serial` is the MAC address without separators, `addresses` the wire and the real address.
        """
        name = f"axis-{serial.lower()}"
        return lambda: self.named(f"{name}-eccp256-1", *addresses, f"{name}.local")

    def presenting(self, wish: TlsWish, *identities: str) -> ssl.SSLContext:
        """A server context with the certificate and versions of `wish`; the device's own has these alternative names.

        Raises FleetError for a certificate that is none.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        _limit(context, wish.versions)
        self._identify(context, wish, *identities)
        return context

    def named(self, common_name: str, *identities: str) -> ssl.SSLContext:
        """A server context whose certificate has this common name and these alternative names."""
        key = (common_name, *dict.fromkeys(identities))
        context = self._servers.get(key)
        if context is None:
            context = self._servers[key] = self._made(*key)
        return context

    def client(self, wish: TlsWish) -> ssl.SSLContext:
        """The context of a device as client, one per set of trusted authorities.

        Raises FleetError for authorities that are no certificates.
        """
        context = self._clients.get(wish)
        if context is None:
            context = self._clients[wish] = self._trusting(wish)
        return context

    def _made(self, common_name: str, *identities: str) -> ssl.SSLContext:
        leaf = self.authority.issue_cert(*identities, common_name=common_name, organization_name=ORGANIZATION)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        leaf.configure_cert(context)
        return context

    def _identify(self, context: ssl.SSLContext, wish: TlsWish, *identities: str) -> None:
        """Give the context the certificate that is wished for. Raises FleetError if it is none."""
        if wish.device_id:
            name = f"axis-{wish.device_id.lower()}"
            own = self.authority.issue_cert(
                *dict.fromkeys(identities),
                f"{name}.local",
                common_name=f"{name}-eccp256-1",
                organization_name=ORGANIZATION,
            )
            own.configure_cert(context)
        elif wish.certificate:
            with NamedTemporaryFile(suffix=".pem") as file:  # the ssl module loads a key from files only
                file.write(wish.certificate)
                file.flush()
                try:
                    context.load_cert_chain(file.name)
                except (ssl.SSLError, ValueError) as error:
                    raise FleetError(f"the certificate cannot be used: {error}") from None

    def _trusting(self, wish: TlsWish) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _limit(context, wish.versions)
        if wish.alpn:
            context.set_alpn_protocols([wish.alpn])
        self._identify(context, wish)
        if not wish.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        for pem in wish.authorities or (self.authority_pem,):
            try:
                context.load_verify_locations(cadata=pem.decode("ascii"))
            except (ssl.SSLError, ValueError) as error:
                raise FleetError(f"a trusted authority is no certificate: {error}") from None
        return context


def _limit(context: ssl.SSLContext, versions: tuple[str, ...]) -> None:
    """Speak these versions of TLS; the oldest two need a security level that modern OpenSSL does not have by itself."""
    known = sorted(VERSIONS[version] for version in versions if version in VERSIONS)
    context.minimum_version = known[0] if known else ssl.TLSVersion.TLSv1_2
    if known:
        context.maximum_version = known[-1]
        if known[0] < ssl.TLSVersion.TLSv1_2:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
