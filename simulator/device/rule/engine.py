"""The rule engine of one device: it hears events, knows which rules are active, and has actions done.

An action is not done inside the event that calls for it but a moment later, in the same instant of device time, so
that what caused it has finished; where one action's event calls for the next, a little time passes between them, so
that rules which chase each other do not stop the clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.device.rule.action import ACTIONS
from simulator.device.rule.expression import passes
from simulator.device.rule.order import ActionFailed, Order, Stop
from simulator.device.rule.schedule import INTERVAL, PULSE, Schedule, Wall, Watch
from simulator.device.rule.store import RuleStore
from simulator.errors import FleetError
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.clock import Timer
    from simulator.device.device import Device
    from simulator.device.event import Event
    from simulator.device.lifecycle import Phase
    from simulator.device.rule.rule import EventFilter, Rule
    from simulator.device.rule.template import RuleSet

ACTION_FAILED = "tns1:Device/tnsaxis:SystemMessage/ActionFailed"
DAEMON = "actionengined"
"""Who writes about failed actions into the system log: a guess."""
MOST_WAITING = 256
"""Actions that wait to be done; further ones are left out: a bound of the bench."""
SLOWEST_PACE = 16
"""How many times the first pace rules that chase each other on and on are slowed down to."""


@dataclass(slots=True)
class _Activation:
    """A rule is active: what ends its action, and whether the rule has ended already."""

    stop: Stop | None = None
    over: bool = False


class Rules:
    """Rules, recipients and schedules of one device. `store` holds what is set."""

    __slots__ = (
        "_active",
        "_begun",
        "_device",
        "_done_at",
        "_running",
        "_slowness",
        "_stop_hearing",
        "_timer",
        "_waiting",
        "_watch",
        "notifier",
        "store",
    )

    def __init__(self, device: Device) -> None:
        self._device = device
        self.store = RuleStore(device, self._changed)
        self.notifier: Callable[[Order], Stop | None] | None = None
        """Who sends notifications; None while there is no way out of the house."""
        self._running = False
        self._active: dict[int, _Activation] = {}
        self._begun: dict[int, float] = {}
        """When each rule that has a waiting time was activated last."""
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer: Timer | None = None
        self._done_at = -1e9
        self._slowness = 1
        self._stop_hearing: Callable[[], None] | None = None
        self._watch: Watch | None = None
        device.lifecycle.on_phase(self._phase_changed)
        device.lifecycle.on_default(lambda hard: self.store.replace_all(device.profile.rules.factory))
        device.time.on_change(self._time_changed)

    @property
    def active(self) -> tuple[int, ...]:
        """Numbers of the rules that are active now."""
        return tuple(sorted(self._active))

    def start(self) -> None:
        """The event system has started: publish what schedules are running, and begin to listen."""
        self._running = True
        watch = self._watch_schedules()
        for keys, data in watch.states if watch is not None else ():
            self._device.events.assume(keys, data)
        self._listen()
        self._look_again()

    # ---- what is heard

    def _listen(self) -> None:
        if self._stop_hearing is not None:
            self._stop_hearing()
            self._stop_hearing = None
        index = self.store.content.by_topic(self._device.events.catalogue)
        if index:
            self._stop_hearing = self._device.events.listen_to(index, self._heard)

    def _heard(self, event: Event) -> None:
        """One event of a topic that a rule is about."""
        for rule in self.store.content.by_topic(self._device.events.catalogue)[event.topic]:
            if rule.conditions and rule.id in self._active and not self._holds(rule):
                self._end(rule)
            if rule.start is None:
                if rule.id not in self._active and self._holds(rule):
                    self._begin(rule)
            elif rule.start.matches(event) and self._holds(rule):
                self._begin(rule)

    def _holds(self, rule: Rule) -> bool:
        """Whether all conditions are met."""
        return all(map(self._met, rule.conditions))

    def _met(self, condition: EventFilter) -> bool:
        """A condition that names no source is met by any of them."""
        events = self._device.events
        topic = self.store.content.topic_of(condition, events.catalogue)
        return topic is not None and any(passes(condition.content, state) for state in events.states_of(topic))

    def _look_again(self) -> None:
        """Rules without a start event whose conditions hold already become active."""
        for rule in self.store.content.without_start:
            if rule.id not in self._active and self._holds(rule):
                self._begin(rule)

    # ---- rules become active and cease to be

    def _begin(self, rule: Rule) -> None:
        """A rule is activated. While it is active, an unlimited action goes on; a fixed one is done once more."""
        template = self._device.profile.rules.actions.get(self._configuration_template(rule))
        lasting = template is not None and template.lasting
        if lasting and rule.id in self._active:
            return
        now = self._device.world.clock.now()
        if rule.wait and now < self._begun.get(rule.id, -rule.wait) + rule.wait:
            return
        if rule.wait:
            self._begun[rule.id] = now
        activation = self._active.setdefault(rule.id, _Activation()) if rule.conditions else _Activation()
        self._device.note(Kind.STATE, "rule", rule=rule.id, name=rule.name, active=True)
        self._do(lambda: self._perform(rule, activation))

    def _end(self, rule: Rule) -> None:
        activation = self._active.pop(rule.id)
        activation.over = True
        self._device.note(Kind.STATE, "rule", rule=rule.id, name=rule.name, active=False)
        self._do(lambda: self._stop(rule, activation))

    def _configuration_template(self, rule: Rule) -> str:
        configuration = self.store.content.configurations.get(rule.action)
        return "" if configuration is None else configuration.template

    # ---- actions

    def _do(self, what: Callable[[], None]) -> None:
        """Soon: in this instant, or a little later if something has been done just now, and later each time."""
        if len(self._waiting) >= MOST_WAITING:
            return
        self._waiting.append(what)
        if self._timer is None:
            clock, pace = self._device.world.clock, self._device.profile.quirks.rule_pace_seconds
            now, free = clock.now(), self._done_at + pace * self._slowness
            chased = now < free
            self._slowness = min(SLOWEST_PACE, 2 * self._slowness) if chased else 1
            self._timer = clock.call_at(free if chased else now, self._work)

    def _work(self) -> None:
        self._timer = None
        self._done_at = self._device.world.clock.now()
        waiting, self._waiting = self._waiting, deque()
        for what in waiting:
            what()

    def _perform(self, rule: Rule, activation: _Activation) -> None:
        configuration = self.store.content.configurations.get(rule.action)
        if configuration is None:  # taken away since
            return
        known = self._device.profile.rules.actions.get(configuration.template)
        parameters: dict[str, str] = {}
        stored = self.store.content.recipients.get(configuration.recipient)
        for source in (stored, configuration):
            parameters |= dict(source.parameters) if source is not None else {}
        try:
            if known is None or known.does not in ACTIONS:
                raise ActionFailed(f"No action template {configuration.template}")
            order = Order(self._device, rule, known, parameters, lambda reason: self._failed(rule, reason))
            self._device.note(Kind.STATE, "action", rule=rule.id, name=rule.name, template=known.token)
            stop = ACTIONS[known.does](order)
        except FleetError as refused:
            self._failed(rule, refused.what)
            return
        if stop is not None and known.lasting:
            activation.stop = stop
            if activation.over:  # the conditions ended before it was begun
                self._stop(rule, activation)

    def _stop(self, rule: Rule, activation: _Activation) -> None:
        """End what an unlimited action began."""
        stop, activation.stop = activation.stop, None
        try:
            if stop is not None:
                stop()
        except FleetError as refused:
            self._failed(rule, refused.what)

    def _failed(self, rule: Rule, reason: str) -> None:
        """Told as an event and in the log (VAPIX, Action failed event)."""
        if self._running:
            text = f"Action rule '{rule.name}' failed: {reason}"
            self._device.logs.system(DAEMON, "ERR", text)
            self._device.events.publish(ACTION_FAILED, {}, description=text)

    # ---- settings

    def _changed(self, before: RuleSet) -> None:
        """Rules that are gone, off or different end; the others go on."""
        after = self.store.content
        self._device.note(Kind.STATE, "rules", rules=len(after.rules), recipients=len(after.recipients))
        for number in tuple(self._active):
            old, new = before.rules.get(number), after.rules.get(number)
            if old is not None and (new != old or not old.enabled):
                self._end(old)
        if not self._running:
            return
        if after.schedules is not before.schedules:
            self._schedules_changed(before.schedules)
        if after.rules is not before.rules:
            self._listen()
            self._look_again()

    def _phase_changed(self, phase: Phase) -> None:
        """The system goes down: everything is forgotten, and nothing is ended, because nothing goes on."""
        if self._running and not self._device.lifecycle.reachable:
            self._running = False
            self._active.clear()
            self._begun.clear()
            self._waiting.clear()
            if self._timer is not None:
                self._timer.cancel()
            if self._stop_hearing is not None:
                self._stop_hearing()
            if self._watch is not None:
                self._watch.stop()
            self._stop_hearing = self._watch = self._timer = None

    # ---- schedules

    def _wall(self) -> Wall:
        return Wall(self._device.time.zone, self._device.time.offset)

    def _watch_schedules(self) -> Watch | None:
        if self._watch is not None:
            self._watch.stop()
        world, schedules = self._device.world, self.store.content.in_order
        self._watch = (
            world.schedules.watch(world.clock, schedules, self._wall(), self._schedule_turned)
            if schedules
            else None
        )
        return self._watch

    def _schedule_turned(self, schedule: Schedule, active: bool) -> None:
        if schedule.pulse:
            self._device.events.publish(PULSE, {"id": schedule.id})
        else:
            self._device.events.publish(INTERVAL, {"id": schedule.id}, active=active)

    def _schedules_changed(self, before: Mapping[str, Schedule]) -> None:
        for token, schedule in before.items():
            if token not in self.store.content.schedules and not schedule.pulse:
                self._device.events.withdraw(INTERVAL, {"id": token})
        self._watch_schedules()
        self._publish_intervals()
        self._listen()

    def _publish_intervals(self) -> None:
        now = self._wall().local(self._device.world.clock)
        for schedule in self.store.content.schedules.values():
            if not schedule.pulse:
                self._schedule_turned(schedule, schedule.recurrence.active(now))

    def _time_changed(self) -> None:
        if self._running:
            self._watch_schedules()
            self._publish_intervals()
