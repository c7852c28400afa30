"""Counters of a serial slave: functions 08, 0B and 0C (Modbus Application Protocol 1.1b3, 6.8 to 6.10)."""

from __future__ import annotations

from collections import deque

from simulator.wire.modbus.frame import ExceptionCode, Function, Refusal

ECHO, RESTART, REGISTER, LISTEN_ONLY, CLEAR = 0x00, 0x01, 0x02, 0x04, 0x0A
_BUS_MESSAGES, _BUS_ERRORS, _EXCEPTIONS, _SERVER_MESSAGES = 0x0B, 0x0C, 0x0D, 0x0E
_NO_RESPONSE, _NAK, _BUSY, _OVERRUN = 0x0F, 0x10, 0x11, 0x12
_COUNTERS = (
    _BUS_MESSAGES, _BUS_ERRORS, _EXCEPTIONS, _SERVER_MESSAGES, _NO_RESPONSE, _NAK, _BUSY, _OVERRUN,
)  # fmt: skip
_MOST_EVENTS = 64
_SILENT_COUNTED = frozenset({Function.COMM_EVENT_COUNTER, Function.COMM_EVENT_LOG})
"""Functions that do not count as events themselves."""
_EVENT_RESTARTED, _EVENT_LISTEN_ONLY, _EVENT_EXCEPTION, _EVENT_SENT = 0x00, 0x04, 0x41, 0x40


class Diagnostics:
    """What one slave has counted since its start."""

    def __init__(self) -> None:
        self.listen_only = False
        """Hears and never answers, until a restart of communications."""
        self._counts = dict.fromkeys(_COUNTERS, 0)
        self._completed = 0
        self._events: deque[int] = deque(maxlen=_MOST_EVENTS)

    def saw(self, *, good: bool) -> None:
        """A message passed on the bus, for this slave or another; `good` as its checksum is right."""
        self._counts[_BUS_MESSAGES if good else _BUS_ERRORS] += 1

    def deaf(self, frame: bytes) -> bool:
        """Count a message for this slave; whether it listens only, which a restart of communications ends."""
        self._counts[_SERVER_MESSAGES] += 1
        if not self.listen_only:
            return False
        self._counts[_NO_RESPONSE] += 1
        if frame[1] == Function.DIAGNOSTICS and frame[2:4] == RESTART.to_bytes(2, "big"):
            self.listen_only = False
            self._events.append(_EVENT_RESTARTED)
        return True

    def unanswered(self) -> None:
        """A broadcast came."""
        self._counts[_SERVER_MESSAGES] += 1
        self._counts[_NO_RESPONSE] += 1

    def refused(self, code: int) -> None:
        """An exception was answered."""
        self._counts[_EXCEPTIONS] += 1
        self._counts[_NAK] += code == ExceptionCode.NEGATIVE_ACKNOWLEDGE
        self._counts[_BUSY] += code == ExceptionCode.SERVER_DEVICE_BUSY
        self._events.append(_EVENT_EXCEPTION)

    def executed(self, function: int) -> None:
        """A request was carried out."""
        if function not in _SILENT_COUNTED:
            self._completed = (self._completed + 1) & 0xFFFF
            self._events.append(_EVENT_SENT)

    def diagnose(self, data: bytes) -> bytes | None:
        """Function 08. Raises Refusal; None for what is not answered."""
        if len(data) < 4 or (len(data) != 4 and data[:2] != b"\0\0"):
            raise Refusal(ExceptionCode.ILLEGAL_DATA_VALUE)
        sub, value = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
        if sub == ECHO:
            return data
        if sub in _COUNTERS or sub == REGISTER:
            return data[:2] + self._value(sub, value).to_bytes(2, "big")
        return self._order(sub, value, data)

    def event_counter(self) -> bytes:
        """Function 0B: status word 0 (not busy) and completed requests."""
        return b"\0\0" + self._completed.to_bytes(2, "big")

    def event_log(self) -> bytes:
        """Function 0C: status, completed requests, messages, and the events, newest first."""
        counts = self._completed.to_bytes(2, "big") + self._value(_BUS_MESSAGES, 0).to_bytes(2, "big")
        told = b"\0\0" + counts + bytes(reversed(self._events))
        return bytes((len(told),)) + told

    def _value(self, sub: int, value: int) -> int:
        if value:
            raise Refusal(ExceptionCode.ILLEGAL_DATA_VALUE)
        return self._counts.get(sub, 0) & 0xFFFF

    def _order(self, sub: int, value: int, data: bytes) -> bytes | None:
        if sub == RESTART and value in (0x0000, 0xFF00):
            if value:
                self._events.clear()
            self._clear()
            self._events.append(_EVENT_RESTARTED)
            return data
        if sub == LISTEN_ONLY and value == 0:
            self.listen_only = True
            self._events.append(_EVENT_LISTEN_ONLY)
            return None
        if sub == CLEAR and value == 0:
            self._clear()
            return data
        known = sub in (RESTART, LISTEN_ONLY, CLEAR)
        raise Refusal(ExceptionCode.ILLEGAL_DATA_VALUE if known else ExceptionCode.ILLEGAL_FUNCTION)

    def _clear(self) -> None:
        self._counts = dict.fromkeys(_COUNTERS, 0)
        self._completed = 0
