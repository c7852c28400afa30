"""How a command ends: the exit codes of `axsim`."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees."""

    PASSED = 0
    """Every expectation held."""
    FAILED = 1
    """An expectation did not hold."""
    BAD_SCENARIO = 2
    """A file or an argument is wrong; nothing was run."""
    SIMULATOR_FAULT = 3
    """The simulator could not do what was asked: a missing capability, an address taken, a bug."""
    INTERRUPTED = 4
    """A person stopped it."""
