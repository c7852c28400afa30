"""The HTML error pages of Apache 2.4, without a signature line.

Pages and wording are Apache's own (`ap_send_error_response`); the 404's type and title are recorded (core sheet
5.2).
"""

from __future__ import annotations

from html import escape
from http import HTTPStatus

CONTENT_TYPE = "text/html; charset=ISO-8859-1"
CHARSET = "iso-8859-1"

_TITLES = {status.value: status.phrase for status in HTTPStatus} | {
    408: "Request Timeout",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
}
"""Apache's names; where the standard has renamed a status, Apache has not."""

_LENGTH = "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>\n"

_TEXTS = {
    400: "<p>Your browser sent a request that this server could not understand.<br />\n</p>\n",
    401: (
        "<p>This server could not verify that you\n"
        "are authorized to access the document\n"
        "requested.  Either you supplied the wrong\n"
        "credentials (e.g., bad password), or your\n"
        "browser doesn't understand how to supply\n"
        "the credentials required.</p>\n"
    ),
    403: "<p>You don't have permission to access this resource.</p>\n",
    404: "<p>The requested URL was not found on this server.</p>\n",
    413: (
        "The requested resource does not allow request data with the requested method,\n"
        "or the amount of data provided in\nthe request exceeds the capacity limit.\n"
    ),
    408: "<p>Server timeout waiting for the HTTP request from the client.</p>\n",
    411: "<p>A request of the requested method GET requires a valid Content-length.<br />\n</p>\n",
    414: _LENGTH,
    417: "<p>The expectation given in the Expect request-header\nfield could not be met by this server.</p>\n",
    431: (
        "<p>The request header fields are too large.\n"
        "Your browser sent a request that\nthis server could not understand.</p>\n"
    ),
    500: (
        "<p>The server encountered an internal error or\n"
        "misconfiguration and was unable to complete\n"
        "your request.</p>\n"
    ),
    501: "<p>The requested method is not supported by this server.</p>\n",
    503: (
        "<p>The server is temporarily unable to service your\n"
        "request due to maintenance downtime or capacity\n"
        "problems. Please try again later.</p>\n"
    ),
}


def error_page(status: int, text: str | None = None) -> bytes:
    """Apache's page for a status; `text` is the paragraph where it is not the usual one (HTML)."""
    title = _TITLES.get(status, "Error")
    body = _TEXTS.get(status, "") if text is None else text
    page = (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n'
        f"<html><head>\n<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n{body}</body></html>\n"
    )
    return page.encode(CHARSET, "xmlcharrefreplace")


def moved_page(location: str) -> bytes:
    """The page of a redirect to `location`."""
    return error_page(301, f'<p>The document has moved <a href="{escape(location)}">here</a>.</p>\n')


def method_page(method: str) -> bytes:
    """The page of a method that the resource does not take."""
    return error_page(405, f"<p>The requested method {escape(method)} is not allowed for this URL.</p>\n")
