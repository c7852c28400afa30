"""The reference page of the language, made from the declarations and committed as `docs/scenario-reference.md`."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.action.declaration import fields_of, summary_of
from simulator.action.vocabulary import ACTIONS
from simulator.expect.event_name import CONDITIONS, EVENT_NAMES
from simulator.expect.expectation import QUERIES, Face
from simulator.scenario.language import Document
from simulator.scenario.multicast_plan import MulticastPlan, PageSourcePlan
from simulator.scenario.outcome import ExitCode
from simulator.scenario.plan import (
    AccountPlan,
    BrokerPlan,
    ClientPlan,
    ClockPlan,
    DevicePlan,
    DhcpPlan,
    MqttPlan,
    NetworkPlan,
    ReceiversPlan,
    SitePlan,
    SnmpPlan,
)
from simulator.scenario.rule_plan import ConditionPlan, RulePlan
from simulator.scenario.schema import SCHEMA_FILE, schema_text
from simulator.scenario.sip_plan import SipAccountPlan, SipPlan
from simulator.scenario.telephony_plan import PhonePlan, RegistrarPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.action.action import Action

REFERENCE_FILE: Final = Path(__file__).parents[2] / "docs" / "scenario-reference.md"

_SECTIONS: Final = (
    ("clock", ClockPlan),
    ("fleet: one device", DevicePlan),
    ("fleet: account", AccountPlan),
    ("fleet: mqtt", MqttPlan),
    ("fleet: snmp", SnmpPlan),
    ("fleet: sip", SipPlan),
    ("fleet: sip account", SipAccountPlan),
    ("fleet: multicast", MulticastPlan),
    ("fleet: multicast source", PageSourcePlan),
    ("fleet: network", NetworkPlan),
    ("fleet: rules", RulePlan),
    ("fleet: rules: trigger and conditions", ConditionPlan),
    ("site", SitePlan),
    ("site: broker", BrokerPlan),
    ("site: registrar", RegistrarPlan),
    ("site: phone", PhonePlan),
    ("site: dhcp", DhcpPlan),
    ("site: receivers", ReceiversPlan),
    ("client", ClientPlan),
)

_HEAD = """\
# Scenario files

Made from the declarations in `simulator/scenario`, `simulator/action` and `simulator/expect` by
`python -m simulator.scenario.reference`; edit those. A file is named `*.scenario.yaml`; its first line can be
`# yaml-language-server: $schema=` with the path of `simulator/scenario/schema.json`, for completion in editors.

Every value is read as text, and the key decides what it means: `off`, `12.10` and `0123456` stay what they are.
Durations have a unit (`250ms`, `30s`, `1m30s`, `2h`, `1d`) and are device time unless said otherwise. `${name}` stands
for a constant of `let` or a name of `matrix`; `$${` is a plain `${`. Duplicate keys and tabs are errors.

A target is a path `device/component/index`. Each part may be a glob (`speaker-*`) or a range (`io-{1..16}`); an index
is the port's id, as in portmanagement, where port.cgi counts one higher.
"""

_STEPS = """\
## Steps

A step says when, does at most one thing, and may expect something.

| when | means |
|---|---|
| `at: 30s` | device time from the start |
| `after: 30s` | from the previous step's instant |
| `when: {event: {device: io-2, event: tampering}}` | as soon as this is seen; any one face of an expectation |
| `every: 10s` with `for: 2m` | repeated, first one interval after the step before |

The verb's value is a map of its fields; where a verb has a short form, that field may stand alone and the others beside
the verb: `press: speaker-1` and `for: 25s` are the same as `press: {device: speaker-1, for: 25s}`.
"""

_EXPECTATIONS = """\
## Expectations

`expect`, and each item of `steady` and `always`, is a map of faces; a face may hold a list. Watching begins at the
step's instant, before the verb acts. Several faces may be seen in any order; `ordered` is a list of single faces in
theirs. `device`, `within`, `count` and `for` beside the faces hold for every face that does not say otherwise. Without
a device, the one of the step's verb is meant, and for inputs its port too.

`never` needs `for` in `expect`. `steady` holds before the start and after the last step, `always` at every instant
between.
"""


def reference() -> str:
    """The whole page."""
    parts: list[str] = [_HEAD, "## Document\n", _table(Document)]
    for title, declared in _SECTIONS:
        parts += [f"### {title}\n", f"{summary_of(declared)}\n", _table(declared)]
    parts += [_STEPS, *_verbs(), _EXPECTATIONS, *_faces(), *_names(), *_codes()]
    return "\n".join(parts)


def _table(declared: type) -> str:
    rows = [
        f"| `{field.key}`{' (needed)' if field.required else ''} | {_cell(field.kind.words)} | {_cell(field.doc)} |"
        for field in fields_of(declared)
    ]
    return "\n".join(["| key | takes | means |", "|---|---|---|", *rows, ""]) if rows else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _verbs() -> Iterator[str]:
    for family, declared in groupby(ACTIONS, key=lambda action: action.family):
        yield f"## Verbs: {family.replace('_', ' ')}\n"
        for action in declared:
            yield from _verb(action)


def _verb(action: type[Action]) -> Iterator[str]:
    short = f" Short form: `{action.verb}: <{action.shorthand}>`." if action.shorthand else ""
    yield f"### {action.verb}\n"
    yield f"{_prose(action)}{short}\n"
    yield _table(action)


def _faces() -> Iterator[str]:
    for face in Face:
        declared = QUERIES[face]
        short = f" Short form: `{face.value}: <{declared.shorthand}>`." if declared.shorthand else ""
        yield f"### {face.value}\n"
        yield f"{_prose(declared)}{short}\n"
        yield _table(declared)


def _prose(declared: type) -> str:
    """The whole docstring, paragraph by paragraph."""
    paragraphs = (declared.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _names() -> Iterator[str]:
    yield "## Event names\n"
    yield "Any other event is named by its topic, for example `tns1:Device/tnsaxis:Casing/Open`.\n"
    rows = (
        (f"`{event.name}`", f"`{event.topic}`" if event.topic else "", event.means, _words(dict(event.words)))
        for event in EVENT_NAMES
    )
    yield _rows(("name", "topic", "means", "states"), rows)
    yield "## Conditions of everywhere\n"
    yield _rows(("condition", "means"), ((f"`{name}`", means) for name, means in CONDITIONS.items()))


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _codes() -> Iterator[str]:
    meanings = {
        ExitCode.PASSED: "every expectation held",
        ExitCode.FAILED: "an expectation did not hold",
        ExitCode.BAD_SCENARIO: "a file or an argument is wrong; nothing was run",
        ExitCode.SIMULATOR_FAULT: "the simulator could not do it: a missing capability, an address taken, a bug",
        ExitCode.INTERRUPTED: "a person stopped it",
    }
    yield "## Exit codes of axsim\n"
    yield _rows(("code", "means"), ((str(code.value), meaning) for code, meaning in meanings.items()))


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(_cell(cell) for cell in row) for row in rows)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), ""])


def main() -> None:
    """Write both files that are made from the declarations."""
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    REFERENCE_FILE.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
