"""How a command ends: an exit code, and for a person one line that says what to do. Never a traceback."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from functools import wraps
from typing import TYPE_CHECKING, Any

from simulator.errors import AxsimError
from simulator.scenario.outcome import ExitCode
from simulator.scenario.problem import ScenarioErrors

if TYPE_CHECKING:
    from collections.abc import Callable

_debug = False


def show_tracebacks() -> None:
    """`--debug`: an internal error shows where it happened."""
    global _debug  # noqa: PLW0603
    _debug = True


class BadArgument(AxsimError):
    """An argument names something that is not there; nothing was run."""


def ended(command: Callable[..., ExitCode]) -> Callable[..., None]:
    """A command whose every ending is an exit code of `simulator/scenario/outcome.py`."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        raise SystemExit(int(_outcome(command, arguments, options)))

    return run


def _outcome(command: Callable[..., ExitCode], arguments: Any, options: Any) -> ExitCode:
    try:
        code = command(*arguments, **options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        tell("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except ScenarioErrors as errors:
        print(errors.render(), file=sys.stderr)
        return ExitCode.BAD_SCENARIO
    except AxsimError as error:
        tell(str(error))
        return _code_of(error)
    except Exception as error:
        if _debug:
            raise
        tell(f"internal error: {type(error).__name__}: {error}".splitlines()[0])
        tell(f"please report it with what this prints: axsim --debug {shlex.join(sys.argv[1:])}")
        return ExitCode.SIMULATOR_FAULT
    return code


def _code_of(error: AxsimError) -> ExitCode:
    return ExitCode.BAD_SCENARIO if isinstance(error, BadArgument) else ExitCode.SIMULATOR_FAULT


def _reader_gone() -> ExitCode:
    """Whoever read our output (`| head`) has enough. Python must not complain at its own end either."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.PASSED


def tell(text: str) -> None:
    """One message for the person at the terminal, on standard error."""
    print(f"axsim: {text}", file=sys.stderr, flush=True)
