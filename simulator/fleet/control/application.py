"""Serves the control routes with aiohttp: decodes, calls, and turns every error into a clear answer."""

from __future__ import annotations

import ipaddress
import json
import math
import sys
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiohttp import ClientPayloadError, web
from pydantic import ValidationError

from simulator.errors import AxsimError, FleetError, UnknownTarget
from simulator.fleet.control.calls import ROUTES
from simulator.fleet.control.route import ControlRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler

    from simulator.fleet.control.route import ControlRoute
    from simulator.fleet.engine import Engine

LARGEST_BODY = 16 << 20
DEEPEST = 40


def application(engine: Engine) -> web.Application:
    """The control API of one engine."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_clear_errors])
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _served(route, engine))
    return app


def _served(route: ControlRoute, engine: Engine) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        _refuse_foreign_pages(request)
        engine.calls += 1
        try:
            body = await _body(request, route)
            answer = await route.handler(
                ControlRequest(engine, dict(request.match_info), dict(request.query), body)
            )
        finally:
            engine.calls -= 1
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="audio/wav")
        return web.Response(text=answer) if isinstance(answer, str) else web.json_response(answer)

    return serve


async def _body(request: web.Request, route: ControlRoute) -> Any:
    """The body by the route's model; raw JSON where the route has none of its own."""
    content = await request.read()
    decoded = _decoded(content) if content else {}
    return decoded if route.body is None else route.body.model_validate(decoded)


def _decoded(content: bytes) -> Any:
    """JSON as RFC 8259 has it: no NaN, no Infinity, and not deeper than anything that makes sense here."""
    try:
        decoded = json.loads(content, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise FleetError(f"the body is no JSON: {error}") from None
    level, depth = [decoded], 0
    while level := [child for value in level for child in _children(value)]:
        depth += 1
        if depth > DEEPEST:
            raise FleetError(f"the body is nested deeper than {DEEPEST} levels")
    return decoded


def _children(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text[:40]} is too large")
    return number


def _refuse_foreign_pages(request: web.Request) -> None:
    """A web page of another origin must not drive the bench through the tester's browser.

    Nor one whose own name has been made to resolve to this machine: browsers must ask by address or `localhost`.
    Programs that are no browser send neither header, and may use any name.
    """
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise FleetError("control calls from a page of another origin are refused")
    if (origin is not None or "Sec-Fetch-Mode" in request.headers) and not _is_numeric(request.host):
        raise FleetError(
            f"pages may not call the engine as {request.host!r}", hint="use its address, or localhost"
        )


def _is_numeric(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name == "localhost"
    return True


@web.middleware
async def _clear_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except ValidationError as error:
        return _error(400, "; ".join(_places(error)))
    except UnknownTarget as error:
        return _error(404, error.what, error.hint)
    except AxsimError as error:
        return _error(400, error.what, error.hint)
    except web.HTTPException as error:
        return _error(error.status, _http_text(error, request), "GET /v1/openapi.json lists all calls")
    except (ConnectionError, ClientPayloadError) as error:
        return _error(400, f"the caller went away: {error}")
    except Exception as error:  # the engine must outlive a bug in one call; the parent shows what is printed
        traceback.print_exc(file=sys.stderr)
        return _error(500, f"simulator bug: {type(error).__name__}: {error}", "please report it")


def _http_text(error: web.HTTPException, request: web.Request) -> str:
    if error.status == 404:
        return f"no control call {request.method} {request.path}"
    return f"{request.method} {request.path}: {error.reason}"


def _places(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, part['loc'])) or 'body'}: {part['msg']}" for part in error.errors()]


def _error(status: int, what: str, hint: str = "") -> web.Response:
    return web.json_response({"error": what, "hint": hint}, status=status)
