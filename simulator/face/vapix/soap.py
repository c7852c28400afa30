"""SOAP 1.2 as the services under /vapix/services speak it: envelopes in, answers and faults out.

Prefixes are literal text for several clients and the whole list of namespaces is on every envelope, as recorded
(io-events sheet 2.1, 2.4; core sheet 3.9). What comes in is not trusted: no document type, no entities, no network,
no depth beyond what the parser allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from simulator.face.exchange import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    Element = etree._Element

ENVELOPE: Final = "http://www.w3.org/2003/05/soap-envelope"
ACTION: Final = "http://www.axis.com/vapix/ws/action1"
EVENT: Final = "http://www.axis.com/vapix/ws/event1"
CONTENT_TYPE: Final = "application/soap+xml; charset=utf-8"
NAMESPACES: Final = {
    "SOAP-ENV": ENVELOPE,
    "SOAP-ENC": "http://www.w3.org/2003/05/soap-encoding",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsd": "http://www.w3.org/2001/XMLSchema",
    "wsa5": "http://www.w3.org/2005/08/addressing",
    "wsrfbf": "http://docs.oasis-open.org/wsrf/bf-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "tt": "http://www.onvif.org/ver10/schema",
    "wsrfr": "http://docs.oasis-open.org/wsrf/r-2",
    "aa": ACTION,
    "aev": EVENT,
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "tnsaxis": "http://www.axis.com/2009/event/topics",
}
TOPIC_DIALECT: Final = "http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete"
CONTENT_DIALECT: Final = "http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter"
_TOPIC_PREFIXES: Final = {NAMESPACES[prefix]: prefix for prefix in ("tns1", "tnsaxis")}
_OPEN: Final = '<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope {}><SOAP-ENV:Body>'.format(
    " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in NAMESPACES.items())
)
_CLOSE: Final = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_PREFIXED: Final = re.compile(r"([A-Za-z_][\w.\-]*):(?=[A-Za-z_])")
_DURATION: Final = re.compile(
    r"P(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8}(?:\.\d{1,6})?)S)?)?",
    re.ASCII,
)


class SoapFault(Exception):
    """A fault of the sender. `detail` is XML."""

    def __init__(self, reason: str, detail: str = "", subcode: str = "", code: str = "Sender") -> None:
        super().__init__(reason)
        self.reason, self.detail, self.subcode, self.code = reason, detail, subcode, code

    def answer(self) -> Answer:
        """HTTP 400, whatever the fault (io-events sheet 2.4)."""
        subcode = (
            f"<SOAP-ENV:Subcode>{text('SOAP-ENV:Value', self.subcode)}</SOAP-ENV:Subcode>" if self.subcode else ""
        )
        reason = f'<SOAP-ENV:Text xml:lang="en">{escaped(self.reason)}</SOAP-ENV:Text>'
        parts = (
            f"<SOAP-ENV:Code>{text('SOAP-ENV:Value', f'SOAP-ENV:{self.code}')}{subcode}</SOAP-ENV:Code>",
            f"<SOAP-ENV:Reason>{reason}</SOAP-ENV:Reason>",
            f"<SOAP-ENV:Detail>{self.detail}</SOAP-ENV:Detail>" if self.detail else "",
        )
        return answer(f"<SOAP-ENV:Fault>{''.join(parts)}</SOAP-ENV:Fault>", 400)


def invalid_argument(told: str) -> SoapFault:
    """As gSOAP tells that a request does not fit the schema."""
    return SoapFault("Invalid argument", text("SOAP-ENV:Text", told), "ter:InvalidArgs")


def occurrence(name: str) -> SoapFault:
    """An element is missing, or there are too many of it."""
    return invalid_argument(f"Validation constraint violation: occurrence violation in element {name}")


@dataclass(frozen=True, slots=True)
class Operation:
    """The one element in the body of a request."""

    namespace: str
    name: str
    element: Element


def operation(body: bytes) -> Operation:
    """What an envelope asks for. Raises SoapFault for anything else than a plain envelope with one body element."""
    root = _parsed(body)
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        if etree.QName(root).localname == "Envelope":
            raise SoapFault("Invalid SOAP message or SOAP version mismatch", code="VersionMismatch")
        raise SoapFault("Not a SOAP envelope", subcode="ter:WellFormed")
    found = root.find(f"{{{ENVELOPE}}}Body")
    asked = [] if found is None else list(children(found))
    if len(asked) != 1:
        raise SoapFault("The body of the envelope has no single element", subcode="ter:WellFormed")
    name = etree.QName(asked[0])
    return Operation(name.namespace or "", name.localname, asked[0])


def _parsed(body: bytes) -> Element:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise SoapFault("A document type declaration is not accepted", subcode="ter:WellFormed")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise SoapFault("The message is not well-formed XML", subcode="ter:WellFormed") from None


# ---- reading


def children(element: Element, name: str = "") -> Iterator[Element]:
    """Child elements, perhaps those of one local name: clients are not strict about namespaces."""
    for child in element:
        if not name or etree.QName(child).localname == name:
            yield child


def child(element: Element, name: str) -> Element | None:
    """The first child of this local name."""
    return next(children(element, name), None)


def demanded(element: Element, name: str) -> Element:
    """The child of this local name. Raises SoapFault without one."""
    found = child(element, name)
    if found is None:
        raise occurrence(name)
    return found


def content(element: Element | None, default: str = "") -> str:
    """The text of an element, without blanks around it."""
    return default if element is None else (element.text or "").strip()


def value(element: Element, name: str, default: str | None = None) -> str:
    """The text of a child. Raises SoapFault where it is missing and there is no default."""
    if default is not None:
        return content(child(element, name), default)
    return content(demanded(element, name))


def truth(text_: str, name: str) -> bool:
    """xsd:boolean. Raises SoapFault."""
    words = {"true": True, "1": True, "false": False, "0": False}
    if text_ not in words:
        raise invalid_argument(f"Validation constraint violation: invalid value in element {name}")
    return words[text_]


def number(text_: str, missing: SoapFault) -> int:
    """A whole number; raises `missing` for other text, as for a number that nothing has."""
    if not (text_.isascii() and text_.isdecimal() and len(text_) < 10):
        raise missing
    return int(text_)


def topic_text(element: Element) -> str:
    """A topic expression with the prefixes of AXIS OS, whatever prefixes the client has bound to the namespaces."""
    bound = {prefix: _TOPIC_PREFIXES.get(name or "") for prefix, name in element.nsmap.items()}

    def named(found: re.Match[str]) -> str:
        return f"{bound.get(found[1]) or found[1]}:"

    return _PREFIXED.sub(named, content(element))


def seconds(text_: str, name: str) -> float:
    """xsd:duration in days, hours, minutes and seconds. Raises SoapFault."""
    found = _DURATION.fullmatch(text_)
    if found is None or text_ in ("P", "PT") or text_.endswith("T"):
        raise invalid_argument(f"Validation constraint violation: invalid value in element {name}")
    parts = {unit: float(digits) for unit, digits in found.groupdict().items() if digits}
    return timedelta(**parts).total_seconds()


# ---- writing


def escaped(text_: str) -> str:
    """Text as XML can carry it."""
    return escape(_UNWRITABLE.sub("?", text_))


def attribute(text_: str) -> str:
    """Text as the value of an attribute, with its quotes."""
    return quoteattr(_UNWRITABLE.sub("?", text_))


def text(name: str, content_: str) -> str:
    """`<name>content</name>`."""
    return f"<{name}>{escaped(content_)}</{name}>"


def empty(name: str, **attributes: str) -> str:
    """`<name a="b"></name>`: gSOAP writes no short form."""
    shown = "".join(f" {key}={attribute(given)}" for key, given in attributes.items())
    return f"<{name}{shown}></{name}>"


def duration(seconds_: float) -> str:
    """xsd:duration, in seconds."""
    return f"PT{seconds_:g}S" if seconds_ != int(seconds_) else f"PT{int(seconds_)}S"


def answer(inner: str, status: int = 200) -> Answer:
    """An envelope around what is said."""
    return Answer(status, f"{_OPEN}{inner}{_CLOSE}".encode(), CONTENT_TYPE)
