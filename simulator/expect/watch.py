"""One expectation, decided over time.

Several watches run side by side while device time passes (`Vigil`). A watch holds a moment from which it looks; it is
satisfied, refuted, or at its deadline still open, and then it has failed.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simulator.errors import UnknownTarget
from simulator.expect.expectation import Expectation, Face
from simulator.expect.face import FINDERS
from simulator.expect.finding import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.expect.finding import ClientOutput, Finding
    from simulator.expect.mark import Mark
    from simulator.fleet.session import Session

PATIENCE = 2.0
"""Wire seconds that programs outside the engine get, once device time is up, to show what they have seen."""
BREATH = 0.02
"""Wire seconds between two looks."""
_OUTSIDE = frozenset({Face.CLIENT, Face.CALL, Face.PHONE, Face.REGISTRAR})
"""Faces of programs that live in wire time, as SIP does."""
_OF_THE_SITE = frozenset({Face.PHONE, Face.REGISTRAR})
"""Faces that are about no device."""
_OBSERVED = frozenset(
    {Face.MQTT, Face.STREAM, Face.VAPIX, Face.ONLINE, Face.EVERYWHERE, Face.NEVER, Face.SNMP, Face.TRAP}
)
_TOLD = frozenset({Face.MQTT, Face.STREAM, Face.EVERYWHERE, Face.NEVER, Face.TRAP})
"""Faces that look at what an observer was told."""
_WHOLE_FLEET = frozenset(
    {Face.CLIENT, Face.CALL, Face.JOURNAL, Face.MQTT, Face.NEVER, Face.LOG, Face.EVENT, Face.TRAP}
)
_UNANNOUNCED = frozenset({Face.SOUND})
"""Faces that change without a word in the journal: the sound of whoever talks."""
_PAUSE = threading.Event()


def breathe() -> None:
    """Let programs outside work for a moment."""
    _PAUSE.wait(BREATH)


@dataclass(slots=True)
class Watch:
    """An expectation about one device (or the whole fleet), from a moment on."""

    session: Session
    expectation: Expectation
    device: str
    since: Mark
    client: ClientOutput | None = None
    text: str = ""
    findings: list[Finding] = field(default_factory=list)
    fresh: bool = True
    """Has not looked yet."""
    satisfied: bool = False
    refuted: bool = False
    seen_at: float | None = None
    predecessor: Watch | None = None
    """In an `ordered` list, the one before: only what comes after what that one saw counts."""
    seen: Finding | None = None
    _held_since: float | None = None

    @property
    def deadline(self) -> float:
        """Device time at which it is decided."""
        if self.expectation.negate:
            return self.since.at + (self.expectation.for_ or self.expectation.within)
        return self.since.at + self.expectation.within + self.expectation.for_

    @property
    def outside(self) -> bool:
        """Whether it waits for a program that lives in wire time."""
        return self.expectation.face in _OUTSIDE

    @property
    def decided(self) -> bool:
        return self.satisfied or self.refuted

    def look(self, now: float) -> None:
        """Look once, at device time `now`."""
        if self.decided:
            return
        self.fresh = False
        look = Look(self.session, self.expectation, self.device, self.since, self.client)
        self.findings = FINDERS[self.expectation.face](look)
        matches = [finding for finding in self.findings if finding.matches and self._in_order(finding)]
        if self.expectation.negate:
            self.refuted = bool(matches)
        elif self.expectation.count is not None:
            self._look_for_count(len(matches), now)
        else:
            self._look_for_any(matches, now)

    def look_at_invariant(self, now: float) -> None:
        """What must hold at every instant: one look without it refutes."""
        if self.expectation.negate:
            self.look(now)
            return
        look = Look(self.session, self.expectation, self.device, self.since, self.client)
        findings = FINDERS[self.expectation.face](look)
        if not any(finding.matches for finding in findings) and not self.refuted:
            self.refuted, self.findings = True, findings

    def end_invariant(self, now: float) -> None:
        """The run is over: an invariant that was not refuted has held."""
        if not self.refuted:
            self.satisfied, self.seen_at = True, now

    def concerned(self, stirred: set[str], now: float) -> bool:
        """Whether another look can tell something new: at first, when something happened, and while it must hold."""
        if (
            self.expectation.face in _UNANNOUNCED
            or self.fresh
            or self.outside
            or self._held_since is not None
            or now >= self.deadline
        ):
            return True
        return bool(stirred) if not self.device else self.device in stirred

    def close(self, now: float) -> None:
        """Device time is up: decide."""
        if self.decided:
            return
        matches = [finding for finding in self.findings if finding.matches]
        if self.expectation.negate:
            self.satisfied = True
        elif self.expectation.count is not None:
            self.satisfied = len(matches) == self.expectation.count
            self.refuted = not self.satisfied
        else:
            self.refuted = True
        if self.satisfied and self.seen_at is None:
            self.seen_at = now

    def _in_order(self, finding: Finding) -> bool:
        """Whether it came after what the expectation before it in the list saw."""
        before = self.predecessor
        if before is None:
            return True
        if before.seen is None:
            return False
        if finding.at is None or before.seen.at is None:
            return True  # a state has no instant of its own: it is read now, after the other was seen
        return (finding.at, finding.number) > (before.seen.at, before.seen.number)

    def _look_for_count(self, found: int, now: float) -> None:
        wanted = self.expectation.count or 0
        if found > wanted:
            self.refuted = True
        elif found == wanted and self.seen_at is None:
            self.seen_at = now

    def _look_for_any(self, matches: list[Finding], now: float) -> None:
        if not matches:
            if self._held_since is not None:
                self.refuted = True
            return
        if self._held_since is None:
            self._held_since = now
            self.seen = matches[0]
            self.seen_at = matches[0].at if matches[0].at is not None else now
        self.satisfied = now >= self._held_since + self.expectation.for_

    def detail(self) -> str:
        """What came instead: near misses first."""
        if not self.findings:
            return "nothing came near it"
        wrong = [finding for finding in self.findings if finding.matches == self.expectation.negate]
        told = [_near_miss(finding) for finding in (wrong or self.findings)[-3:]]
        if self.expectation.count is not None:
            came = sum(finding.matches for finding in self.findings)
            told.insert(0, f"arrived {came} time{'' if came == 1 else 's'}, not {self.expectation.count}")
        return "\n".join(told)


def _near_miss(finding: Finding) -> str:
    at = f" at t={finding.at:.3f}" if finding.at is not None else ""
    differs = f"  -> differs in: {'; '.join(finding.differs)}" if finding.differs else ""
    return f"arrived{at}: {finding.text}{differs}"


class Vigil:
    """Watches that are open now, and how time passes for them."""

    def __init__(self, session: Session, client: ClientOutput | None = None) -> None:
        self.session = session
        self.client = client
        self.open: list[Watch] = []
        self._looked_at = 0
        self.always: list[Watch] = []
        """Invariants: looked at whenever the others are, and decided at the end."""
        self.looked: Callable[[float], None] = lambda _now: None
        """Called after each look, with device time."""

    def mark(self) -> Mark:
        """This moment, after the observers have caught up."""
        printed = 0 if self.client is None else len(self.client.lines())
        return replace(self.session.mark(), printed=printed)

    def watch(self, expectation: Expectation, since: Mark, after: Sequence[Watch] = ()) -> list[Watch]:
        """Open one watch per device that is meant. Raises UnknownTarget.

        `after` are those of the expectation before it in an ordered list.
        """
        before = {watch.device: watch for watch in after}
        watches = [
            Watch(
                self.session, expectation, device, since, self.client, expectation.text,
                predecessor=before.get(device),
            )
            for device in self._devices(expectation)
        ]  # fmt: skip
        self.open += watches
        return watches

    def watch_always(self, expectation: Expectation, since: Mark) -> list[Watch]:
        """Open an invariant: it is looked at until the end, or until its own `until`."""
        watches = [
            Watch(self.session, expectation, device, since, self.client, expectation.text)
            for device in self._devices(expectation)
        ]
        self.always += watches
        return watches

    def _devices(self, expectation: Expectation) -> Sequence[str]:
        if expectation.face in _OF_THE_SITE:
            return ("",)
        if expectation.device is None:
            if expectation.face in _WHOLE_FLEET:
                return ("",)
            raise UnknownTarget("device", "", [])
        return expectation.device.devices([device["name"] for device in self.session.fleet()["devices"]])

    def look(self) -> float:
        """Look with all open watches; returns device time."""
        if any(watch.expectation.face in _TOLD for watch in self.open):
            self.session.catch_up()
        now = float(self.session.clock()["now"])
        stirred = self._stirred()
        for watch in self.open:
            if watch.concerned(stirred, now):
                watch.look(now)
        for watch in self.always:
            until = watch.expectation.until
            if until is None or now <= until:
                watch.look_at_invariant(now)
        for watch in self.open:
            if not watch.decided and now >= watch.deadline and not watch.outside:
                self._last_look(watch, now)
        self.open = [watch for watch in self.open if not watch.decided]
        self.looked(now)
        return now

    def _stirred(self) -> set[str]:
        """Devices of which anything was journalled since the last look, but for what observers did to them."""
        answer = self.session.journal(after=self._looked_at)
        self._looked_at = answer["last"]
        return {record["device"] for record in answer["records"] if not record["data"].get("observer")}

    def run_until(self, limit: float, *, stop_early: bool = False) -> None:
        """Let device time pass up to `limit`, looking at every instant in which something moved.

        With `stop_early` it ends when every watch is decided.
        """
        now = self.look()
        while now < limit and (self.open or not stop_early):
            if not self._attentive and self._leap(limit):
                now = self.look()
                continue
            deadlines = [watch.deadline for watch in self.open if not watch.outside]
            self.session.pass_time(min([limit, *(due for due in deadlines if due > now)]))
            now = self.look()

    @property
    def _attentive(self) -> bool:
        """Whether instants on the way matter; what must never happen is seen as well when it is over."""
        return bool(self.open) or any(not watch.expectation.negate for watch in self.always)

    def _leap(self, limit: float) -> bool:
        """Let a stepped clock run to `limit` in one go; False for a clock that runs by itself."""
        state = self.session.clock()
        if not state["stepped"]:
            return False
        self.session.advance(max(0.0, limit - state["now"]))
        return True

    def run_out(self) -> None:
        """Let time pass until every watch is decided."""
        while any(not watch.outside for watch in self.open):
            self.run_until(min(watch.deadline for watch in self.open if not watch.outside), stop_early=True)
        self._wait_for_outside(PATIENCE)
        while self.open:
            self.run_until(min(watch.deadline for watch in self.open), stop_early=True)
            self._wait_for_outside(PATIENCE)
            now = self.session.clock()["now"]
            for watch in self.open:
                if now >= watch.deadline:
                    watch.close(now)
            self.open = [watch for watch in self.open if not watch.decided]

    def _wait_for_outside(self, patience: float) -> None:
        for _ in range(int(patience / BREATH)):
            if not self.open:
                return
            self.look()
            breathe()

    def _last_look(self, watch: Watch, now: float) -> None:
        """What other processes have seen may be a moment late."""
        if watch.expectation.face in _OBSERVED and not watch.expectation.negate:
            for _ in range(int(PATIENCE / BREATH)):
                if watch.decided or (watch.expectation.count is not None and watch.seen_at is not None):
                    break
                breathe()
                self.session.catch_up()
                watch.look(now)
        watch.close(now)


def with_device(expectation: Expectation, **changes: Any) -> Expectation:
    """An expectation with other fields."""
    return replace(expectation, **changes)
