"""applications/list.cgi: the installed applications (core sheet 4.7).

The speaker ships with those whose APIs its discovery names without a status, the I/O module with AXIS Door
Monitoring (A9210 manual). Nothing can be installed, started or stopped, so the other CGIs of the
application API are absent.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route, on_every_product

_APPLICATIONS = {
    "axis-audio-manager-edge-api": ("audiomanageredge", "AXIS Audio Manager Edge"),
    "edge-file-manager": ("edgefilemanager", "Edge File Manager"),
}
"""API that an application brings, to the application's package and name. Package names are guesses."""


def list_applications(call: Call) -> Reply:
    """XML in one `<reply>`; status and license are of the values that clients know (client-facts 1.1)."""
    apis, quirks = call.device.profile.apis, call.device.profile.quirks
    rows = [_application(apis[api].version, *names) for api, names in _APPLICATIONS.items() if api in apis]
    if call.device.door_monitoring is not None:
        rows.append(_application(quirks.door_application_version, quirks.door_application, "AXIS Door Monitoring"))
    return Answer(body=f'<reply result="ok">\n{"".join(rows)}</reply>\n'.encode(), content_type="text/xml")


def _application(version: str, package: str, name: str) -> str:
    attributes = {
        "Name": package,
        "NiceName": name,
        "Vendor": "Axis Communications",
        "Version": version,
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
