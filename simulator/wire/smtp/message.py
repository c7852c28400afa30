"""A mail as text: header and body for people, in the form of RFC 5322."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_ADDRESS = re.compile(r"[^\s<>,;:\"()\[\]\\@\x00-\x1f\x7f]{1,64}@[A-Za-z0-9.\-\[\]:]{1,255}")
_BLANKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
MOST_RECIPIENTS = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """Who writes what to whom."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    date: datetime
    message_id: str
    """Without angle brackets."""

    def encode(self) -> bytes:
        """With line ends CRLF, in 7 bits."""
        message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
        message["Date"] = format_datetime(self.date)
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Subject"] = _BLANKS.sub(" ", self.subject)
        message["Message-ID"] = f"<{self.message_id}>"
        message.set_content(self.text.encode("utf-8", "replace").decode())
        return message.as_bytes()


def addresses(text: str) -> tuple[str, ...] | None:
    """Mail addresses, separated by commas; None where one is none."""
    found = tuple(one.strip() for one in text.split(",") if one.strip())
    fitting = found and len(found) <= MOST_RECIPIENTS and all(map(_ADDRESS.fullmatch, found))
    return found if fitting and text.isascii() else None
