"""basicdeviceinfo.cgi: what is on the type label (core sheet 2.2).

Two methods answer anyone, the other two want a login; so the caller is asked who he is only when it matters, or
when a POST without a body shows that he comes for a challenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_C, ApiError

if TYPE_CHECKING:
    from simulator.device.device import Device
    from simulator.face.exchange import Reply

RESTRICTED = frozenset({"Architecture", "Soc", "SocSerialNumber"})
UNKNOWN_PROPERTY = 1000


def properties(device: Device) -> dict[str, str]:
    """All properties in the recorded order. What is a parameter too is read there: one state, two doors."""
    product, parameter = device.profile.product, device.parameters.get
    return {
        "Architecture": product.architecture,
        "ProdNbr": parameter("Brand.ProdNbr"),
        "HardwareID": product.hardware_id,
        "ProdFullName": parameter("Brand.ProdFullName"),
        "Version": parameter("Properties.Firmware.Version"),
        "ProdType": parameter("Brand.ProdType"),
        "SocSerialNumber": device.identity.soc_serial,
        "Soc": product.soc,
        "Brand": parameter("Brand.Brand"),
        "WebURL": parameter("Brand.WebURL"),
        "ProdVariant": parameter("Brand.ProdVariant"),
        "SerialNumber": device.identity.serial,
        "ProdShortName": parameter("Brand.ProdShortName"),
        "BuildDate": parameter("Properties.Firmware.BuildDate"),
    }


def get_all(asked: Invocation) -> Json:
    return {"propertyList": properties(asked.call.device)}


def get_unrestricted(asked: Invocation) -> Json:
    known = properties(asked.call.device)
    return {"propertyList": {name: value for name, value in known.items() if name not in RESTRICTED}}


def get_some(asked: Invocation) -> Json:
    """The properties that `propertyList` names. Error 1000 names the first unknown one."""
    wanted, known = asked.required("propertyList"), properties(asked.call.device)
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise asked.invalid("propertyList")
    for name in wanted:
        if name not in known:
            raise ApiError(UNKNOWN_PROPERTY, f"Unknown property '{name}'")
    return {"propertyList": {name: known[name] for name in wanted}}


SERVICE = JsonService(
    "basic-device-info",
    FAMILY_C,
    {
        "getAllProperties": Method(get_all, Level.OPERATOR),
        "getProperties": Method(get_some, Level.OPERATOR),
        "getAllUnrestrictedProperties": Method(get_unrestricted),
    },
    keys=("apiVersion", "context"),
)


def basic_device_info(call: Call) -> Reply:
    """The API, but for a POST without a body: `curl --digest -d` and others send it to fetch a nonce.

    Answered 200 they would conclude that no login is wanted, and send the request itself without one.
    """
    if call.request.head.method == "POST" and not call.request.body:
        refusal = call.demand(Level.OPERATOR)
        if refusal is not None:
            return refusal
    return SERVICE(call)


ROUTES = (
    Route(
        ("/axis-cgi/basicdeviceinfo.cgi",),
        basic_device_info,
        level=Level.ANYONE,
        api="basic-device-info",
        service=SERVICE,
    ),
)
