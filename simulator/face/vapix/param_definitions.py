"""`listdefinitions` of param.cgi: the parameter tree as an XML schema of types and levels (core sheet 2.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from simulator.face.vapix.param_list import shown, without_root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.device.device import Device
    from simulator.device.parameter import Definition

_HEADER = """<?xml version="1.0" encoding="iso-8859-1" ?>
<parameterDefinitions
xmlns="http://www.axis.com/ParameterDefinitionsSchema"
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
xsi:schemaLocation="http://www.axis.com/ParameterDefinitionsSchema http://{host}/pub/parameterdefinitions.xsd"
version="1.0">
  <model>{model}</model>
  <firmwareVersion>{version}</firmwareVersion>
"""

_FLAGS = {"ro": "readonly", "wo": "writeonly", "const": "const", "hid": "hidden", "int": "internal"}
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def definitions(device: Device, names: Iterable[str], host: str) -> bytes:
    """The document for these names, which are in list order."""
    header = _HEADER.format(
        host=_text(host),
        model=_text(device.parameters.get("Brand.ProdShortName")),
        version=_text(device.parameters.get("Properties.Firmware.Version")),
    )
    lines = "".join(line + "\n" for line in _tree(device, names))
    return f"{header}{lines}</parameterDefinitions>\n".encode("iso-8859-1", "xmlcharrefreplace")


def _tree(device: Device, names: Iterable[str]) -> Iterator[str]:
    """Groups open and close as the sorted names walk through the tree; two spaces per level."""
    yield '  <group name="root">'
    path: list[str] = []
    for name in names:
        *groups, leaf = without_root(name).split(".")
        same = _same_start(path, groups)
        yield from _closing(path, same)
        for depth, group in enumerate(groups[same:], same):
            yield f"{'  ' * (depth + 2)}<group name={_quoted(group)}>"
        path = groups
        yield from _parameter(device, device.parameters.definition(name), leaf, "  " * (len(path) + 2))
    yield from _closing(path, 0)
    yield "  </group>"


def _same_start(left: list[str], right: list[str]) -> int:
    count = 0
    while count < min(len(left), len(right)) and left[count] == right[count]:
        count += 1
    return count


def _closing(path: list[str], keep: int) -> Iterator[str]:
    for depth in range(len(path), keep, -1):
        yield f"{'  ' * (depth + 1)}</group>"


def _parameter(device: Device, definition: Definition, leaf: str, indent: str) -> Iterator[str]:
    value = _quoted(shown(device, definition))
    attributes = f'securityLevel="{definition.level}" niceName={_quoted(nice_name(leaf))}'
    yield f"{indent}<parameter name={_quoted(leaf)} value={value} {attributes}>"
    flags = "".join(f' {_FLAGS[flag]}="true"' for flag in _FLAGS if flag in definition.flags)
    yield f"{indent}  <type{flags}>"
    yield from (f"{indent}    {line}" for line in _kind(definition))
    yield f"{indent}  </type>"
    yield f"{indent}</parameter>"


def _kind(definition: Definition) -> list[str]:
    if definition.kind == "bool" and len(definition.choices) == 2:
        true, false = definition.choices
        return [f"<bool true={_quoted(true)} false={_quoted(false)} />"]
    if definition.kind == "enum":
        entries = [
            f"  <entry value={_quoted(choice)} niceValue={_quoted(choice)} />" for choice in definition.choices
        ]
        return ["<enum>", *entries, "</enum>"]
    limits = {"min": definition.minimum, "max": definition.maximum, "maxlen": definition.longest}
    text = "".join(f' {name}="{limit}"' for name, limit in limits.items() if limit is not None)
    return [f"<{definition.kind}{text} />"]


def nice_name(leaf: str) -> str:
    """The name split at capitals, the first letter kept: `ProdNbr` is `Prod nbr`."""
    first, *rest = _CAPITAL.split(leaf)
    return " ".join([first, *(word if word.isupper() else word.lower() for word in rest)])


def _quoted(text: str) -> str:
    return quoteattr(_NOT_XML.sub("", text), {'"': "&quot;"})


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("", text))
