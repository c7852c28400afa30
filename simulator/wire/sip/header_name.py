"""Names of SIP headers: compact forms, and which headers may hold several values in one line (sheet sip-rtp 2.1)."""

from __future__ import annotations

COMPACT = {
    "a": "accept-contact",
    "b": "referred-by",
    "c": "content-type",
    "d": "request-disposition",
    "e": "content-encoding",
    "f": "from",
    "i": "call-id",
    "j": "reject-contact",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "o": "event",
    "r": "refer-to",
    "s": "subject",
    "t": "to",
    "u": "allow-events",
    "v": "via",
    "x": "session-expires",
    "y": "identity",
}
_LIST_NAMES = (
    "accept accept-contact accept-encoding accept-language alert-info allow allow-events call-info contact "
    "content-encoding content-language diversion error-info history-info in-reply-to p-asserted-identity path "
    "proxy-require reason record-route reject-contact request-disposition require route service-route supported "
    "unsupported via warning"
)
_LISTS = frozenset(_LIST_NAMES.split())
_WIDELY_WRITTEN = (
    "Via Max-Forwards From To Contact Call-ID CSeq Allow Supported User-Agent Server Content-Type Content-Length Route "
    "Record-Route Require Expires Authorization Proxy-Authorization WWW-Authenticate Proxy-Authenticate Accept Subject "
    "Session-Expires Min-SE Event Date Warning RSeq RAck Reason Min-Expires Unsupported Retry-After"
)
KEYS = {
    spelling: COMPACT.get(name.lower(), name.lower())
    for name in (*_WIDELY_WRITTEN.split(), *COMPACT)
    for spelling in (name, name.lower(), name.upper())
}
"""What a header is compared by, for the spellings that are seen most."""


def key_of(name: str) -> str:
    """What header names are compared by: lower case, the compact form written out."""
    key = KEYS.get(name)
    if key is None:
        key = name.lower()
        key = COMPACT.get(key, key)
    return key


def is_list(name: str) -> bool:
    """Whether one line of this header may hold several values, joined by commas."""
    return key_of(name) in _LISTS
