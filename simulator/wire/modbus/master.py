"""A master's session: one outstanding request, a time limit, retries (Modbus over Serial Line 1.02, 2.4.1).

An answer is the next frame with the right unit, function, byte count and checksum. There is no transaction id: what
came before a request is dropped when it is sent, so that a late answer is never taken for the next one, unless it looks
exactly like it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.wire.modbus.crc import is_sealed
from simulator.wire.modbus.frame import LONGEST, REFUSED, ExceptionCode

if TYPE_CHECKING:
    from simulator.wire.modbus.request import Request

_REFUSAL_LENGTH = 5
_NO_ANSWER = (ExceptionCode.GATEWAY_PATH_UNAVAILABLE, ExceptionCode.GATEWAY_TARGET_FAILED)
"""Exceptions by which a gateway says that the unit did not answer."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one request ended: with an `answer`, with an exception `code`, or with `failure`, which says why."""

    request: Request
    answer: bytes = b""
    code: int = 0
    failure: str = ""
    tries: int = 1


class MasterSession:
    """`send` begins a request, `receive` and `tick` give its outcome; frames to send are in `take_output`.

    `timeout` is seconds for an answer, `retries` how often a request is sent again before it has failed. With `search`
    a good answer behind rubbish is found; without it the first byte must be its own.
    """

    def __init__(self, *, timeout: float, retries: int, search: bool = True) -> None:
        self.timeout, self.retries, self.search = timeout, retries, search
        self._request: Request | None = None
        self._output = b""
        self._buffer = bytearray()
        self._deadline: float | None = None
        self._tries = 0
        self._reason = ""

    @property
    def busy(self) -> bool:
        """A request is outstanding."""
        return self._request is not None

    @property
    def pending(self) -> bool:
        """A frame waits in `take_output`."""
        return bool(self._output)

    def send(self, request: Request, now: float) -> None:
        """Begin a request; the last one must be over."""
        self._request, self._tries, self._reason = request, 0, ""
        self._try(request, now)

    def take_output(self) -> bytes:
        """The frame to send, once."""
        output, self._output = self._output, b""
        return output

    def next_deadline(self) -> float | None:
        """When `tick` is due; None while nothing is outstanding."""
        return self._deadline

    def receive(self, data: bytes, now: float) -> Outcome | None:
        """Bytes from the bus. What nobody asked for is dropped."""
        request = self._request
        if request is None:
            return None
        if not self._buffer and len(data) == request.answer_length and self._fits(data, request):
            return self._end(Outcome(request, answer=data, tries=self._tries))
        self._buffer += data
        if len(self._buffer) > 2 * LONGEST:
            del self._buffer[:-LONGEST]
        return self._found(request)

    def tick(self, now: float) -> Outcome | None:
        """The time for an answer may be over: try again, or fail."""
        request = self._request
        if request is None or self._deadline is None or now < self._deadline:
            return None
        self._reason = "no fitting answer" if self._buffer else self._reason or "no answer"
        return self._again(request, now)

    def give_up(self) -> None:
        """Forget what is outstanding: the power is gone."""
        self._request, self._deadline, self._output = None, None, b""

    def _again(self, request: Request, now: float) -> Outcome | None:
        if self._tries <= self.retries:
            self._try(request, now)
            return None
        return self._end(Outcome(request, failure=self._reason, tries=self._tries))

    def _try(self, request: Request, now: float) -> None:
        self._tries += 1
        self._buffer.clear()
        self._output = request.frame
        self._deadline = now + self.timeout

    def _found(self, request: Request) -> Outcome | None:
        buffer = self._buffer
        places = range(len(buffer) - _REFUSAL_LENGTH + 1) if self.search else range(1)
        for at in places:
            frame = bytes(buffer[at : at + request.answer_length])
            if len(frame) == request.answer_length and self._fits(frame, request):
                return self._end(Outcome(request, answer=frame, tries=self._tries))
            code = self._refusal(bytes(buffer[at : at + _REFUSAL_LENGTH]), request)
            if code:
                failed = "gateway: no answer" if code in _NO_ANSWER else ""
                return self._end(Outcome(request, code=code, failure=failed, tries=self._tries))
        return None

    @staticmethod
    def _fits(frame: bytes, request: Request) -> bool:
        return (
            frame[0] == request.unit
            and frame[1] == request.function
            and frame[2] == request.answer_length - 5
            and is_sealed(frame)
        )

    @staticmethod
    def _refusal(frame: bytes, request: Request) -> int:
        fits = len(frame) == _REFUSAL_LENGTH and frame[:2] == bytes((request.unit, request.function | REFUSED))
        return frame[2] if fits and is_sealed(frame) else 0

    def _end(self, outcome: Outcome) -> Outcome:
        self._request, self._deadline = None, None
        self._buffer.clear()
        return outcome
