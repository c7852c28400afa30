"""One performance of a plan on a bench: who acts when, and who watches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.action.action import to_json
from simulator.action.client import Client
from simulator.action.hook import Call
from simulator.errors import AxsimError, FleetError, MissingCapability
from simulator.expect.expectation import Face
from simulator.expect.face.hook import call
from simulator.expect.watch import Vigil, breathe
from simulator.report.compat import checks
from simulator.report.result import Check, StepResult, Verdict
from simulator.scenario.client_process import ClientProcess
from simulator.scenario.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from simulator.expect.expectation import Expectation
    from simulator.expect.mark import Mark
    from simulator.expect.watch import Watch
    from simulator.fleet.session import Session
    from simulator.scenario.plan import Plan, Step

_STREAMED = frozenset({Face.EVERYWHERE, Face.STREAM})
_OBSERVED = frozenset(
    {Face.EVERYWHERE, Face.STREAM, Face.MQTT, Face.VAPIX, Face.ONLINE, Face.NEVER, Face.SNMP, Face.TRAP}
)
CLIENT_PATIENCE = 1.0
"""Wire seconds that the client gets to come to rest before the end."""


class _Abort(Exception):
    """The case cannot go on; the reason is noted."""


class Performance:
    """Plays a plan once. `results`, `verdict` and the rest tell what came of it."""

    def __init__(
        self,
        plan: Plan,
        session: Session,
        folder: Path,
        progress: Callable[[StepResult], None],
        pulse: Callable[[float, str], None],
    ) -> None:
        self.plan = plan
        self.session = session
        self.results: list[StepResult] = []
        self.fleet: dict[str, Any] = {}
        self.capabilities: dict[str, str] = {}
        self.leftovers: list[str] = []
        self.device_seconds = 0.0
        self.detail = ""
        self._folder = folder
        self._progress = progress
        self._pulse = pulse
        self._fleet_file = folder / "fleet.json"
        self._client = ClientProcess(plan.client, self._fleet_file) if plan.client is not None else None
        self._vigil = Vigil(session, self._client)
        self._vigil.looked = self._looked
        self._scenes: list[Scene] = []
        self._always: list[Scene] = []
        self._verdict: Verdict | None = None
        self._next = ""

    @property
    def verdict(self) -> Verdict:
        if self._verdict is not None:
            return self._verdict
        failed = any(result.verdict is not Verdict.PASSED for result in self.results)
        return Verdict.FAILED if failed else Verdict.PASSED

    @property
    def client_lines(self) -> list[str]:
        return self._client.lines() if self._client is not None else []

    def play(self, specification: dict[str, Any]) -> None:
        """Run it from the first device to the last expectation. Never raises: problems are results."""
        try:
            self._populate(specification)
            self._steady("before the first step")
            self._begin()
            for step in self.plan.steps:
                self._perform(step)
            self._vigil.run_out()
            self._end()
        except _Abort:
            pass
        except AxsimError as error:
            self._verdict, self.detail = Verdict.ERROR, str(error)
        finally:
            self._conclude()

    def checks(self, records: list[dict[str, Any]]) -> tuple[Check, ...]:
        """The compatibility table, where a client was under test."""
        return checks(self.fleet, records) if self._client is not None else ()

    def close(self) -> None:
        """End the client, whatever it does."""
        if self._client is not None:
            self._client.kill()

    def interrupt(self) -> None:
        """A person stopped it: what was seen so far stays."""
        self._verdict, self.detail = Verdict.ERROR, "interrupted"

    def _looked(self, now: float) -> None:
        """Tell each step once, as soon as it is decided, and meanwhile what is waited for."""
        waiting = [scene.title for scene in self._scenes if not scene.decided]
        for scene in self._scenes:
            if scene.decided:
                self._tell(scene)
        self._pulse(now, waiting[0] if waiting else self._next)

    def _tell(self, scene: Scene) -> None:
        if not scene.told:
            scene.told = True
            self._progress(scene.result())

    # The acts

    def _populate(self, specification: dict[str, Any]) -> None:
        self.fleet = self.session.populate(specification)
        self.capabilities = {key: _shown(value) for key, value in self.fleet["capabilities"].items()}
        for name in self.plan.requires:
            if name not in self.fleet["features"]:
                raise MissingCapability(
                    "this scenario", capability=name, hint="the probe says what the machine can do"
                )
        self._fleet_file.write_text(json.dumps(self.fleet, indent=2, ensure_ascii=False) + "\n")
        expectations = list(self._expectations())
        if any(expected.face in _OBSERVED for expected in expectations):
            self.session.observe(tuple(self._streamed(expectations)))

    def _expectations(self) -> Iterable[Expectation]:
        yield from (*self.plan.steady, *self.plan.always)
        for step in self.plan.steps:
            yield from step.expectations
            if step.when.event is not None:
                yield step.when.event

    def _streamed(self, expectations: list[Expectation]) -> set[str]:
        """Devices whose event stream has to be watched: those that run, as `off` ones have none."""
        names = [device["name"] for device in self.fleet["devices"] if device["address"] is not None]
        return {
            name
            for expected in expectations
            if expected.face in _STREAMED or getattr(expected.query, "on", None) in ("stream", "any")
            for name in (expected.device.devices(names) if expected.device is not None else ())
        }

    def _steady(self, when: str) -> None:
        if not self.plan.steady:
            return
        scene = self._scene(f"steady {when}", "", "")
        mark = self._vigil.mark()
        for expected in self.plan.steady:
            scene.watches += self._vigil.watch(expected, mark)
        scene.acted = True
        self._vigil.run_out()
        if any(not watch.satisfied for watch in scene.watches):
            raise _Abort

    def _begin(self) -> None:
        mark = self._vigil.mark()
        for expected in self.plan.always:
            scene = Scene(f"always {expected.text}", str(expected.place or ""), "", mark.at)
            scene.watches = self._vigil.watch_always(expected, mark)
            self._always.append(scene)
        if self._client is not None and self.plan.client is not None and self.plan.client.start:
            self._client.start()

    def _perform(self, step: Step) -> None:
        self._next = f"next: {step.title}"
        due = self._due(step)
        self._vigil.run_until(due)
        self._next = ""
        scene = self._scene(step.title, str(step.place), step.source)
        self.session.remark("step", step.title, place=str(step.place))
        mark = self._vigil.mark()
        try:
            self._open(scene, step, mark)
            self._act(step)
        except AxsimError as error:
            scene.problem, scene.error = str(error), True
            self._verdict, self.detail = Verdict.ERROR, f"{step.place}: {error}"
            raise _Abort from None
        scene.mechanism = self._mechanism(step, mark)
        self._previous = due
        scene.acted = True
        self._vigil.look()

    def _due(self, step: Step) -> float:
        """Device time of the step; for one that waits for an event, when that was seen."""
        previous = getattr(self, "_previous", 0.0)
        if step.when.event is None:
            return step.due if step.due is not None else previous + step.when.delay
        watches = self._vigil.watch(step.when.event, self._mark_of_previous())
        while any(not watch.decided for watch in watches):
            deadline = max(watch.deadline for watch in watches)
            self._vigil.run_until(min(deadline, self._vigil.session.clock()["now"] + 1.0))
        if any(not watch.satisfied for watch in watches):
            scene = self._scene(f"when {step.when.event.text}", str(step.place), step.source)
            scene.watches, scene.acted = watches, True
            raise _Abort
        return float(self.session.clock()["now"]) + step.when.delay

    def _mark_of_previous(self) -> Mark:
        return getattr(self, "_last_mark", None) or self._vigil.mark()

    def _open(self, scene: Scene, step: Step, mark: Mark) -> None:
        self._last_mark = mark
        before: list[Watch] = []
        for expected in step.expectations:
            watches = self._vigil.watch(expected, mark, before if expected.order else ())
            scene.watches += watches
            before = watches if expected.order is not None else before

    def _act(self, step: Step) -> None:
        action = step.action
        if action is None:
            return
        if isinstance(action, Client):
            self._direct_client(action.do)
        elif isinstance(action, Call):
            call(action.hook, dict(action.arguments))
        else:
            self.session.act(to_json(action))

    def _direct_client(self, do: str) -> None:
        if self._client is None:
            raise FleetError("there is no client section in this scenario")
        if do in ("stop", "restart"):
            self._client.stop()
        if do == "kill":
            self._client.kill()
        if do in ("start", "restart"):
            self._client.start()

    def _mechanism(self, step: Step, mark: Mark) -> str:
        """How a fault is done on the wire, as the engine has noted it."""
        if step.action is None or step.action.verb != "fault":
            return ""
        records = self.session.journal(after=mark.journal, kinds="fault")["records"]
        return next((record["data"]["mechanism"] for record in records if "mechanism" in record["data"]), "")

    # The end

    def _end(self) -> None:
        self._steady("after the last step")
        faults = self.session.caller.call("GET", "/v1/faults")
        self.leftovers += [f"{fault['kind']} on {fault['on']}" for fault in faults]
        for place in dict.fromkeys(fault["on"] for fault in faults):
            bus = "/bus/" in place and "/modbus" not in place
            self.session.act({"bus": {"on": place, "do": "mend"}} if bus else {"clear": place})
        if self._client is not None:
            for _ in range(5):
                breathe()

    def _conclude(self) -> None:
        if self._client is not None:
            self._client.stop()
        try:
            now = float(self.session.clock()["now"])
            self.device_seconds = now
            for scene in self._always:
                for watch in scene.watches:
                    watch.end_invariant(now)
        except AxsimError as error:
            self._verdict, self.detail = Verdict.ERROR, self.detail or str(error)
        for scene in (*self._scenes, *self._always):
            self._tell(scene)
        self.results = [scene.result() for scene in (*self._scenes, *self._always)]
        self._note_verdicts()
        if not self.detail:
            self.detail = next(
                (_why(result) for result in self.results if result.verdict in (Verdict.FAILED, Verdict.ERROR)), ""
            )

    def _note_verdicts(self) -> None:
        try:
            for result in self.results:
                self.session.remark("step", f"{result.title}: {result.verdict}", verdict=result.verdict)
        except AxsimError:
            return  # the engine is gone, and the verdict says so

    def _scene(self, title: str, place: str, source: str) -> Scene:
        scene = Scene(title, place, source, float(self.session.clock()["now"]))
        self._scenes.append(scene)
        return scene


def _why(result: StepResult) -> str:
    """One line on why a step did not pass."""
    for decision in result.expectations:
        if decision.verdict is Verdict.FAILED:
            return f"{result.place}: {result.title}: expected {decision.text}; {decision.detail.splitlines()[0]}"
    return f"{result.place}: {result.title}: {result.detail}"


def _shown(value: Any) -> str:
    return "yes" if value is True else "no" if value is False else str(value)
