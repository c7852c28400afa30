"""applications/list.cgi: the installed applications (core sheet 4.7).

The speaker ships with those whose APIs its discovery names without a status; the I/O module has none and
answers an empty reply [guess]. Nothing can be installed, started or stopped, so the other CGIs of the
application API are absent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route, on_every_product

if TYPE_CHECKING:
    from simulator.device.profile import Api

_APPLICATIONS = {
    "axis-audio-manager-edge-api": ("audiomanageredge", "AXIS Audio Manager Edge"),
    "edge-file-manager": ("edgefilemanager", "Edge File Manager"),
}
"""API that an application brings, to the application's package and name. Package names are guesses."""


def list_applications(call: Call) -> Reply:
    """XML in one `<reply>`; status and license are of the values that clients know (client-facts 1.1)."""
    apis = call.device.profile.apis
    rows = "".join(_application(apis[api], *names) for api, names in _APPLICATIONS.items() if api in apis)
    return Answer(body=f'<reply result="ok">\n{rows}</reply>\n'.encode(), content_type="text/xml")


def _application(api: Api, package: str, name: str) -> str:
    attributes = {
        "Name": package,
        "NiceName": name,
        "Vendor": "Axis Communications",
        "Version": api.version,
        "ApplicationID": "",
        "License": "None",
        "LicenseExpirationDate": "",
        "Status": "Running",
        "ConfigurationPage": "",
        "ValidationResult": "",
    }
    text = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f"  <application{text} />\n"


ROUTES = (
    Route(("/axis-cgi/applications/list.cgi",), list_applications, api="application", served=on_every_product),
)
