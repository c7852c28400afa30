"""Answers of device configuration APIs, and what is read of their requests (core sheet 2.4)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.face.exchange import Answer

if TYPE_CHECKING:
    from simulator.face.vapix.call import Call

NOT_FOUND, NO_ITEM, DENIED, VALIDATION, EXISTS, WRONG_METHOD = 1, 2, 3, 5, 6, 10
Json = dict[str, Any]


class Wrong(Exception):
    """A request that is answered with an error: HTTP status, code and message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.answer = body(status, {"status": "error", "error": {"code": code, "message": message}})


def body(status: int, content: Json) -> Answer:
    """Two spaces and a newline at the end, as recorded."""
    return Answer(status, (json.dumps(content, indent=2) + "\n").encode(), "application/json")


def success(data: Any = None, status: int = 200) -> Answer:
    """With data, where there are any."""
    return body(status, {"status": "success"} if data is None else {"status": "success", "data": data})


def invalid(told: str) -> Wrong:
    """What is sent does not fit."""
    return Wrong(400, VALIDATION, f"Validation error: {told}")


def missing(path: tuple[str, ...]) -> Wrong:
    """There is no such entity or property."""
    shown = "/".join(part[:80] if part.isprintable() else "?" for part in path)
    return Wrong(404, NOT_FOUND, f"Resource not found: {shown}")


def sent(call: Call) -> Any:
    """The member `data` of a request. Raises Wrong."""
    try:
        given = json.loads(call.request.body)
    except (ValueError, RecursionError):
        raise invalid("the body is no JSON") from None
    if not isinstance(given, dict) or "data" not in given:
        raise invalid("the body has no data")
    return given["data"]


def record(value: Any, what: str) -> Json:
    """An object. Raises Wrong."""
    if not isinstance(value, dict):
        raise invalid(f"{what} is no object")
    return value


def text(value: Any, what: str) -> str:
    """A string. Raises Wrong."""
    if not isinstance(value, str):
        raise invalid(f"{what} is no string")
    return value


def flag(value: Any, what: str) -> bool:
    """True or false. Raises Wrong."""
    if not isinstance(value, bool):
        raise invalid(f"{what} is no boolean")
    return value


def records(value: Any, what: str) -> list[Json]:
    """A list of objects. Raises Wrong."""
    if not isinstance(value, list):
        raise invalid(f"{what} is no list")
    return [record(one, what) for one in value]
