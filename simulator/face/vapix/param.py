"""param.cgi: the oldest door to every setting, still used by all clients (core sheet 2.5).

Errors are lines that start with `# Error` or `# Request failed` inside a 200 answer. Reading and writing follow
the digits of each parameter; a POST counts its form body alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer, Reply
from simulator.face.vapix.call import Call, Route, on_every_product
from simulator.face.vapix.param_definitions import definitions
from simulator.face.vapix.param_group import add_group, remove_groups
from simulator.face.vapix.param_list import list_lines, readable, without_root

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ACTION = "# Error: Action must be specified\n"
ARGUMENTS = frozenset({"action", "usergroup", "responseformat", "Axis-Orig-Sw"})
"""Form fields of an update that are no parameters; one client adds the last to every request."""

_FORCED = {"viewer": Level.VIEWER, "operator": Level.OPERATOR, "admin": Level.ADMINISTRATOR}


def param(call: Call) -> Reply:
    """`usergroup=` forces a login of that level where anonymous viewing would let anybody in."""
    refusal = call.demand(_FORCED.get(call.fields.get("usergroup", ""), Level.ANYONE))
    if refusal is not None:
        return refusal
    action = _ACTIONS.get(call.fields.get("action", ""))
    return _text(NO_ACTION) if action is None else action(call)


def list_parameters(call: Call) -> Reply:
    """One `name=value` per line. UTF-8 whatever the label says, as clients read it (client-facts 11)."""
    lines = list_lines(call.device, call.level, _groups(call))
    text = "".join(f"{line}\n" for line in lines)
    return Answer(
        body=text.encode("utf-8", "replace"), content_type=call.device.profile.quirks.param_list_content_type
    )


def _groups(call: Call) -> list[str]:
    return [group for group in call.fields.get("group", "").split(",") if group]


def list_definitions(call: Call) -> Reply:
    """The XML schema; other list formats are not known."""
    if call.fields.get("listformat") != "xmlschema":
        return _text("# Error: listformat must be xmlschema\n")
    wanted, head = [without_root(group) for group in _groups(call)], call.request.head
    names = [name for name in readable(call.device, call.level) if _wanted(name, wanted)]
    host = head.headers.get("host") or head.host
    return Answer(body=definitions(call.device, names, host), content_type="text/xml")


def _wanted(name: str, groups: list[str]) -> bool:
    return not groups or any(g in ("root", name) or name.startswith(f"{g}.") for g in groups)


def update(call: Call) -> Reply:
    """Set parameters one by one in the order given, up to the first that cannot be set."""
    for name, value in call.fields.items():
        if name not in ARGUMENTS and not _set(call, without_root(name), value):
            return _text(f"# Error: Error setting '{_one_line(name)}' to '{_one_line(value)}'!\n")
    return _text("OK")


def _set(call: Call, name: str, value: str) -> bool:
    """False for an unknown parameter, one the caller may not write, or a value it does not take."""
    parameters = call.device.parameters
    if name not in parameters or parameters.definition(name).write > call.level or not value.isprintable():
        return False
    try:
        parameters.write(name, value)
    except Refused:
        return False
    return True


def _one_line(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def add(call: Call) -> Reply:
    """A new group from a template: `S8 OK`."""
    return _text(add_group(call.device, call.level, call.fields))


def remove(call: Call) -> Reply:
    """Groups that were added: `OK`, or the first failure."""
    return _text(remove_groups(call.device, call.level, _groups(call)))


def _text(text: str) -> Answer:
    return Answer(body=text.encode("utf-8", "replace"))


_ACTIONS: dict[str, Callable[[Call], Reply]] = {
    "list": list_parameters,
    "listdefinitions": list_definitions,
    "update": update,
    "add": add,
    "remove": remove,
}

PATHS = ("/axis-cgi/param.cgi", "/axis-cgi/admin/param.cgi", "/axis-cgi/view/param.cgi")

ROUTES = (
    Route(
        PATHS,
        param,
        level=Level.VIEWER,
        api="param-cgi",
        served=on_every_product,
    ),
)
