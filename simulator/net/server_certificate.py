"""The certificate of one server of the site, and what can be wrong with it."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

import trustme

from simulator.clock import machine_wall
from simulator.net.tls import ORGANIZATION

if TYPE_CHECKING:
    from simulator.net.tls import Tls

Flaw = Literal["none", "expired", "not-yet-valid", "unknown-authority", "wrong-name"]
ELSEWHERE: Final = "elsewhere.invalid"
"""The name in a certificate for another name."""
_LONG: Final = timedelta(days=30)
_PROTOCOLS = ["mqtt", "http/1.1"]
"""What an ALPN client may ask for; one that asks for something else is served without a choice."""


class ServerCertificate:
    """One TLS context whose certificate can be exchanged while it is in use: the next handshake shows it."""

    def __init__(self, tls: Tls, common_name: str, *identities: str) -> None:
        self._tls = tls
        self._name = common_name
        self._identities = identities
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(_PROTOCOLS)
        self.context.options |= ssl.OP_NO_TICKET
        self.show("none")

    def show(self, flaw: Flaw) -> None:
        """From the next handshake on, a good certificate or one with this flaw, counted by the machine's calendar."""
        authority, identities, now = self._tls.authority, self._identities, machine_wall()
        dates: dict[str, Any] = {}
        if flaw == "unknown-authority":
            authority = trustme.CA(organization_name="Unknown authority")
        elif flaw == "wrong-name":
            identities = (ELSEWHERE,)
        elif flaw == "expired":
            dates = {"not_before": now - 2 * _LONG, "not_after": now - timedelta(days=1)}
        elif flaw == "not-yet-valid":
            dates = {"not_before": now + timedelta(days=1), "not_after": now + _LONG}
        leaf = authority.issue_cert(*identities, common_name=self._name, organization_name=ORGANIZATION, **dates)
        leaf.configure_cert(self.context)

    def demand_one_of_clients(self) -> None:
        """Clients must have a certificate of the fleet's authority."""
        self.context.verify_mode = ssl.CERT_REQUIRED
        self._tls.authority.configure_trust(self.context)
