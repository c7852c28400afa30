"""The scenario document: every key there is, in the order in which `axsim fmt` writes them.

This declaration, those of `plan.py` and the vocabulary of actions and queries are the one source of the language:
loader, did-you-mean, JSON Schema and reference page follow from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from simulator.action.declaration import ListOf, MapOf, Pairs, Record
from simulator.action.kind import Kind, Text, Unfit, Whole, as_text, shown
from simulator.action.target import expand
from simulator.expect.expectation import Expectation
from simulator.scenario.expecting import ALWAYS_FACES, STEADY_FACES, Expecting, Groups
from simulator.scenario.plan import PLAIN_SITE, REAL_CLOCK, ClientPlan, ClockPlan, DevicePlan, SitePlan
from simulator.scenario.step import Draft, StepKind
from simulator.scenario.upgrade import FORMAT
from simulator.scenario.written import ClockKind

NAME = Text(r"[a-z][a-z0-9-]{0,62}", "device name", example="io-2")


class DeviceNames(Kind):
    """The name of a device, or of several by a range: `io-{1..100}`."""

    words = "device name"

    def parse(self, value: object) -> tuple[str, ...]:
        names = expand(as_text(value, self.words))
        for name in names:
            try:
                NAME.parse(name)
            except Unfit:
                hint = "lower-case letters, digits and -, for example io-2 or io-{1..16}"
                raise Unfit(f"{shown(value)} is no device name", hint) from None
        return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A scenario: a fleet, a timeline, and what must be seen."""

    format: Annotated[
        int, Whole(0, FORMAT), "Version of the language; older ones are read as what they meant."
    ] = FORMAT
    scenario: Annotated[str, "Title; the name of the case in every report."]
    about: Annotated[str, Text(empty=True), "What it is about, for people."] = ""
    seed: Annotated[int | None, Whole(), "Seed of all chance; by default drawn and printed."] = None
    clock: Annotated[ClockPlan, ClockKind(ClockPlan), "How device time runs: real, stepped or x10."] = REAL_CLOCK
    mode: Annotated[
        Literal["loopback", "ephemeral"], "loopback: an address per device; ephemeral: 127.0.0.1 and free ports."
    ] = "loopback"
    requires: Annotated[
        tuple[str, ...],
        ListOf(Text(r"[a-z][a-z0-9_-]*", "capability", example="loopback")),
        "Capabilities without which it cannot run; a missing one is named and nothing is faked.",
    ] = ()
    matrix: Annotated[
        tuple[tuple[str, tuple[str, ...]], ...],
        MapOf(ListOf(Text(), fewest=1), Text(r"[A-Za-z_][A-Za-z0-9_-]*", "matrix name", example="firmware")),
        "Names and lists of values; every combination is a case of its own.",
    ] = ()
    except_: Annotated[tuple[Pairs, ...], ListOf(MapOf(Text())), "Combinations that are left out."] = ()
    use: Annotated[
        tuple[str, ...],
        "Files whose parts come first, named relative to this one or to the shipped scenarios; later ones win.",
    ] = ()
    let: Annotated[Pairs, "Constants for ${name} inside texts."] = ()
    fleet: Annotated[
        tuple[tuple[tuple[str, ...], DevicePlan], ...],
        MapOf(Record(DevicePlan), DeviceNames()),
        "Devices by name; io-{1..100} is a hundred.",
    ] = ()
    site: Annotated[SitePlan, "The world around the devices."] = PLAIN_SITE
    client: Annotated[ClientPlan | None, "The client under test."] = None
    steady: Annotated[
        tuple[Expectation, ...],
        Groups(Expecting("steady", STEADY_FACES)),
        "Must hold before the start and again after the last step.",
    ] = ()
    always: Annotated[
        tuple[Expectation, ...], Groups(Expecting("always", ALWAYS_FACES)), "Must hold at every instant between."
    ] = ()
    timeline: Annotated[tuple[Draft, ...], ListOf(StepKind()), "Steps, in their order."] = ()
