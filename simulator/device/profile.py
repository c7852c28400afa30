"""Profiles: what one model on one firmware is, as data shared by all devices of that kind.

A profile is the factory state of the parameter tree, the list of APIs, the catalogue of events and the quirks of
the firmware. It is read from `fixtures/profiles/<model>/<firmware>/` (see `profile_table.py`) once per process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from simulator.device.event import Declaration
from simulator.device.profile_table import definition, table
from simulator.device.quirks import Quirks
from simulator.device.rule.template import RuleProfile, rule_profile
from simulator.errors import FleetError, UnknownTarget
from simulator.resources import folder
from simulator.units import colons

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.device.parameter import Definition

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_OF_IDENTITY = frozenset({"serial", "mac", "host_name", "multicast_address"})
_DOC_LINK = "https://www.axis.com/partner_pages/vapix_library/#/"


class Named(Protocol):
    """The part of a device's identity that shows in its parameters."""

    @property
    def serial(self) -> str: ...
    @property
    def host_name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Product:
    """What the type label, basicdeviceinfo and the firmware image say (core sheet 0.3, 4.3)."""

    prod_nbr: str
    prod_short_name: str
    prod_full_name: str
    prod_type: str
    prod_variant: str
    brand: str
    web_url: str
    architecture: str
    soc: str
    hardware_id: str
    build_date: str
    part_number: str
    image_name: str


@dataclass(frozen=True, slots=True)
class Api:
    """One row of API discovery (core sheet 2.3)."""

    id: str
    version: str
    """The version that `apidiscovery.cgi` lists."""
    name: str
    status: str
    """official, beta, alpha, deprecated; empty for APIs of installed applications, which have none."""
    path: str
    """Where it is served; empty where no public source says so. A face lists only what it serves."""
    answers: str
    """The version in the API's own answers, which on real devices may be another than the listed one."""

    @property
    def doc_link(self) -> str:
        """`docLink` of the list: the library page, or empty for an installed application's API."""
        return _DOC_LINK if self.status else ""


@dataclass(frozen=True, slots=True)
class Profile:
    """One model on one firmware. Shared: nothing in it changes."""

    model: str
    firmware: str
    product: Product
    parameters: Mapping[str, Definition]
    """Factory state of every parameter that is equal in all devices of this kind."""
    identity_templates: tuple[Definition, ...]
    """Those whose factory value follows from the identity; see `identity_definitions`."""
    apis: Mapping[str, Api]
    catalogue: Mapping[str, Declaration]
    quirks: Quirks
    event_instances: Mapping[str, Mapping[str, Any]]
    """Types and values of event items, and what is special about topics, as `event_instances.yaml` has them."""
    rules: RuleProfile
    """Templates of actions and recipients, and the rules and schedules from the factory."""

    def identity_definitions(self, identity: Named) -> list[Definition]:
        """The parameters that carry serial number, MAC or host name, with their values for one device."""
        values = _identity_values(identity)
        return [replace(d, default=_render(d.default, values)) for d in self.identity_templates]


def models() -> tuple[str, ...]:
    """The models that ship: `A9210`, `C1410`."""
    return tuple(sorted(entry.name for entry in folder("profiles").iterdir() if entry.is_dir()))


@cache
def firmwares(model: str) -> tuple[str, ...]:
    """The firmwares that ship for a model, oldest first. Raises UnknownTarget."""
    home = folder("profiles") / _model_named(model)
    return tuple(sorted((entry.name for entry in home.iterdir() if entry.is_dir()), key=_version_key))


def load_profile(model: str, firmware: str) -> Profile:
    """The profile of a model on a firmware.

    `model` is the folder's name or the product number (`C1410 Mk II`) in any case, `firmware` a whole version or
    the first parts of one (`12.9`, `11.11`, `12`), which stands for the newest that ships. Raises UnknownTarget.
    """
    known_model = _model_named(model)
    return _load(known_model, _firmware_named(known_model, firmware))


