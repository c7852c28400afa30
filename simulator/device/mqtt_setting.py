"""The MQTT client's settings as typed values, with the names, defaults and limits of `mqtt/client.cgi` and
`mqtt/event.cgi` (io-events sheet 3.1 and 3.2). JSON names are the camel-case forms of the field names.

`read` turns what a client sent into one of these and refuses it in VAPIX's terms. Unknown keys are ignored, as old
clients send `activateOnReboot`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from simulator.device.parameter import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

MISSING_OR_INVALID = 2103
"""Required parameter missing or invalid."""
INVALID_VALUE = 2104
"""Invalid parameter value specified."""

_PROPERTY = "property"
"""Where an error about a whole object says which of its properties is to blame."""
_LONGEST_STRING = 65_535
"""Bytes of UTF-8 in any string of MQTT (MQTT 3.1.1, 1.5.3)."""
_PORTS = {"tcp": 1883, "ssl": 8883, "ws": 80, "wss": 443}
_ENCRYPTED = {"ssl", "wss"}
_OF_WRONG_KIND = ("missing", "_type", "_parsing", "_from_float")

Model = TypeVar("Model", bound="Setting")


class SettingRefused(Refused):
    """Settings the device does not take: a VAPIX error `code`, and the `property` it is about (`server.host`)."""

    def __init__(self, code: int, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}" if name else why)
        self.code = code
        self.property = name


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _mqtt_string(text: str) -> str:
    """A string MQTT can carry: no NUL, no lone surrogate, at most 65,535 bytes."""
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("holds a character that MQTT cannot carry")
    if len(text.encode()) > _LONGEST_STRING:
        raise ValueError(f"is longer than {_LONGEST_STRING} bytes")
    return text


def _plain_topic(text: str) -> str:
    if "+" in text or "#" in text:
        raise ValueError("holds a wildcard")
    return _mqtt_string(text)


def _short(text: str) -> str:
    if len(_mqtt_string(text).encode()) > 255:
        raise ValueError("is longer than 255 bytes")
    return text


def _wrong(name: str, what: str) -> PydanticCustomError:
    """A property is wrong beside the others of its object."""
    return PydanticCustomError("combination", f"{name} {what}", {_PROPERTY: (name,)})


Text = Annotated[str, AfterValidator(_mqtt_string)]
Topic = Annotated[str, AfterValidator(_plain_topic)]
ShortText = Annotated[str, AfterValidator(_short)]
Qos = Annotated[int, Field(ge=0, le=2)]


class Setting(BaseModel):
    """Base: immutable, strict about JSON types, camel-case outside."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=_camel)

    def as_json(self) -> dict[str, Any]:
        """The plain JSON object of the two APIs."""
        return self.model_dump(mode="json", by_alias=True)


class Server(Setting):
    """Where the broker is. `port` defaults by protocol: 1883, 8883, 80, 443."""

    protocol: Literal["tcp", "ssl", "ws", "wss"] = "tcp"
    host: ShortText = Field(min_length=1)
    port: int = Field(ge=1, le=65_535)
    basepath: ShortText = ""
    """Path of the WebSocket transports, `mqtt`."""
    alpn_protocol: ShortText = ""
    """ALPN name, for the encrypted transports only."""

    @model_validator(mode="before")
    @classmethod
    def _port_of_protocol(cls, sent: Any) -> Any:
        if isinstance(sent, dict) and sent.get("port") is None:
            protocol = sent.get("protocol", "tcp")
            return {**sent, "port": _PORTS.get(protocol, 1883) if isinstance(protocol, str) else 1883}
        return sent

    @model_validator(mode="after")
    def _alpn_needs_tls(self) -> Self:
        if self.alpn_protocol and self.protocol not in _ENCRYPTED:
            raise _wrong("alpnProtocol", "is for ssl and wss only")
        return self


class Tls(Setting):
    """Certificates of the encrypted transports, by their ids on the device."""

    validate_server_cert: bool = False
    client_cert_id: ShortText = Field(default="", alias="clientCertID")
    ca_cert_id: ShortText = Field(default="", alias="CACertID")


