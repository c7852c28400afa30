"""What an expectation asks of the receivers of the site: mail, and notifications by HTTP, HTTPS and TCP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from simulator.action.declaration import Pairs
from simulator.action.kind import Choice
from simulator.expect.query import HTTP_PATH, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class MailQuery(Query):
    """A mail that the site's server has taken."""

    shorthand: ClassVar[str] = "subject"

    to: Annotated[str, "Address of a recipient; may hold globs."] = ""
    from_: Annotated[str, "Address of the sender; may hold globs."] = ""
    subject: Annotated[str, "Subject; may hold globs."] = ""
    contains: Annotated[str, "Text in the mail."] = ""
    tls: Annotated[bool | None, "Whether it came over TLS."] = None
    user: Annotated[str, "Name with which the sender has logged in."] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationQuery(Query):
    """A notification that the site's web or TCP server has taken."""

    shorthand: ClassVar[str] = "contains"

    contains: Annotated[str, "Text in the message: the argument Message, the body, or what came by TCP."] = ""
    way: Annotated[str, Choice(("http", "https", "tcp")), "How it came."] = ""
    method: Annotated[str, Choice(("GET", "POST", "PUT", "PATCH", "DELETE")), "HTTP method."] = ""
    path: Annotated[str, HTTP_PATH, "Path it asked for; may hold globs."] = ""
    arguments: Annotated[Pairs, "Arguments of the URL and their values; may hold globs."] = ()
    headers: Annotated[Pairs, "Headers and their values; may hold globs."] = ()
