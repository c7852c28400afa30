"""The MQTT daemons refuse a request that is too large by themselves (io-events sheet 3.1, code 2106)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.face.vapix.envelope import Invocation
from simulator.face.vapix.fault import ApiError

if TYPE_CHECKING:
    from simulator.face.exchange import Reply
    from simulator.face.vapix.call import Call
    from simulator.face.vapix.envelope import JsonService

TOO_LARGE = (2106, "Request size too large")


@dataclass(frozen=True, slots=True)
class Bounded:
    """A JSON API before which the size of the body is looked at."""

    service: JsonService

    def __call__(self, call: Call) -> Reply:
        if len(call.request.body) <= call.device.profile.quirks.mqtt_request_limit:
            return self.service(call)
        asked = Invocation(call, self.service, version=self.service.version(call.device))
        return asked.failure(ApiError(*TOO_LARGE))
