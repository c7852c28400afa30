"""One port of a device: the input with its loop, the output with its circuit.

Two views of the same thing (io-events sheet 1.2, 1.3): *closed* is the circuit, what port.cgi `check` and the
`state` of portmanagement show; *active* is its meaning, by `Input.Trig` or `Output.Active`. Settings live in
the parameters `IOPort.I<n>`, so that param.cgi, portmanagement and supervisedio write to the same place;
whoever writes, the port hears of it and acts.

An output whose active level or direction is changed goes to its normal state (io-events sheet 1.1 and 1.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device import port_event
from simulator.device.input_circuit import InputCircuit
from simulator.device.loop import EndOfLine
from simulator.device.parameter import Refused
from simulator.device.port_plan import Direction, PortKind, PortPlan
from simulator.device.sequence import StateSequence, Step, check_steps
from simulator.device.supervision import PRESETS, Ranges, check_ranges, ranges_as_text, ranges_from_text
from simulator.journal import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.device.device import Device
    from simulator.device.loop import Loop, LoopState
    from simulator.device.port import Ports

CLOSED, OPEN = "closed", "open"
UNDEFINED = "undefined"
"""State of a supervised input that cannot be read (io-events sheet 1.10)."""
NO_READING = 0xFFFFFFFF
"""Level of an input that cannot be read, as an A9910 was seen to answer (io-events sheet 1.1)."""


class Port:
    """One port: everything about it that a client can see or set, and the loop that hands reach."""

    __slots__ = ("_circuit", "_closed", "_device", "_ports", "_sequence", "online", "plan")

    def __init__(self, device: Device, ports: Ports, plan: PortPlan) -> None:
        self._device = device
        self._ports = ports
        self.plan = plan
        self._circuit = InputCircuit(device, self, plan.converter) if plan.converter is not None else None
        self._closed = False
        self._sequence: StateSequence | None = None
        self.online = True
        """Whether the device reaches it: a port of an expansion module goes with its module."""

    # ---- what it is

    @property
    def id(self) -> int:
        """Number in IOPort, portmanagement, supervisedio and events; port.cgi counts one higher."""
        return self.plan.id

    @property
    def kind(self) -> PortKind:
        return self.plan.kind

    @property
    def configurable(self) -> bool:
        """Whether its direction can be changed."""
        return self.plan.configurable

    @property
    def direction(self) -> Direction:
        return Direction.INPUT if self.is_input else Direction.OUTPUT

    @property
    def is_input(self) -> bool:
        return self._device.parameters[self.plan.direction] == "input"

    @property
    def name(self) -> str:
        """Name for people: that of the present direction."""
        return self._device.parameters[self._name_parameter]

    @property
    def usage(self) -> str:
        """Free text such as Button or Door."""
        return self._device.parameters[self.plan.usage]

    @property
    def normal_state(self) -> str:
        """`open` or `closed`: the circuit that means inactive."""
        return OPEN if self._closed_is_active else CLOSED

    @property
    def closed(self) -> bool:
        """Whether the circuit is closed. A relay's is that from COM to NO: what a hand with a meter reads back."""
        if self.is_input:
            return self.state is not None and self.state.circuit_closed
        return self._closed

    @property
    def active(self) -> bool:
        """Whether the circuit is not in its normal state."""
        return self.closed == self._closed_is_active

    @property
    def sequence_running(self) -> bool:
        """A pulse or sequence has not ended (portmanagement then refuses another with 2200)."""
        return self._sequence is not None and self._sequence.running

    @property
    def _name_parameter(self) -> str:
        return self.plan.input_name if self.is_input else self.plan.output_name

    @property
    def _active_parameter(self) -> str:
        return self.plan.trigger if self.is_input else self.plan.active

    @property
    def _closed_is_active(self) -> bool:
        return self._device.parameters[self._active_parameter] == CLOSED

    # ---- its wires

    @property
    def loop(self) -> Loop | None:
        """The wires of a port that can be an input; while it is an output nobody measures them."""
        return self._circuit.loop if self._circuit is not None else None

    @property
    def state(self) -> LoopState | None:
        """What the device takes the loop for, after debounce; None for an output and while the device is down."""
        return self._circuit.state if self._circuit is not None else None

    @property
    def level(self) -> int | None:
        """A reading of the converter, 0 to 4095, with its noise; supervised or not. None for an output.

        `NO_READING` while the port is not reached.
        """
        if self._circuit is None or not self.is_input:
            return None
        told = not self.plan.module or self._device.profile.quirks.module_level_told
        return self._circuit.level if self.online and told else NO_READING

    @property
    def read(self) -> bool:
        """Whether the device is measuring the loop now."""
        return self.is_input and self._ports.live and self.online

    def settle(self) -> None:
        """Take the loop for what it reads now, and tell everybody if that is new: the end of the debounce.

        One that cannot be read is told as such.
        """
        if self._circuit is None or not (self.is_input and self._ports.live):
            return
        if self.online and self._circuit.settle():
            state = self.state.value if self.state is not None else ""
            self._device.note(Kind.STATE, "input", port=self.id, state=state, active=self.active)
            self._ports.tell(self)
        self._ports.publish(self)

    # ---- supervision

    @property
    def supervisable(self) -> bool:
        """Whether supervision can be switched on now: inputs only."""
        return self.plan.converter is not None and self.is_input

    @property
    def supervised(self) -> bool:
        """Whether the four states of the loop are told apart now."""
        return self.supervisable and self._device.parameters.enabled(self.plan.supervised)

    @property
    def supervised_word(self) -> str | None:
        """The state that events tell: open, closed, cut, shorted, undefined. None without supervision."""
        if not self.supervised or self.state is None:
            return None
        return self.state.event_word if self.online else UNDEFINED

    @property
    def ranges(self) -> Ranges:
        """Which level means which state; empty where they were never set."""
        return ranges_from_text(self._device.parameters[self.plan.ranges]) if self.plan.ranges else ()

    def preset(self, end_of_line: EndOfLine) -> Ranges:
        """The ranges that the web page sets for these resistors on this port. Raises Refused if it has none."""
        presets = PRESETS[self.plan.converter] if self.plan.converter is not None else {}
        if end_of_line not in presets:
            raise Refused(f"port {self.id} has no preset {end_of_line.value}")
        return presets[end_of_line]

    def set_supervised(self, supervised: bool, ranges: Ranges | None = None) -> None:
        """Switch supervision on or off, with new ranges or those it had, at first parallel first.

        Raises Refused for a port that is no input, RangesRefused for ranges with gaps or overlaps.
        """
        if not self.supervisable:
            raise Refused(f"port {self.id} is not supervisable")
        if ranges is None and supervised and not self.ranges:
            ranges = self.preset(EndOfLine.PARALLEL_22K_4K7)
        if ranges is not None:
            self._device.parameters.write(self.plan.ranges, ranges_as_text(check_ranges(ranges)))
        self._device.parameters.write(self.plan.supervised, "yes" if supervised else "no")

    def install(self, end_of_line: EndOfLine, *, cable_metres: float = 0.0) -> None:
        """Wire a supervised loop as an installer does: fit the resistors and choose their preset.

        The port takes the loop for what it is at once, as for one that has been there for long. Raises Refused.
        """
        ranges = self.preset(end_of_line)
        if self._circuit is None or not self.supervisable:
            raise Refused(f"port {self.id} is not supervisable")
        self._circuit.loop.fit(end_of_line, cable_metres=cable_metres)
        self.set_supervised(True, ranges)
        self.settle()

    # ---- what clients set

    def set_direction(self, direction: Direction | str) -> None:
        """Make a configurable port an input or an output. Raises Refused."""
        if not self.configurable:
            raise Refused(f"port {self.id} is not configurable")
        self._device.parameters.write(self.plan.direction, str(direction))

    def set_normal_state(self, circuit: str) -> None:
        """Say which circuit, `open` or `closed`, means inactive. An output becomes inactive. Raises Refused."""
        if circuit not in (OPEN, CLOSED):
            raise Refused("a normal state is open or closed")
        self._device.parameters.write(self._active_parameter, CLOSED if circuit == OPEN else OPEN)

    def set_name(self, name: str) -> None:
        """Rename the port in its present direction. Raises Refused."""
        self._device.parameters.write(self._name_parameter, name)

    def set_usage(self, usage: str) -> None:
        """Say what it is used for. Raises Refused."""
        self._device.parameters.write(self.plan.usage, usage)

    def set_active(self, active: bool) -> None:
        """Switch an output. A running sequence goes on with its next step; it ends if none would change anything.

        Raises Refused for an input and while the device is down.
        """
        self._must_drive()
        self._drive(active)
        if self._sequence is not None and self._sequence.changes_nothing_from(active):
            self._sequence.end()

    def run_sequence(self, steps: Sequence[Step], done: Callable[[], None] | None = None) -> None:
        """Run states one after the other: (active, milliseconds until the next). The last one stays.

        A sequence that is running ends at once. `done` is called when this one has ended, whatever ended it:
        the time of its last step, another sequence, a change of settings, a loss of power. Raises Refused.
        """
        self._must_drive()
        sequence = StateSequence(self._device.world.clock, check_steps(steps), self._drive, done)
        replaced, self._sequence = self._sequence, sequence
        if replaced is not None:
            replaced.end()
        sequence.begin()

    def _must_drive(self) -> None:
        if self.is_input:
            raise Refused(f"port {self.id} is an input")
        if not self._ports.live:
            raise Refused(f"port {self.id} is not driven while the device is down")
        if not self.online:
            raise Refused(f"port {self.id} is on an expansion module that is offline")

    def _drive(self, active: bool) -> None:
        if self._set_circuit(active == self._closed_is_active):
            self._ports.tell(self)
            self._ports.publish(self)

    def _set_circuit(self, closed: bool) -> bool:
        if self._closed == closed:
            return False
        self._closed = closed
        self._device.note(Kind.STATE, "output", port=self.id, closed=closed)
        return True

    # ---- what the device tells it

    def start(self) -> None:
        """The system runs, or the direction is new: an input is read, an output goes to its normal state."""
        if self.is_input:
            self._set_circuit(False)
            if self._circuit is not None and self.online:
                self._circuit.settle()
            elif self._circuit is not None:
                self._circuit.assume()
            return
        if self._circuit is not None:
            self._circuit.release()
        if self.online:
            self._set_circuit(self.normal_state == CLOSED)

    def go_offline(self) -> None:
        """The module does not answer: what it was told last stays, a pulse is not heard of again."""
        self.online = False
        if self._circuit is not None:
            self._circuit.cancel()
        self._end_sequence()
        if self._ports.live:
            self._ports.tell(self)
            self._ports.publish(self)

    def come_online(self) -> None:
        """The module answers: inputs are read at once, outputs sent to their normal state."""
        self.online = True
        if self._ports.live:
            self.start()
            self._ports.tell(self)
            self._ports.publish(self)

    def stop(self, *, released: bool) -> None:
        """The system is gone. `released` opens the circuit; a crash leaves it as it is.

        Who waits for a sequence hears of it on the next turn of the clock, when connections are gone too.
        """
        if self._circuit is not None:
            self._circuit.release()
        sequence, self._sequence = self._sequence, None
        done = sequence.abandon() if sequence is not None else None
        if done is not None:
            self._device.world.clock.call_later(0.0, done)
        if released:
            self._set_circuit(False)

    def setting_changed(self, name: str) -> None:
        """A parameter of this port has a new value, written by whatever door."""
        if name == self.plan.direction:
            self._turned()
        elif name == self._active_parameter:
            self._active_level_changed()
        elif name in (self.plan.supervised, self.plan.ranges):
            port_event.withdraw_supervision(self._device.events, self)
            self.settle()

    def _turned(self) -> None:
        self._end_sequence()
        port_event.withdraw(self._device.events, self)
        self.start()
        self._device.note(Kind.STATE, "port direction", port=self.id, direction=self.direction.value)
        self._ports.count()
        self._ports.tell(self)
        self._ports.publish(self)

    def _active_level_changed(self) -> None:
        self._end_sequence()
        if not self.is_input and self.online:
            self._set_circuit(self.normal_state == CLOSED)
        self._ports.tell(self)
        self._ports.publish(self)

    def _end_sequence(self) -> None:
        sequence, self._sequence = self._sequence, None
        if sequence is not None:
            sequence.end()
