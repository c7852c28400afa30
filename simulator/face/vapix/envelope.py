"""The JSON envelope of VAPIX APIs: versions, methods, errors and the two ways of writing it.

A request is `{"apiVersion", "context", "method", "params"}`; the answer has `data` or `error`, never both, and
is HTTP 200 either way (core sheet 3.0). `context` comes back only if it was sent. Any minor of the major that
the API speaks is answered with its highest minor (core sheet 0.4.2); `getSupportedVersions` needs no version.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.fault import ApiError, Family

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.device.device import Device
    from simulator.face.vapix.call import Call

Json = dict[str, Any]
T = TypeVar("T")

_one_line = json.JSONEncoder(ensure_ascii=False).encode
_pretty = json.JSONEncoder(ensure_ascii=False, indent=2).encode


@dataclass(frozen=True, slots=True)
class Writing:
    """How a daemon writes: one line with `", "` and `": "`, or two spaces of indent (core sheet 3.0)."""

    pretty: bool = False
    final_newline: bool = True

    def bytes_of(self, value: Json) -> bytes:
        text = _pretty(value) if self.pretty else _one_line(value)
        # a lone surrogate that came in as \ud800 goes out as \ud800
        return (text + "\n" if self.final_newline else text).encode("utf-8", "backslashreplace")


ONE_LINE = Writing()
PRETTY = Writing(pretty=True)
PRETTY_WITHOUT_NEWLINE = Writing(pretty=True, final_newline=False)


@dataclass(slots=True)
class Invocation:
    """One method call of a client, taken apart."""

    call: Call
    service: JsonService
    method: str = ""
    version: str = ""
    """The version that the answer carries."""
    context: str | None = None
    params: Json = field(default_factory=dict)
    sent_params: object = None
    """`params` as they came; one API has a list there."""

    def answer(self, data: Json) -> Answer:
        """The enveloped success; what a method that answers later delivers."""
        return self.service.write(self, "data", data)

    def failure(self, error: ApiError) -> Answer:
        """The enveloped error."""
        return self.service.write(self, "error", error.as_json(), status=error.status)

    def missing(self, name: str) -> ApiError:
        return self.service.family.missing(name)

    def invalid(self, name: str, **details: Any) -> ApiError:
        return self.service.family.invalid(name, **details)

    def required(self, name: str) -> Any:
        """A parameter that must be there. Raises ApiError."""
        if name not in self.params:
            raise self.missing(name)
        return self.params[name]

    def text(self, name: str, default: str | None = None) -> str:
        """A string parameter; required when there is no default. Raises ApiError."""
        return self._of_type(name, str, default)

    def boolean(self, name: str, default: bool | None = None) -> bool:
        """A boolean parameter; required when there is no default. Raises ApiError."""
        return self._of_type(name, bool, default)

    def _of_type(self, name: str, kind: type[T], default: T | None) -> T:
        value = self.required(name) if default is None else self.params.get(name, default)
        if not isinstance(value, kind):
            raise self.invalid(name)
        return value


@dataclass(frozen=True, slots=True)
class Method:
    """One method of an API. `act` returns the data of the answer, or a reply of its own."""

    act: Callable[[Invocation], Json | Reply]
    level: Level = Level.ANYONE
    """Asked for beyond the level of the route; matters where the route is open to anyone."""


@dataclass(frozen=True, slots=True)
class JsonService:
    """A JSON API: the handler of its route."""

    api: str
    family: Family
    methods: Mapping[str, Method]
    writing: Writing = ONE_LINE
    keys: tuple[str, ...] = ("apiVersion", "context", "method")
    """What stands before `data`, in the order in which this daemon writes it."""
    content_type: str = "application/json"
    wants_json_label: bool = False
    """Refuses bodies that are not labelled `application/json` (network_settings)."""

    def __call__(self, call: Call) -> Reply:
        asked = Invocation(call, self, version=self.version(call.device))
        try:
            self._parse(asked)
            return self._perform(asked)
        except ApiError as error:
            return asked.failure(error)

    def version(self, device: Device) -> str:
        """What the API answers with, which on real devices may differ from the listed version (core sheet 2.3)."""
        return device.profile.apis[self.api].answers

    def refusal(self, device: Device, status: int) -> Answer:
        """The 401 or 403 that a JSON CGI writes itself; its media type is recorded (core sheet 5.2)."""
        content = {"apiVersion": self.version(device), "error": self.family.forbidden().as_json()}
        return Answer(status, self.writing.bytes_of(content), "application/json; charset=utf-8")

    def _parse(self, asked: Invocation) -> None:
        head = asked.call.request.head
        if head.method != "POST":
            raise self.family.wrong_verb()
        if self.wants_json_label and not head.headers.get("content-type", "").startswith("application/json"):
            raise self.family.invalid_request()
        sent = self._object(asked.call.request.body)
        context, params = sent.get("context"), sent.get("params")
        asked.context = context if isinstance(context, str) else None
        asked.params = params if isinstance(params, dict) else {}
        asked.sent_params = params
        self._take_method(asked, sent.get("method"))
        self._check_version(asked, sent.get("apiVersion"))
        if asked.method != "getSupportedVersions" and asked.method not in self.methods:
            raise self.family.unknown_method(asked.method)

    def _object(self, body: bytes) -> Json:
        try:
            sent = json.loads(body)
        except (ValueError, RecursionError):
            raise self.family.bad_json() from None
        if not isinstance(sent, dict):
            raise self.family.bad_json()
        return sent

    def _take_method(self, asked: Invocation, method: object) -> None:
        if method is None:
            raise self.family.missing("method")
        if not isinstance(method, str):
            raise self.family.invalid("method")
        asked.method = method

    def _check_version(self, asked: Invocation, wanted: object) -> None:
        if wanted is None:
            if asked.method != "getSupportedVersions":
                raise self.family.missing("apiVersion")
            return
        if not isinstance(wanted, str) or not speaks(asked.version, wanted):
            raise self.family.unsupported_version()

    def _perform(self, asked: Invocation) -> Reply:
        if asked.method == "getSupportedVersions" and asked.method not in self.methods:
            return asked.answer({"apiVersions": [asked.version]})
        method = self.methods[asked.method]
        refusal = asked.call.demand(method.level)
        if refusal is not None:
            return refusal
        outcome = method.act(asked)
        return asked.answer(outcome) if isinstance(outcome, dict) else outcome

    def write(self, asked: Invocation, outcome: str, value: Json, *, status: int = 200) -> Answer:
        """The answer with `value` under `outcome`, which is `data` or `error`."""
        known = {"apiVersion": asked.version, "context": asked.context, "method": asked.method or None}
        content: Json = {key: known[key] for key in self.keys if known[key] is not None}
        content[outcome] = value
        return Answer(status, self.writing.bytes_of(content), self.content_type)


def speaks(supported: str, wanted: str) -> bool:
    """Whether an API at `supported` takes a request of version `wanted`: `1`, `1.0` and `1.3` at 1.3."""
    major, _, minor = wanted.partition(".")
    ours, _, highest = supported.partition(".")
    if major != ours:
        return False
    return minor == "" or (minor.isascii() and minor.isdigit() and len(minor) < 9 and int(minor) <= int(highest))
