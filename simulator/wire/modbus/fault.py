"""What goes wrong on a bus, as the wire shows it (Modbus sheet 1.9).

A fault strikes single transactions: those of its units, functions and registers, so many times, with a probability. It
takes the portions in which an answer would leave and gives those that leave instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from simulator.wire.modbus.crc import sealed
from simulator.wire.modbus.frame import REFUSED, Function

if TYPE_CHECKING:
    from simulator.chance import Stream

MOST_NOISE = 8
"""Bytes of a burst of noise; at least one."""
BABBLE = 32
"""Bytes of rubbish that a babbling bus gives in place of an answer."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Bytes that leave `at` seconds after the request; `holds` keeps the bus busy until then."""

    data: bytes
    at: float = 0.0
    holds: bool = True


Portions = list[Portion]


@dataclass(slots=True)
class BusFault:
    """One fault on a bus. Empty sets mean all; `registers` are the first and last of a range that is touched."""

    kind: str
    stream: Stream
    units: frozenset[int] = frozenset()
    functions: frozenset[int] = frozenset()
    registers: tuple[int, int] | None = None
    count: int | None = None
    """Strikes until it is over; None for ever."""
    after: int = 0
    """Fitting transactions that are spared first."""
    chance: float = 1.0
    delay: float = 0.0
    """Seconds, also between two bytes of a dribble and two pieces of a split answer."""
    jitter: float = 0.0
    """Largest random addition to the delay."""
    size: int = 0
    """Bytes that are left of a truncated answer; pieces of a split one; bits that are flipped instead of the checksum."""
    code: int = 0
    """Exception."""
    struck: int = field(default=0, init=False)

    @property
    def prevents(self) -> bool:
        """The unit does not get to see the request."""
        return self.kind in _INSTEAD

    @property
    def over(self) -> bool:
        return self.count is not None and self.struck >= self.count

    def strikes(self, frame: bytes) -> bool:
        """Whether this transaction is struck; counts it if so."""
        if self.over or self.kind == "idle-noise" or not self._concerns(frame):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.chance < 1.0 and self.stream.random() >= self.chance:
            return False
        self.struck += 1
        return True

    def instead(self, frame: bytes) -> Portions:
        """What leaves although the unit did not see the request."""
        return _INSTEAD[self.kind](self, frame)

    def shaped(self, frame: bytes, portions: Portions) -> Portions:
        """What leaves in place of the answer."""
        return _SHAPE[self.kind](self, frame, portions)

    def lag(self) -> float:
        """The delay of this strike."""
        return self.delay + (self.stream.random() * self.jitter if self.jitter else 0.0)

    def noise(self, most: int = MOST_NOISE) -> bytes:
        return self.stream.randbytes(self.stream.randint(1, most))

    def _concerns(self, frame: bytes) -> bool:
        if self.kind in _WHOLE_BUS:
            return True
        if self.units and frame[0] not in self.units:
            return False
        if self.functions and frame[1] not in self.functions:
            return False
        return self.registers is None or touches(frame, *self.registers)


def touches(frame: bytes, first: int, last: int) -> bool:
    """Whether a request reads or writes one of these registers."""
    function = frame[1]
    if function not in _ADDRESSED or len(frame) < 8:
        return False
    spans = [(frame[2:4], frame[4:6])] if function not in _SINGLE else [(frame[2:4], b"\0\1")]
    if function == Function.READ_WRITE_REGISTERS:
        spans.append((frame[6:8], frame[8:10]))
    starts = [(int.from_bytes(start, "big"), int.from_bytes(count, "big")) for start, count in spans]
    return any(start <= last and first < start + count for start, count in starts)


_SINGLE = frozenset({Function.WRITE_COIL, Function.WRITE_REGISTER, Function.MASK_WRITE_REGISTER})
_ADDRESSED = _SINGLE | {0x01, 0x02, 0x03, 0x04, 0x0F, 0x10, 0x17}
_WHOLE_BUS = frozenset({"dead", "babble"})


def _silence(_fault: BusFault, _frame: bytes) -> Portions:
    return []


def _babble(fault: BusFault, _frame: bytes) -> Portions:
    return [Portion(fault.stream.randbytes(BABBLE))]


def _exception(fault: BusFault, frame: bytes) -> Portions:
    return [Portion(sealed(bytes((frame[0], frame[1] | REFUSED, fault.code))))]


def _later(fault: BusFault, portions: Portions, *, holds: bool) -> Portions:
    lag = fault.lag()
    return [replace(portion, at=portion.at + lag, holds=holds) for portion in portions]