class Message(Setting):
    """Last will, connect or disconnect message. With `use_default` the rest does not count; an absent one has no
    topic and is not sent."""

    use_default: bool = False
    topic: Topic = ""
    message: Text = ""
    retain: bool = False
    qos: Qos = 0

    @property
    def sent(self) -> bool:
        return self.use_default or bool(self.topic)


DEFAULT_MESSAGE = Message.model_validate({"useDefault": True})


class ClientSettings(Setting):
    """What `configureClient` sets and `getClientStatus` shows. Times are wire seconds."""

    server: Server
    http_proxy: ShortText = ""
    https_proxy: ShortText = ""
    username: Text = ""
    password: Text = Field(default="", repr=False)
    client_id: Text = ""
    keep_alive_interval: int = Field(default=60, ge=0, le=65_535)
    """Seconds; 0 switches keep-alive off (MQTT 3.1.1, 3.1.2.10)."""
    connect_timeout: int = Field(default=60, ge=1, le=65_535)
    """Seconds for TCP, TLS and CONNACK together."""
    clean_session: bool = True
    auto_reconnect: bool = True
    device_topic_prefix: Topic = ""
    last_will_testament: Message = Message()
    connect_message: Message = Message()
    disconnect_message: Message = Message()
    ssl: Tls = Tls()

    @field_validator("username", "password", "http_proxy", "https_proxy", mode="before")
    @classmethod
    def _null_is_empty(cls, sent: Any) -> Any:
        """`null` for user name and password is legal (client-facts 2.7)."""
        return "" if sent is None else sent

    @property
    def encrypted(self) -> bool:
        return self.server.protocol in _ENCRYPTED


class PublicationFilter(Setting):
    """Which events go out: a topic expression such as `onvif:Device/axis:IO//.`."""

    topic_filter: Text = Field(min_length=1)
    qos: Qos = 0
    retain: Literal["none", "property", "all"] = "none"
    """`property` retains stateful events only."""


class PublicationSettings(Setting):
    """What `configureEventPublication` sets: it replaces the whole list of filters."""

    topic_prefix: Literal["default", "custom"] = "default"
    custom_topic_prefix: Topic = ""
    append_event_topic: bool = True
    include_topic_namespaces: bool = True
    include_serial_number_in_payload: bool = False
    event_filter_list: tuple[PublicationFilter, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _custom_has_a_prefix(self) -> Self:
        if self.topic_prefix == "custom" and not self.custom_topic_prefix:
            raise _wrong("customTopicPrefix", "is empty")
        return self


class SubscriptionFilter(Setting):
    """One filter the device subscribes to; `is_state_data` makes its payload a lasting state."""

    topic_filter: Text = Field(min_length=1)
    use_device_topic_prefix: bool = False
    qos: Qos = 0
    is_state_data: bool = False

    @model_validator(mode="after")
    def _wildcards(self) -> Self:
        *levels, last = self.topic_filter.split("/")
        if self.is_state_data and ("+" in self.topic_filter or "#" in self.topic_filter):
            raise _wrong("topicFilter", "of state data has no wildcards")
        if any("#" in level for level in levels) or any(
            len(level) > 1 and ("+" in level or "#" in level) for level in (*levels, last)
        ):
            raise _wrong("topicFilter", "has a wildcard inside a level")
        return self


class SubscriptionSettings(Setting):
    """What `configureMqttSubscription` sets."""

    mqtt_filter_list: tuple[SubscriptionFilter, ...] = Field(default=(), strict=False)


def read(model: type[Model], sent: Mapping[str, Any]) -> Model:
    """What a client sent as settings. Raises SettingRefused: 2103 for what is missing or of the wrong JSON type,
    2104 for a value out of range."""
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        within = first.get("ctx", {}).get(_PROPERTY, ())
        name = ".".join(str(part) for part in (*first["loc"], *within))
        missing = any(first["type"].endswith(kind) for kind in _OF_WRONG_KIND)
        code = MISSING_OR_INVALID if missing else INVALID_VALUE
        raise SettingRefused(code, name, first["msg"]) from None
    except RecursionError:
        raise SettingRefused(INVALID_VALUE, "", "nested too deep") from None
