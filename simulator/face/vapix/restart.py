"""restart.cgi, factorydefault.cgi and hardfactorydefault.cgi (core sheet 4.1).

Declared obsolete in favour of firmwaremanagement.cgi, present on all tracks, and what most tools use. The
answer leaves first, then the device acts. Parameters of the request are ignored.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route

if TYPE_CHECKING:
    from collections.abc import Callable


def restart(call: Call) -> Reply:
    device = call.device
    return _answer(call, "Restart", lambda: device.lifecycle.restart("restart.cgi"))


def factory_default(call: Call) -> Reply:
    """Keeps the address settings and what else the manuals list under Restore."""
    device = call.device
    return _answer(call, "Restore", lambda: device.lifecycle.factory_default(reason="factorydefault.cgi"))


def hard_factory_default(call: Call) -> Reply:
    """Keeps nothing; the address goes too."""
    lifecycle = call.device.lifecycle
    return _answer(
        call, "Factory default", lambda: lifecycle.factory_default(hard=True, reason="hardfactorydefault.cgi")
    )


def _answer(call: Call, what: str, act: Callable[[], bool]) -> Answer:
    """The page as measured on a hard default; the address is the one the client used."""
    by = f"{call.account}@{call.request.head.peer}"
    call.device.logs.audit("httpd", "Entity Management", f"{what} requested by {by}.")
    server = escape(call.request.head.host.rpartition(":")[0] or call.request.head.host)
    refresh = f'<meta http-equiv="refresh" content="0;URL=/admin/factoryMessage2.shtml?server={server}">'
    body = f"<html><head>{refresh}</head><body></body></html>\n"

    def then() -> None:
        act()

    return Answer(body=body.encode(), content_type="text/html", then=then)


def _both(name: str) -> tuple[str, str]:
    return f"/axis-cgi/{name}.cgi", f"/axis-cgi/admin/{name}.cgi"


ROUTES = (
    Route(_both("restart"), restart),
    Route(_both("factorydefault"), factory_default),
    Route(_both("hardfactorydefault"), hard_factory_default),
)
