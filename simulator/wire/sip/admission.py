"""Whether a new request is taken at all: the checks of a user agent server, in their order (RFC 3261 section 8.2,
SIP sheet 5, 7.1 and 19)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.sip import session_timer
from simulator.wire.sip.header import media_type
from simulator.wire.sip.message import VERSION
from simulator.wire.sip.packet import TLS
from simulator.wire.sip.parameter import is_token, parse_params
from simulator.wire.sip.part import MULTIPART, sdp_part
from simulator.wire.sip.uri import SipUri, parse_uri

if TYPE_CHECKING:
    from simulator.wire.sip.command import Extra
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.received import Received

SDP = "application/sdp"
IN_DIALOG = frozenset({"BYE", "INFO", "UPDATE", "PRACK"})
"""Methods that mean nothing outside of a dialog."""
WITH_DESCRIPTION = frozenset({"INVITE", "UPDATE", "PRACK"})

Refusal = tuple[int, "Extra"]
"""Status and further headers."""


def refusal_of_form(core: Core, received: Received) -> Refusal | None:
    """Version, scheme and method: what is looked at before the dialog is."""
    request, settings = received.request, core.settings
    if request.version != VERSION:
        return 505, ()
    scheme = request.uri.partition(":")[0].lower()
    if scheme not in {"sip", "sips"}:
        return 416, ()
    if scheme == "sips" and settings.sips_only_over_tls and received.transport != TLS:
        return 416, ()
    if not _knows(core, received):
        return settings.unknown_method_status, (("Allow", ", ".join(settings.allow)),)
    return None


def _knows(core: Core, received: Received) -> bool:
    method = received.method
    if method in {"INVITE", "OPTIONS", "CANCEL"} or method in IN_DIALOG:
        return True
    if method == "NOTIFY":
        return core.settings.allow_mwi or bool(received.to_tag)
    return method == "MESSAGE" and core.settings.allow_message


def refusal_of_address(core: Core, received: Received) -> Refusal | None:
    """For requests outside of dialogs: merged ones and strangers' names. Raises MalformedMessage."""
    if core.transactions.merged(received):
        return 482, ()
    uri = parse_uri(received.request.uri)
    users = core.settings.users
    if users is not None and isinstance(uri, SipUri) and uri.user_name not in users:
        return 404, ()
    return None


def refusal_of_content(core: Core, received: Received) -> Refusal | None:
    """Extensions and body. Leaves a description alone in the body where others came with it. Raises MalformedMessage."""
    headers = received.request.headers
    required = headers.all("require")
    if required:
        unknown = [name for name in required if name not in core.settings.understood and is_token(name)]
        if unknown:
            return 420, (("Unsupported", ", ".join(unknown)),)
    if received.request.body and received.method in WITH_DESCRIPTION:
        return _refusal_of_body(received)
    return None


def _refusal_of_body(received: Received) -> Refusal | None:
    request, headers = received.request, received.request.headers
    if any(name.lower() != "identity" for name in headers.all("content-encoding")):
        return 415, (("Accept-Encoding", "identity"),)
    kind = headers.get("content-type")
    if kind is None or media_type(kind) == SDP:
        return None
    found = sdp_part(kind, request.body) if media_type(kind).startswith(MULTIPART) else None
    if found is None and not _is_optional(headers.get("content-disposition")):
        return 415, (("Accept", SDP),)
    request.body = found or b""
    return None


def _is_optional(disposition: str | None) -> bool:
    if disposition is None or ";" not in disposition:
        return False
    params = parse_params(disposition, disposition.index(";"))
    return (params.get("handling") or "").lower() == "optional"


def refusal_of_call(core: Core, received: Received) -> Refusal | None:
    """The gate for new calls: whether any are taken, and how many at a time. Raises MalformedMessage."""
    settings = core.settings
    if not settings.accepts_calls:
        return settings.denied_status, ()
    if settings.max_calls and len(core.calls) >= settings.max_calls:
        return settings.busy_status, ()
    if session_timer.too_short(received.request.headers, settings):
        return 422, (("Min-SE", str(settings.min_se)),)
    return None
