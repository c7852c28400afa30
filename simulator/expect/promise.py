"""What `device.expect` gives to a Python test: an expectation that one waits for, in either kind of test.

    axis_io.expect.everywhere("tampering", within=2).wait()
    await axis_io.expect.mqtt("tampering", within=2)

It looks from the moment of the last thing that hands did: an expectation written after the stimulus also sees what
has come since. One that is made and never waited for is a mistake, and reported at the end of the test.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simulator.action.target import Target
from simulator.expect.expectation import Face, from_mapping
from simulator.expect.face import FINDERS
from simulator.expect.finding import Look
from simulator.expect.watch import Vigil, Watch
from simulator.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Generator

    from simulator.expect.expectation import Expectation
    from simulator.fleet.session import Session, Touched


class Unmet(AssertionError):
    """What was expected did not come; the text says what came instead."""


class Promise:
    """One expectation, looked for from a moment on."""

    def __init__(self, session: Session, expectation: Expectation, since: Touched, text: str, where: str) -> None:
        self._session = session
        self._expectation = expectation
        self._since = since.mark
        self._deed = since.deed
        self.text = text
        self.where = where
        """File and line of the test."""
        self.awaited = False

    def wait(self) -> None:
        """Wait until it is met. Raises Unmet with what came instead."""
        __tracebackhide__ = True
        failure = self._outcome()
        if failure:
            raise Unmet(failure)

    def __await__(self) -> Generator[Any, None, None]:
        """The same without blocking the event loop of the test, whichever library runs it."""
        __tracebackhide__ = True
        from simulator.fleet.awaiting import in_thread

        self.awaited = True
        failure = yield from in_thread(self._outcome).__await__()
        if failure:
            raise Unmet(failure)

    def _outcome(self) -> str:
        """Wait until it is decided; what to say when it is not met."""
        self.awaited = True
        vigil = Vigil(self._session)
        watches = vigil.watch(self._expectation, self._since)
        vigil.run_out()
        failed = [watch for watch in watches if not watch.satisfied]
        return self._failure(failed) if failed else ""

    def _failure(self, failed: list[Watch]) -> str:
        lines = [f"expected  {self.text}   {self._limits()}"]
        for watch in failed:
            lines += _labelled("arrived", watch.detail(), watch.device if len(failed) > 1 else "")
            lines += _labelled("others", self._others(watch))
        return "\n".join(lines)

    def _limits(self) -> str:
        """`within 2 s of "cut io-1/input/1" (t=30.000)`."""
        expected = self._expectation
        seconds = (expected.for_ or expected.within) if expected.negate else expected.within + expected.for_
        how = "for" if expected.negate else "within"
        deed = f'of "{self._deed}" (t={self._since.at:.3f})' if self._deed else f"from t={self._since.at:.3f}"
        return f"{how} {seconds:g} s {deed}"

    def _others(self, watch: Watch) -> str:
        """What every enabled face shows of the port now, the one asked for among them."""
        port = getattr(watch.expectation.query, "port", "")
        if watch.expectation.face not in _WITH_OTHERS or not port.isdecimal() or not watch.device:
            return ""
        agree = from_mapping(Face.EVERYWHERE.value, {"condition": "agree", "port": port})
        [finding] = FINDERS[Face.EVERYWHERE](Look(self._session, agree, watch.device, watch.since))
        main = [shown for shown in finding.text.split(" | ") if "(" not in shown]
        return " | ".join(main)


def _labelled(label: str, text: str, device: str = "") -> list[str]:
    told = [line.removeprefix(label).lstrip(": ") for line in text.splitlines()]
    lines = [f"{device}: {line}" if device else line for line in told]
    return [f"{label if number == 0 else '':<9} {line}" for number, line in enumerate(lines)]


class Expect:
    """Expectations about one device, or with an empty name about the fleet."""

    def __init__(self, session: Session, device: str) -> None:
        self._session = session
        self._device = device

    def mqtt(self, event: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """A message on the site's broker: by event, or by `topic` and `payload`."""
        return self._promise(Face.MQTT, within, {**({"event": event} if event else {}), **query})

    def stream(self, event: str, *, within: float | str = 10, **query: Any) -> Promise:
        """A notification of the event stream."""
        return self._promise(Face.STREAM, within, {"event": event, **query})

    def event(self, event: str, *, within: float | str = 10, **query: Any) -> Promise:
        """An event on the device's own bus."""
        return self._promise(Face.EVENT, within, {"event": event, **query})

    def vapix(self, *, within: float | str = 10, **query: Any) -> Promise:
        """What the device answers over HTTP: `ready=True`, `firmware="12.9.58"`, `path=..., status=...`."""
        return self._promise(Face.VAPIX, within, query)

    def state(self, *, within: float | str = 10, **query: Any) -> Promise:
        """The truth: `phase="running"`, `port=1, supervised="cut"`."""
        return self._promise(Face.STATE, within, query)

    def meter(self, between: str, *, within: float | str = 10, **query: Any) -> Promise:
        """A meter at the relay connector: `meter("com-no", reads="closed")`, `meter("no-gnd", volts=12)`."""
        return self._promise(Face.METER, within, {"between": between, **query})

    def door(self, number: int, *, within: float | str = 10, **query: Any) -> Promise:
        """A monitored door: `door(1, state="open", alarm="open-too-long")`."""
        return self._promise(Face.DOOR, within, {"door": number, **query})

    def sound(self, source: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """What the loudspeaker has just played: `sound("SIP")`, `tone=1000, level=">= -30"`, `silent=True`."""
        return self._promise(Face.SOUND, within, {**({"source": source} if source else {}), **query})

    def sensor(self, sensor: str | int, *, within: float | str = 10, **query: Any) -> Promise:
        """A sensor of the device's list: `status="offline"`, `value=21.5`, `limit="above"`."""
        return self._promise(Face.SENSOR, within, {"sensor": sensor, **query})

    def modbus(self, unit: int, *, within: float | str = 10, **query: Any) -> Promise:
        """What a unit answers to an independent master: `register=300, words=[2350]`, `answers=False`."""
        return self._promise(Face.MODBUS, within, {"unit": unit, **query})

    def mail(self, *, within: float | str = 10, **query: Any) -> Promise:
        """A mail that the site's server has taken: `to=`, `subject=`, `contains=`."""
        return self._promise(Face.MAIL, within, query)

    def notification(self, contains: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """A notification that the site's web or TCP server has taken: `way="http"`, `path=`, `arguments=`."""
        return self._promise(Face.NOTIFICATION, within, {"contains": contains, **query})

    def log(self, contains: str, *, within: float | str = 10, **query: Any) -> Promise:
        """A line in one of the device's logs."""
        return self._promise(Face.LOG, within, {"contains": contains, **query})

    def client(self, did: str, *, within: float | str = 10, **query: Any) -> Promise:
        """What the client under test did: `enrolled`, `asked`, `subscribed`, `returned`, ..."""
        return self._promise(Face.CLIENT, within, {"did": did, **query})

    def everywhere(self, condition: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """The one-truth check: every enabled face shows it. `port` defaults to the port touched last.

        Of what is no port: `everywhere(event="casing", state="open")`.
        """
        return self._promise(Face.EVERYWHERE, within, {**({"condition": condition} if condition else {}), **query})

    def snmp(self, oid: str, value: str | None = None, *, within: float | str = 10, **query: Any) -> Promise:
        """What the agent answers to a GET: `value`, `type`, or with `answers=False` that there is none."""
        return self._promise(
            Face.SNMP, within, {"oid": oid, **({} if value is None else {"value": value}), **query}
        )

    def trap(self, trap: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """A notification at the site's receiver: `coldStart`, `alarmNew` with `name` and `text`, ..."""
        return self._promise(Face.TRAP, within, {**({"trap": trap} if trap else {}), **query})

    def phone(self, state: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """A phone of the site: `phone("active", name="desk")`, `tone=1000`, `saw="ringing"`, `digits="123"`."""
        return self._promise(Face.PHONE, within, {**({"state": state} if state else {}), **query})

    def registrar(self, user: str = "", *, within: float | str = 10, **query: Any) -> Promise:
        """Who is registered: `registrar("1001")`, `registrar("1001", answered=423)`."""
        return self._promise(Face.REGISTRAR, within, {**({"user": user} if user else {}), **query})

    def online(self, *on: str, within: float | str = 10) -> Promise:
        """It can be reached on these faces, by default over VAPIX."""
        return self._promise(Face.ONLINE, within, {"on": list(on or ("vapix",))})

    def never(self, event: str = "", *, for_: float | str = 5, **query: Any) -> Promise:
        """What must not happen for so long."""
        return self._promise(Face.NEVER, for_, {**({"event": event} if event else {}), **query})

    def _promise(self, face: Face, time: float | str, query: dict[str, Any]) -> Promise:
        seconds = parse_duration(time) if isinstance(time, str) else float(time)
        touched = self._session.touched
        if "port" not in query and touched.port and (not self._device or touched.device == self._device):
            other = face is Face.EVERYWHERE and "event" in query
            query = {**query, "port": touched.port} if face in _WITH_PORT and not other else query
        expectation = from_mapping(face.value, {key: _plain(value) for key, value in query.items()})
        changes: dict[str, Any] = {"for_": seconds} if expectation.negate else {"within": seconds}
        if self._device:
            changes["device"] = Target(self._device)
        text = f"{face.value}: " + ", ".join(f"{key} {_shown(value)}" for key, value in query.items())
        promise = Promise(self._session, replace(expectation, **changes), touched, text, _caller())
        self._session.promises.append(promise)
        return promise


_WITH_PORT = frozenset({Face.MQTT, Face.STREAM, Face.EVENT, Face.VAPIX, Face.STATE, Face.EVERYWHERE})
_WITH_OTHERS = frozenset({Face.MQTT, Face.STREAM, Face.EVENT})
"""Faces about one of several that tell of the same thing."""


def _shown(value: Any) -> str:
    return " and ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _caller() -> str:
    """File and line outside this package."""
    frame = sys._getframe(1)
    while frame.f_back is not None and "simulator" in frame.f_globals.get("__name__", "").split(".")[:1]:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
