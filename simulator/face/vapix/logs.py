"""systemlog.cgi, accesslog.cgi and auditlog.cgi: the device's own logs as text (core sheet 4.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

AUDIT_API_VERSION = "1.0.0"


def system_log(call: Call) -> Reply:
    """Entries that contain `text`, of one daemon with `appname`, the last `tail` of them."""
    app = call.fields.get("appname", "")
    lines = call.device.logs.system_lines(_filter(call), app)
    heading = f"Contents of SYSTEM_LOG for '{_printable(app)}'" if app else "System log"
    return _text(sheet(heading, _tail(call, lines)))


def access_log(call: Call) -> Reply:
    """Empty unless `System.AccessLog` is on."""
    return _text(sheet("Access log", _tail(call, call.device.logs.access_lines(_filter(call)))))


def audit_log(call: Call) -> Reply:
    """`version=true` asks for the version of the API; unknown arguments are ignored."""
    if call.fields.get("version") == "true":
        return _text(f"{AUDIT_API_VERSION}\n")
    lines = _tail(call, call.device.logs.audit_lines())
    return _text("".join(f"{line}\n" for line in lines))


def sheet(heading: str, lines: Sequence[str]) -> str:
    """An empty line, the heading, two empty lines, the entries: as recorded on 9.80."""
    entries = "".join(f"{line}\n" for line in lines)
    return f"\n----- {heading} -----\n\n\n{entries}"


def _filter(call: Call) -> str:
    """`text` may hold letters and digits only; anything else filters nothing."""
    text = call.fields.get("text", "")
    return text if text.isascii() and text.isalnum() else ""


def _tail(call: Call, lines: Sequence[str]) -> Sequence[str]:
    """The last `tail` lines where that is a positive number."""
    asked = call.fields.get("tail", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 8 and int(asked)):
        return lines
    return lines[-int(asked) :]


def _printable(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:64]


def _text(text: str) -> Answer:
    return Answer(body=text.encode("utf-8", "replace"))


def _both(name: str) -> tuple[str, str]:
    return f"/axis-cgi/{name}.cgi", f"/axis-cgi/admin/{name}.cgi"


ROUTES = (
    Route(_both("systemlog"), system_log),
    Route(_both("accesslog"), access_log),
    Route(("/axis-cgi/auditlog.cgi",), audit_log, methods=("GET",), api="audit-log"),
)
