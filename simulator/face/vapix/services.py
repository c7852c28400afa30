"""/vapix/services: the one address of the SOAP services (io-events sheet 2.1, 2.4, 2.5).

Which service is meant says the namespace of the element in the body. Clients write the action into the content type,
into a header of its own, or nowhere: it is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from simulator.device.parameter import Level
from simulator.device.rule.expression import ExpressionRefused
from simulator.device.rule.store import RuleRefused
from simulator.face.exchange import Reply
from simulator.face.vapix import action_service, event_service, soap
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.soap import SoapFault

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVICES: Final[Mapping[str, Mapping[str, tuple[Level, action_service.Handler]]]] = {
    soap.ACTION: action_service.OPERATIONS,
    soap.EVENT: event_service.OPERATIONS,
}
"""Operations by namespace. A further service is one line here."""


def services(call: Call) -> Reply:
    """One operation of one service."""
    try:
        asked = soap.operation(call.request.body)
        found = SERVICES.get(asked.namespace, {}).get(asked.name)
        if found is None:
            told = f"Method '{asked.name[:80]}' not implemented: method name or namespace not recognized"
            raise SoapFault(told)
        level, handler = found
        refused = call.demand(level)
        if refused is not None:
            return refused
        return soap.answer(handler(call.device, asked.element))
    except SoapFault as fault:
        return fault.answer()
    except (RuleRefused, ExpressionRefused) as refusal:
        return action_service.refusal(call.device, refusal).answer()


ROUTES = (Route(("/vapix/services",), services, methods=("POST",), level=Level.VIEWER),)
