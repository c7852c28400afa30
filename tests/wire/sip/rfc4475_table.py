"""The 49 messages of RFC 4475, in our own words under `rfc4475/`, and what a user agent makes of each of them.

A row's `codec` is what reading and checking the message gives, its `answer` the final status that a speaker with one free
line sends; the reason says which rule of the RFC or of sheet sip-rtp asks for it.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "rfc4475"

OK, REFUSED, DROPPED = "ok", "refused", "dropped"
"""What the codec does: a message goes up; a request can be answered 400; nobody waits for an answer."""
RINGS, SILENCE = -1, 0
"""Answers that are no final status: a call comes in; nothing is sent."""


class Row(NamedTuple):
    name: str
    codec: str
    answer: int
    reason: str

    @property
    def data(self) -> bytes:
        return (FOLDER / f"{self.name}.sip").read_bytes()


TABLE = (
    Row(
        "wsinv", OK, 481, "3.1.1.1: valid in the strangest spelling; its To has the tag of no dialog (sheet 5, 4)"
    ),
    Row("intmeth", OK, 405, "3.1.1.2: every character a token may have; no method that we know (sheet 5, 2)"),
    Row("esc01", OK, RINGS, "3.1.1.3: escapes in addresses mean their characters"),
    Row("escnull", OK, 405, "3.1.1.4: an escaped NUL is a character; a speaker is no registrar (sheet 5)"),
    Row("esc02", OK, 405, "3.1.1.5: a percent sign in a method or a header name escapes nothing"),
    Row("lwsdisp", OK, 200, "3.1.1.6: no blank between name and address"),
    Row("longreq", OK, RINGS, "3.1.1.7: long values, many Vias"),
    Row("dblreq", OK, 405, "3.1.1.8: what stands behind the first message of a datagram is cut (sheet 2.1)"),
    Row("semiuri", OK, 200, "3.1.1.9: a semicolon in the user part"),
    Row("transports", OK, 200, "3.1.1.10: any transport in a Via"),
    Row("mpart01", OK, 405, "3.1.1.11: a body of bytes; MESSAGE is not offered (sheet 5)"),
    Row("unreason", OK, SILENCE, "3.1.1.12: a phrase in another alphabet; it answers no request of ours"),
    Row("noreason", OK, SILENCE, "3.1.1.13: an empty phrase; it answers no request of ours"),
    Row("badinv01", REFUSED, 400, "3.1.2.1: separators with nothing between them in Via"),
    Row("clerr", REFUSED, 400, "3.1.2.2: the datagram ends before the body does (sheet 2.1)"),
    Row("ncl", REFUSED, 400, "3.1.2.3: a negative Content-Length (sheet 2.1)"),
    Row("scalar02", REFUSED, 400, "3.1.2.4: a CSeq of 2^31 or more (sheet 2.1)"),
    Row("scalarlg", DROPPED, SILENCE, "3.1.2.5: a response with a CSeq of 2^31 or more"),
    Row("quotbal", REFUSED, 400, "3.1.2.6: a quoted name that does not end"),
    Row("ltgtruri", REFUSED, 400, "3.1.2.7: a Request-URI in brackets"),
    Row("lwsruri", REFUSED, 400, "3.1.2.8: a blank inside the Request-URI"),
    Row("lwsstart", REFUSED, 400, "3.1.2.9: two blanks in the start line"),
    Row("trws", REFUSED, 400, "3.1.2.10: blanks behind the start line"),
    Row("escruri", REFUSED, 400, "3.1.2.11: headers in a Request-URI"),
    Row("baddate", OK, RINGS, "3.1.2.12: a Date that is none; we do not look at it"),
    Row("regbadct", OK, 405, "3.1.2.13: a Contact that would need brackets; a speaker is no registrar"),
    Row("badaspec", REFUSED, 400, "3.1.2.14: blanks inside the brackets of To"),
    Row("baddn", OK, 200, "3.1.2.15: a comma in an unquoted name, which harms nobody"),
    Row("badvers", OK, 505, "3.1.2.16: a version that we do not speak (sheet 2.1)"),
    Row("mismatch01", REFUSED, 400, "3.1.2.17: CSeq names another method (sheet 2.2)"),
    Row("mismatch02", REFUSED, 400, "3.1.2.18: the same with an unknown method"),
    Row("bigcode", DROPPED, SILENCE, "3.1.2.19: a status code of ten digits"),
    Row("badbranch", OK, 200, "3.2.1: the branch is a bare cookie: matched as RFC 2543 does (sheet 4.5)"),
    Row("insuf", REFUSED, 400, "3.3.1: no To, From and Call-ID (sheet 2.2)"),
    Row("unkscm", OK, 416, "3.3.2: a Request-URI of a scheme that nobody knows (sheet 5, 1)"),
    Row("novelsc", OK, 416, "3.3.3: the same with an IANA scheme of another kind"),
    Row("unksm2", OK, 405, "3.3.4: other schemes in To, From and Contact; a speaker is no registrar"),
    Row("bext01", OK, 420, "3.3.5: Require lists what we do not support (sheet 5, 7)"),
    Row("invut", OK, 415, "3.3.6: a body of an unknown type (sheet 5, 8)"),
    Row("regaut01", OK, 405, "3.3.7: an unknown authorization scheme; a speaker is no registrar"),
    Row("multi01", REFUSED, 400, "3.3.8: two each of CSeq, Call-ID, From, To and Max-Forwards"),
    Row("mcl01", REFUSED, 400, "3.3.9: two Content-Lengths (sheet 2.1)"),
    Row("bcast", OK, SILENCE, "3.3.10: a response with two Vias is dropped by a client (sheet 4.5)"),
    Row("zeromf", OK, 200, "3.3.11: Max-Forwards 0 does not concern the one it is for (sheet 5, 3)"),
    Row("cparam01", OK, 405, "3.3.12: the parameter belongs to the header; a speaker is no registrar"),
    Row("cparam02", OK, 405, "3.3.13: the parameter belongs to the address; a speaker is no registrar"),
    Row("regescrt", OK, 405, "3.3.14: headers in a Contact's address; a speaker is no registrar"),
    Row(
        "sdp01", OK, RINGS, "3.3.15: an INVITE whose Accept leaves out application/sdp; sheet 5 asks no 406 for it"
    ),
    Row("inv2543", OK, 400, "3.4.1: RFC 2543 needs neither branch nor tag, but we need a Contact (sheet 6)"),
)