def _slow(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    return _later(fault, portions, holds=True)


def _late(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    return _later(fault, portions, holds=False)


def _rewritten(change: Callable[[BusFault, bytes], bytes]) -> Callable[[BusFault, bytes, Portions], Portions]:
    def shape(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
        return [replace(portion, data=change(fault, portion.data)) for portion in portions]

    return shape


def _other_unit(_fault: BusFault, answer: bytes) -> bytes:
    return sealed(bytes((answer[0] % 247 + 1,)) + answer[1:-2])


def _other_function(_fault: BusFault, answer: bytes) -> bytes:
    return sealed(bytes((answer[0], answer[1] ^ 0x07)) + answer[2:-2])


def _other_count(_fault: BusFault, answer: bytes) -> bytes:
    return sealed(answer[:2] + bytes(((answer[2] + 2) & 0xFF,)) + answer[3:-2])


def _broken(fault: BusFault, answer: bytes) -> bytes:
    """The last byte inverted, or so many random bits flipped."""
    if not fault.size:
        return answer[:-1] + bytes((answer[-1] ^ 0xFF,))
    changed = bytearray(answer)
    for bit in fault.stream.sample(range(8 * len(changed)), min(fault.size, 8 * len(changed))):
        changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


def _truncated(fault: BusFault, answer: bytes) -> bytes:
    return answer[: fault.size or len(answer) // 2]


def _swapped(_fault: BusFault, answer: bytes) -> bytes:
    """The words of each pair change places, as where a sensor and its template disagree on the order."""
    if answer[1] not in (0x03, 0x04) or answer[2] < 4:
        return answer
    words = [answer[at : at + 2] for at in range(3, len(answer) - 2, 2)]
    for at in range(0, len(words) - 1, 2):
        words[at], words[at + 1] = words[at + 1], words[at]
    return sealed(answer[:3] + b"".join(words))


def _dribble(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    dribbled = []
    for portion in portions:
        for at, byte in enumerate(portion.data):
            dribbled.append(Portion(bytes((byte,)), portion.at + at * fault.lag()))
    return sorted(dribbled, key=lambda portion: portion.at)


def _glued(_fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    return [replace(portion, data=portion.data * 2) for portion in portions]


def _split(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    cut = []
    for portion in portions:
        size = -(-len(portion.data) // max(2, fault.size))
        pieces = [portion.data[at : at + size] for at in range(0, len(portion.data), size)]
        cut += [Portion(piece, portion.at + number * fault.delay) for number, piece in enumerate(pieces)]
    return cut


def _echo(_fault: BusFault, frame: bytes, portions: Portions) -> Portions:
    return [Portion(frame), *portions]


def _noise_before(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    return [Portion(fault.noise()), *portions]


def _noise_after(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    last = max((portion.at for portion in portions), default=0.0)
    return [*portions, Portion(fault.noise(), last)]


def _duplicate(fault: BusFault, _frame: bytes, portions: Portions) -> Portions:
    """A second slave with the address answers with another value at once."""
    return [replace(p, data=collided([p.data, _twin(fault, p.data)])) for p in portions]


def _twin(fault: BusFault, answer: bytes) -> bytes:
    return sealed(answer[:3] + fault.stream.randbytes(max(0, len(answer) - 5)))


def collided(answers: list[bytes]) -> bytes:
    """What the line carries while several speak: the logical AND of their bits. Equal answers stay right."""
    mixed = bytearray(max(answers, key=len))
    for answer in answers:
        for at, byte in enumerate(answer):
            mixed[at] &= byte
    return bytes(mixed)


_INSTEAD: Final[dict[str, Callable[[BusFault, bytes], Portions]]] = {
    "silent": _silence,
    "dead": _silence,
    "babble": _babble,
    "exception": _exception,
}
_SHAPE: Final[dict[str, Callable[[BusFault, bytes, Portions], Portions]]] = {
    "slow": _slow,
    "late": _late,
    "wrong-unit": _rewritten(_other_unit),
    "wrong-function": _rewritten(_other_function),
    "wrong-count": _rewritten(_other_count),
    "crc": _rewritten(_broken),
    "truncated": _rewritten(_truncated),
    "swapped-words": _rewritten(_swapped),
    "dribble": _dribble,
    "glued": _glued,
    "split": _split,
    "echo": _echo,
    "noise": _noise_before,
    "noise-after": _noise_after,
    "duplicate": _duplicate,
}
BUS_FAULTS: Final = (*_INSTEAD, *_SHAPE)
"""The kinds that strike transactions; `idle-noise` strikes none."""
