"""One declaration per control call: what serves it and what describes it are the same object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel

    from simulator.fleet.engine import Engine


@dataclass(frozen=True, slots=True)
class ControlRequest:
    """A decoded call: path parameters, query and the JSON body."""

    engine: Engine
    path: dict[str, str]
    query: dict[str, str]
    body: Any


Handler = Callable[[ControlRequest], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """`summary` is the line in the OpenAPI document; `body` the model of the request, if it has one."""

    method: str
    path: str
    summary: str
    handler: Handler
    body: type[BaseModel] | None = None
    query: dict[str, str] = field(default_factory=dict)
    """Query parameter name to description."""
