"""The mail server of the site, by aiosmtpd: takes mail for everybody, with STARTTLS and authentication (network of the
manual's chapter "Recipients")."""

from __future__ import annotations

import logging
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from simulator.site.receiver.receiver import Door, Receiver, Surroundings, address_of, shown

if TYPE_CHECKING:
    import asyncio
    import ssl
    from collections.abc import Mapping

    from aiosmtpd.smtp import Envelope, Session

LARGEST = 1 << 20
"""Bytes of a mail."""
REFUSED = 550
"""Code of a refusal that names none: mailbox unavailable."""
logging.getLogger("mail.log").addHandler(logging.NullHandler())
logging.getLogger("mail.log").propagate = False


class MailReceiver(Receiver):
    """Doors named `smtp` and `submission` offer STARTTLS; `smtps` speaks TLS from the first byte on.

    With `users` nobody gives mail without a name and password.
    """

    name = "mail"

    def __init__(
        self,
        surroundings: Surroundings,
        doors: tuple[Door, ...],
        context: ssl.SSLContext,
        users: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(surroundings, doors)
        self._context = context
        self._users = users

    def protocol(self, door: Door) -> asyncio.Protocol:
        return _Spoken(self, None if door.tls is not None else self._context)

    @property
    def demands_login(self) -> bool:
        """Nobody gives mail without a name and password."""
        return self._users is not None

    def admits(self, name: bytes, password: bytes) -> bool:
        """Whether a user exists and this is the password; without users anybody is let in."""
        if self._users is None:
            return True
        return self._users.get(name.decode("utf-8", "replace")) == password.decode("utf-8", "replace")

    def took(self, session: Session, envelope: Envelope, *, tls: bool) -> None:
        """A mail came and was taken."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        body = message.get_body(("plain",))
        login: bytes = getattr(session.auth_data, "login", b"")
        self.note(
            "mail",
            address_of(session.peer),
            **{"from": envelope.mail_from or ""},
            to=list(envelope.rcpt_tos),
            subject=shown(str(message.get("Subject", ""))),
            text=shown(body.get_content() if body is not None else ""),
            tls=tls,
            user=login.decode("utf-8", "replace"),
        )


class _Handler:
    """What aiosmtpd asks at each command."""

    def __init__(self, receiver: MailReceiver) -> None:
        self._receiver = receiver

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """A login is asked for here: aiosmtpd's own demand insists on TLS as well."""
        if self._receiver.demands_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from, envelope.mail_options = address, options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Refused by order, or taken."""
        code = self._receiver.orders.code
        if code is not None:
            return f"{code} Refused"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The whole mail is there."""
        await self._receiver.hesitate()
        over_tls = server.transport is not None and server.transport.get_extra_info("sslcontext") is not None
        self._receiver.took(session, envelope, tls=over_tls)
        return "250 OK"


class _Spoken(SMTP):
    """One connection."""

    def __init__(self, receiver: MailReceiver, context: ssl.SSLContext | None) -> None:
        self._receiver = receiver
        super().__init__(
            _Handler(receiver),
            data_size_limit=LARGEST,
            hostname="mail.site",
            ident="ESMTP",
            tls_context=context,
            auth_require_tls=False,
            authenticator=self._authenticated,
        )
        self._known: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._known is None:  # not again for TLS inside
            self._known = transport
            self._receiver.opened(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._known is not None:
            self._receiver.ended(self._known)
        super().connection_lost(error)

    def _authenticated(
        self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        good = isinstance(data, LoginPassword) and self._receiver.admits(data.login, data.password)
        if not good:
            self._receiver.note("mail login refused", address_of(session.peer))
        return AuthResult(success=good, handled=False, auth_data=data)