@cache
def _model_named(name: str) -> str:
    spoken = {spelling.casefold(): model for model in models() for spelling in _spellings(model)}
    found = spoken.get(name.casefold())
    if found is None:
        raise UnknownTarget("model", name, models())
    return found


def _spellings(model: str) -> tuple[str, ...]:
    newest = max((folder("profiles") / model).iterdir(), key=lambda entry: _version_key(entry.name)).name
    product = table(model, newest, "product")
    return model, product["prod_nbr"], f"AXIS {product['prod_nbr']}"


def _firmware_named(model: str, name: str) -> str:
    shipped = firmwares(model)
    matching = [version for version in shipped if f"{version}.".startswith(f"{name}.")]
    if not matching:
        raise UnknownTarget(f"firmware of {model}", name, shipped)
    return matching[-1]


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


@cache
def _load(model: str, firmware: str) -> Profile:
    try:
        return _read(model, firmware)
    except (KeyError, TypeError, ValueError) as error:
        raise FleetError(f"profile {model} {firmware} cannot be read: {error!r}") from error


def _read(model: str, firmware: str) -> Profile:
    product = _product(model, firmware)
    values = {name: getattr(product, name) for name in Product.__slots__} | {"version": firmware}
    rows = table(model, firmware, "parameters")
    raw = [definition(name, row) for name, row in rows.items()]
    definitions = [replace(d, default=_render(d.default, values)) for d in raw]
    return Profile(
        model=model,
        firmware=firmware,
        product=product,
        parameters={d.name: d for d in definitions if not _PLACEHOLDER.search(d.default)},
        identity_templates=_known_only(d for d in definitions if _PLACEHOLDER.search(d.default)),
        apis={key: _api(key, row) for key, row in table(model, firmware, "apis").items()},
        catalogue={key: _declaration(key, row) for key, row in table(model, firmware, "events").items()},
        quirks=Quirks.model_validate(table(model, firmware, "quirks")),
        event_instances=table(model, firmware, "event_instances"),
        rules=rule_profile(model, firmware),
    )


def _product(model: str, firmware: str) -> Product:
    """Full and short names follow from number and type in every recorded property list (core sheet 0.3)."""
    row = {key: text for key, text in table(model, firmware, "product").items() if key != "based_on"}
    short_name = f"{row['brand']} {row['prod_nbr']}"
    image = f"{row['prod_nbr'].replace(' ', '_')}_{firmware.replace('.', '_')}.bin"
    names = {
        "prod_short_name": short_name,
        "prod_full_name": f"{short_name} {row['prod_type']}",
        "image_name": image,
    }
    return Product(**row, **names)


def _api(key: str, row: Mapping[str, str]) -> Api:
    version = row["version"]
    status = row.get("status", "official")
    return Api(key, version, row["name"], status, row.get("path", ""), row.get("answers", version))


def _declaration(topic: str, row: Mapping[str, Any]) -> Declaration:
    stateful = {"stateful": True, "stateless": False}[row["kind"]]
    return Declaration(topic, row["name"], stateful, tuple(row.get("source", ())), tuple(row.get("data", ())))


def _known_only(templates: Iterable[Definition]) -> tuple[Definition, ...]:
    known = tuple(templates)
    for template in known:
        unknown = set(_PLACEHOLDER.findall(template.default)) - _OF_IDENTITY
        if unknown:
            raise FleetError(f"parameter {template.name} has an unknown placeholder {unknown.pop()}")
    return known


def _render(text: str, values: Mapping[str, str]) -> str:
    """Fill in the placeholders that have a value and leave the others."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)


def _identity_values(identity: Named) -> dict[str, str]:
    low = bytes.fromhex(identity.serial[6:])
    return {
        "serial": identity.serial,
        "mac": colons(identity.serial),
        "host_name": identity.host_name,
        # 239/8 with the device's half of the MAC address: two devices never share a group (core sheet A, [mem])
        "multicast_address": f"239.{low[0]}.{low[1]}.{low[2]}",
    }
