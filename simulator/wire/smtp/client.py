"""An SMTP client's session without I/O: one message to one server (RFC 5321, 3207, 4954).

    greeting, EHLO, [STARTTLS, EHLO,] [AUTH,] MAIL, RCPT..., DATA, message, QUIT

TLS is somebody else's: after `StartTls` the session is told `Secured`, and from then on given what comes out of it.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_LINE = 2048
"""Bytes of a line of a reply; RFC 5321 4.5.3.1.5 has 512."""
MOST_LINES = 100
"""Lines of one reply."""
_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Connected:
    """What the session is told: the connection stands."""


@dataclass(frozen=True, slots=True)
class Secured:
    """What the session is told: TLS stands."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """The server is ready for TLS: begin it, and tell the session."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The server has taken the message, perhaps not for all."""

    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """The message was not delivered."""

    reason: str


SmtpEvent = StartTls | Delivered | Failed


class ClientSession:
    """Hands over one message. `starttls` demands it; `login` demands authentication."""

    def __init__(
        self,
        name: str,
        sender: str,
        recipients: tuple[str, ...],
        message: bytes,
        *,
        starttls: bool = False,
        login: tuple[str, str] | None = None,
        patience: float = 60.0,
    ) -> None:
        """`name` is what EHLO says; `patience` seconds are waited for each reply."""
        self._name = name
        self._sender = sender
        self._recipients = recipients
        self._message = message
        self._starttls = starttls
        self._login = login
        self._patience = patience
        self._output = b""
        self._rest = b""
        self._lines: list[bytes] = []
        self._deadline: float | None = None
        self._expecting: Callable[[int, list[str]], list[SmtpEvent]] = self._greeted
        self._offered: dict[str, str] = {}
        self._waiting: list[str] = []
        self._refused: list[str] = []
        self._told = False
        self.ended = False
        """Nothing more is expected of the server: close the connection."""

    def send(self, event: Connected | Secured, now: float) -> list[SmtpEvent]:
        """The connection stands, or TLS inside it: EHLO again, as if nothing had been said (RFC 3207 4.2)."""
        self._deadline = now + self._patience
        if isinstance(event, Secured):
            self._starttls, self._rest, self._lines = False, b"", []
            self._hello()
        return []

    def receive(self, data: bytes, now: float) -> list[SmtpEvent]:
        """Bytes of the server. Raises MalformedMessage for what is no reply."""
        self._rest += data
        events: list[SmtpEvent] = []
        while not self.ended:
            line, found, rest = self._rest.partition(b"\n")
            if len(line) > LONGEST_LINE:
                raise MalformedMessage("a line of a reply is too long", offset=LONGEST_LINE)
            if not found:
                break
            self._rest = rest
            reply = self._line(line.rstrip(b"\r"))
            if reply is not None:
                self._deadline = now + self._patience
                events += self._expecting(*reply)
        return events

    def lost(self, _now: float) -> list[SmtpEvent]:
        """The connection has ended."""
        return self._fail("the server closed the connection")

    def take_output(self) -> bytes:
        output, self._output = self._output, b""
        return output

    def next_deadline(self) -> float | None:
        """When the server has kept a reply back for too long."""
        return None if self.ended else self._deadline

    def tick(self, now: float) -> list[SmtpEvent]:
        """Time has passed."""
        if self.ended or self._deadline is None or now < self._deadline:
            return []
        return self._fail("the server does not answer")

    # ---- replies

    def _line(self, line: bytes) -> tuple[int, list[str]] | None:
        """A reply, once its last line is there."""
        found = _REPLY.fullmatch(line)
        if found is None or len(self._lines) >= MOST_LINES:
            raise MalformedMessage("no reply of a mail server")
        self._lines.append((found[3] or b"").strip())
        if found[2] == b"-":
            return None
        lines, self._lines = self._lines, []
        return int(found[1]), [one.decode("utf-8", "replace") for one in lines]

    def _greeted(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 220:
            return self._refuse(code, lines)
        self._hello()
        return []

    def _hello(self) -> None:
        self._say(f"EHLO {self._name}", self._welcomed)

    def _welcomed(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code // 100 == 5 and not self._starttls and self._login is None and not self._offered:
            self._say(f"HELO {self._name}", self._hailed)
            return []
        if code != 250:
            return self._refuse(code, lines)
        self._offered = {word.upper(): rest for word, _, rest in (line.partition(" ") for line in lines[1:])}
        if self._starttls:
            return self._ask_for_tls()
        return self._authenticate() if self._login is not None else self._begin()

    def _hailed(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        return self._begin() if code == 250 else self._refuse(code, lines)

    def _ask_for_tls(self) -> list[SmtpEvent]:
        if "STARTTLS" not in self._offered:
            return self._fail("the server does not offer TLS")
        self._say("STARTTLS", self._ready_for_tls)
        return []

    def _ready_for_tls(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 220:
            return self._refuse(code, lines)
        if self._rest:  # what somebody put before the handshake must not be taken for what comes after
            return self._fail("the server speaks before TLS")
        return [StartTls()]

    def _authenticate(self) -> list[SmtpEvent]:
        """CRAM-MD5 before PLAIN before LOGIN (RFC 4954, 2195)."""
        assert self._login is not None
        offered = self._offered.get("AUTH", "").upper().split()
        user, password = self._login
        if "CRAM-MD5" in offered:
            self._say("AUTH CRAM-MD5", self._challenged)
        elif "PLAIN" in offered:
            self._say(f"AUTH PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}", self._authenticated)
        elif "LOGIN" in offered:
            self._say("AUTH LOGIN", self._asked_for_user)
        else:
            return self._fail("the server does not offer authentication")
        return []

    def _challenged(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 334:
            return self._refuse(code, lines)
        assert self._login is not None
        user, password = self._login
        try:
            challenge = base64.b64decode(lines[-1], validate=True)
        except ValueError:
            raise MalformedMessage("no challenge of a mail server") from None
        digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
        self._say(_base64(f"{user} {digest}"), self._authenticated)
        return []

    def _asked_for_user(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 334 or self._login is None:
            return self._refuse(code, lines)
        self._say(_base64(self._login[0]), self._asked_for_password)
        return []

    def _asked_for_password(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 334 or self._login is None:
            return self._refuse(code, lines)
        self._say(_base64(self._login[1]), self._authenticated)
        return []

    def _authenticated(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        return self._begin() if code == 235 else self._refuse(code, lines)

    def _begin(self) -> list[SmtpEvent]:
        self._say(f"MAIL FROM:<{self._sender}>", self._sender_taken)
        return []

    def _sender_taken(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 250:
            return self._refuse(code, lines)
        self._waiting = list(self._recipients)
        return self._next_recipient()

    def _next_recipient(self) -> list[SmtpEvent]:
        if self._waiting:
            self._say(f"RCPT TO:<{self._waiting[0]}>", self._recipient_answered)
        elif len(self._refused) == len(self._recipients):
            return self._fail("the server takes mail for none of the recipients")
        else:
            self._say("DATA", self._ready_for_message)
        return []

    def _recipient_answered(self, code: int, _lines: list[str]) -> list[SmtpEvent]:
        recipient = self._waiting.pop(0)
        if code not in (250, 251):
            self._refused.append(recipient)
        return self._next_recipient()

    def _ready_for_message(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 354:
            return self._refuse(code, lines)
        stuffed = b"\r\n".join(
            b"." + line if line.startswith(b".") else line for line in self._message.rstrip(b"\r\n").split(b"\r\n")
        )
        self._output += stuffed + b"\r\n.\r\n"
        self._expecting = self._message_answered
        return []

    def _message_answered(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        if code != 250:
            return self._refuse(code, lines)
        self._told = True
        self._say("QUIT", self._dismissed)
        return [Delivered(tuple(self._refused))]

    def _dismissed(self, _code: int, _lines: list[str]) -> list[SmtpEvent]:
        self.ended = True
        return []

    # ---- ends

    def _say(self, line: str, expecting: Callable[[int, list[str]], list[SmtpEvent]]) -> None:
        self._output += line.encode("utf-8", "replace") + b"\r\n"
        self._expecting = expecting

    def _refuse(self, code: int, lines: list[str]) -> list[SmtpEvent]:
        """The server says no: good-bye, without waiting for its own."""
        events = self._fail(f"the server answered {code} {lines[0][:120] if lines else ''}".rstrip())
        self._output += b"QUIT\r\n"
        return events

    def _fail(self, reason: str) -> list[SmtpEvent]:
        self.ended = True
        if self._told:
            return []
        self._told = True
        return [Failed(reason)]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
