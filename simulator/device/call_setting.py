"""What all settings of the call service have in common: names, types, and how one is refused (audio sheet 8.1).

A setting is an immutable model with the API's names outside (`SIPTLSPort`, `UserId`). `read` makes one from what a
client sent. JSON types are strict; text of the simple form (`Written`) is taken for whatever the field wants.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from simulator.device.parameter import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_ID = 64
"""Characters of any id (audio sheet 8.1)."""
LONGEST_TEXT = 255
"""Characters of any other text: a guess that bounds what a hostile client can store."""

_ABBREVIATIONS = {
    **{word: word.upper() for word in ("dtmf", "ice", "mwi", "rfc2833", "rfc2976", "rtp", "sip", "sips", "stun")},
    **{word: word.upper() for word in ("tls", "turn", "uri")},
    "uris": "URIs",
    "ipv6": "IPv6",
}
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Fault(StrEnum):
    """Why the call service refuses; the rows of the fault table (audio sheet 8.1)."""

    NOT_FOUND = "no such id"
    INVALID = "bad value"
    MISSING = "missing data"
    FAILED = "cannot be done now"
    UNSUPPORTED = "not supported"


class CallServiceRefused(Refused):
    """A command or setting that the call service does not take."""

    def __init__(self, fault: Fault, why: str) -> None:
        super().__init__(why)
        self.fault = fault


class Written(str):
    """A value as text, of the simple form, which has no types of its own."""

    __slots__ = ()


def outside_name(name: str) -> str:
    """`sip_tls_port` -> `SIPTLSPort`"""
    return "".join(_ABBREVIATIONS.get(word, word.capitalize()) for word in name.split("_"))


def _flag(value: Any) -> Any:
    if isinstance(value, Written) and value in ("true", "false"):
        return value == "true"
    return value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, Written) and _WHOLE.fullmatch(value) else value


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, Written) else value


def shown_text(text: str, longest: int) -> str:
    """What of a stranger's text can be told: so many characters, and `?` for what is no character of a line."""
    return _UNPRINTABLE.sub("?", text[:longest])


def _printable(text: str) -> str:
    """Ends up in SIP headers and logs, where a line end would be an injection."""
    if _UNPRINTABLE.search(text):
        raise ValueError("holds a control character")
    return text


def _value_text(value: Any) -> Any:
    """JSON writes the value of an attribute as text; `true` and `5` are taken for "true" and "5"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (Written, int)) else value


Flag = Annotated[bool, BeforeValidator(_flag)]
Number = Annotated[int, BeforeValidator(_number)]
Seconds = Annotated[Number, Field(ge=0, le=2_147_483_647)]
Port = Annotated[Number, Field(ge=1024, le=65_535)]
"""1024 to 65535 (C1410 manual, SIP, Ports)."""
Text = Annotated[str, BeforeValidator(_text), Field(max_length=LONGEST_TEXT), AfterValidator(_printable)]
Word = BeforeValidator(_text)
"""For fields that take one of some words."""
Id = Annotated[str, BeforeValidator(_text), Field(max_length=LONGEST_ID), AfterValidator(_printable)]


class Setting(BaseModel):
    """Base: immutable, strict about JSON types, the API's names outside. Unknown members are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", alias_generator=outside_name)

    def as_json(self) -> dict[str, Any]:
        """The plain JSON object of the API."""
        return self.model_dump(mode="json", by_alias=True)


class Entity(Setting):
    """A setting of which there are several, told apart by id."""

    id: Id = ""


Model = TypeVar("Model", bound=Setting)
AnyEntity = TypeVar("AnyEntity", bound=Entity)


class Attribute(Setting):
    """One named value beside the fields; its value is text whatever its type."""

    name: Text
    value: Annotated[Text, BeforeValidator(_value_text)] = ""


class AttributeInfo(Setting):
    """What `GetSupported...Attributes` says of an attribute, and beside that what it takes."""

    name: Text
    type: Text
    """`string`, `int` or `bool`."""
    default: Text
    choices: tuple[str, ...] = Field(default=(), exclude=True)
    """Of a string; none for any text."""
    numbers: tuple[int, int] = Field(default=(0, 2_147_483_647), exclude=True)
    """Least and greatest int."""

    def accepts(self, value: str) -> bool:
        """Whether the text is a value of it."""
        if self.type == "bool":
            return value in ("true", "false")
        if self.type == "int":
            return _WHOLE.fullmatch(value) is not None and self.numbers[0] <= int(value) <= self.numbers[1]
        return not self.choices or value in self.choices

    @property
    def takes(self) -> str:
        """In words, for a refusal."""
        low, high = self.numbers
        return {"bool": "true or false", "int": f"a whole number from {low} to {high}"}.get(
            self.type, " or ".join(self.choices) or "a text"
        )


def make(model: type[Model], **values: Any) -> Model:
    """A setting of our own, by the names of its fields."""
    return model.model_validate({outside_name(name): value for name, value in values.items()})


def read(model: type[Model], sent: object, *, base: Model | None = None) -> Model:
    """Make a setting from what a client sent; what it does not name, or names as null, is that of `base`.

    Without a base it gets its default. Raises CallServiceRefused.
    """
    if not isinstance(sent, dict):
        raise CallServiceRefused(Fault.INVALID, f"{model.__name__} is not an object")
    known = {field.alias for field in model.model_fields.values()}
    named = {name: value for name, value in sent.items() if name in known and value is not None}
    if base is not None:
        named = {**base.model_dump(by_alias=True), **named}
    try:
        return model.model_validate(named)
    except ValidationError as error:
        raise _refused(error) from None


def id_of(sent: object) -> str:
    """The id that a client names in an object, or none."""
    named = sent.get("Id") if isinstance(sent, dict) else None
    return named if isinstance(named, str) else ""


def _refused(error: ValidationError) -> CallServiceRefused:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    fault = Fault.MISSING if first["type"] == "missing" else Fault.INVALID
    return CallServiceRefused(fault, f"{place}: {first['msg']}" if place else first["msg"])


def with_known_attributes(
    sent: tuple[Attribute, ...], known: Mapping[str, AttributeInfo]
) -> tuple[Attribute, ...]:
    """The attributes that exist, each once, the last set wins; unknown names are ignored (audio sheet 8.3).

    Raises CallServiceRefused for a value that is not of the attribute's type.
    """
    kept: dict[str, Attribute] = {}
    for attribute in sent:
        info = known.get(attribute.name)
        if info is None:
            continue
        if not info.accepts(attribute.value):
            raise CallServiceRefused(Fault.INVALID, f"attribute {attribute.name} takes {info.takes}")
        kept[attribute.name] = attribute
    return tuple(kept.values())
