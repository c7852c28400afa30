"""apidiscovery.cgi: which APIs this device has (core sheet 2.3). Open to anyone.

Lists what the profile names, in its order, as far as there is a path that answers: the list never promises an
API that is not there. `id` and `version` in `params` are globs of `*` and `?`.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_C

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.profile import Api
    from simulator.face.vapix.call import Call

LONGEST_GLOB = 256


def get_api_list(asked: Invocation) -> Json:
    """The APIs that match; an unknown id gives an empty list, not an error."""
    wanted, version = _matches(asked, "id"), _matches(asked, "version")
    served = asked.call.front.served_apis()
    apis = asked.call.device.profile.apis.values()
    found = [api for api in apis if api.id in served and wanted(api.id) and version(api.version)]
    return {"apiList": [_row(api) for api in found]}


def _matches(asked: Invocation, name: str) -> Callable[[str], bool]:
    """A test against the glob of a parameter; `[` has no meaning in it."""
    pattern = asked.text(name, "*")
    if len(pattern) > LONGEST_GLOB:
        raise asked.invalid(name)
    compiled = re.compile(fnmatch.translate(pattern.replace("[", "[[]")))
    return lambda text: compiled.match(text) is not None


def _row(api: Api) -> Json:
    """One item; APIs of installed applications have no status and no link."""
    row = {"id": api.id, "version": api.version, "name": api.name, "docLink": api.doc_link}
    return {**row, "status": api.status} if api.status else row


def get_supported_versions(asked: Invocation) -> Reply:
    """Recorded without an `apiVersion` member on 10.12, 11.11 and 12.9."""
    content: Json = {"method": asked.method, "data": {"apiVersions": [asked.version]}}
    if asked.context is not None:
        content = {"method": asked.method, "context": asked.context, "data": content["data"]}
    return Answer(body=asked.service.writing.bytes_of(content), content_type=asked.service.content_type)


SERVICE = JsonService(
    "api-discovery",
    FAMILY_C,
    {"getApiList": Method(get_api_list), "getSupportedVersions": Method(get_supported_versions)},
    keys=("method", "apiVersion", "context"),
)


def discovery(call: Call) -> Reply:
    """The answer with this firmware's media type: `utf8` without a dash (core sheet 5.2)."""
    reply = SERVICE(call)
    if isinstance(reply, Answer) and reply.status == 200:
        reply.content_type = call.device.profile.quirks.api_discovery_content_type
    return reply


ROUTES = (Route(("/axis-cgi/apidiscovery.cgi",), discovery, level=Level.ANYONE, api="api-discovery"),)
