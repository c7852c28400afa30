"""`axsim up`: a fleet that stays, for a person or a program in any language to work with."""

from __future__ import annotations

import json
import re
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.cli.check_command import text_of
from simulator.cli.ending import BadArgument
from simulator.cli.fmt_command import replace_file
from simulator.cli.naming import ENDING, shipped
from simulator.cli.part import plans_of
from simulator.clock import FASTEST, machine_wall
from simulator.errors import EngineGone, did_you_mean
from simulator.fleet.child import Child
from simulator.fleet.session import Session
from simulator.resources import folder
from simulator.scenario.outcome import ExitCode
from simulator.scenario.run import ENGINE_MODULE

if TYPE_CHECKING:
    from types import FrameType

USUAL_FLEET = "fleets/mixed"
USUAL_SEED = 1
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GLANCE = 0.5
"""Wire seconds between two looks at whether the engine still lives."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for."""

    file: str | None
    speakers: int
    io: int
    firmware: str | None
    factory: bool
    clock: str
    seed: int | None
    block: int | None
    control: str
    out: Path


def stay_up(request: Request) -> ExitCode:
    """Start the fleet, say where everything is, and wait to be stopped. Raises AxsimError."""
    from simulator.cli.fleet_table import show_fleet

    specification = specification_of(request)
    engine = Child(ENGINE_MODULE, "--tcp", _control(request.control))
    session = Session(engine.caller)
    try:
        fleet = session.populate(specification)
        stopped = _stopped_by_signal()
        _write(request.out, fleet)
        try:
            show_fleet(fleet, request.out)
            _wait(stopped, engine)
        finally:
            request.out.unlink(missing_ok=True)
    finally:
        session.close()
        engine.stop()
    return ExitCode.PASSED


def specification_of(request: Request) -> dict[str, Any]:
    """The bench as the control API's populate call takes it. Raises BadArgument and ScenarioErrors."""
    counted = bool(request.speakers or request.io)
    if request.file is not None and (counted or request.firmware or request.factory):
        raise BadArgument("a file says which devices there are", hint="leave out --speakers, --io and the like")
    if counted:
        specification: dict[str, Any] = {"seed": USUAL_SEED, "devices": _counted_devices(request)}
    else:
        specification = _specification_of_file(_fleet_file(request.file or USUAL_FLEET))
        specification["devices"] = [_adapted(device, request) for device in specification["devices"]]
    if request.seed is not None:
        specification["seed"] = request.seed
    return {**specification, "clock": _clock(request.clock), "block": request.block}


def _counted_devices(request: Request) -> list[dict[str, Any]]:
    wanted = [("speaker", "C1410", request.speakers), ("io", "A9210", request.io)]
    return [
        _adapted({"name": f"{word}-{number}", "model": model, "mqtt": True}, request)
        for word, model, count in wanted
        for number in range(1, count + 1)
    ]


def _adapted(device: dict[str, Any], request: Request) -> dict[str, Any]:
    firmware = {"firmware": request.firmware} if request.firmware else {}
    factory = {"state": "factory", "mqtt": False} if request.factory else {}
    return {**device, **firmware, **factory}


def _specification_of_file(file: Path) -> dict[str, Any]:
    """The fleet and site of a file; of a matrix, its first cell."""
    plan = plans_of(text_of(file), str(file))[0]
    return plan.specification(USUAL_SEED if plan.seed is None else plan.seed)


def _fleet_file(name: str) -> Path:
    """A file, or a shipped scenario or fleet by its name. Raises BadArgument."""
    if Path(name).is_file():
        return Path(name)
    home = folder("scenarios")
    for ending in ("", ".yaml", ENDING):
        if (file := home / f"{name}{ending}").is_file():
            return file
    fleets = [f"fleets/{path.stem}" for path in (home / "fleets").glob("*.yaml")]
    raise BadArgument(f"no file or shipped fleet {name!r}", hint=did_you_mean(name, [*fleets, *shipped()]))


def _clock(text: str) -> dict[str, Any]:
    """Real time begins at the machine's own date; the other clocks at the date that makes runs alike."""
    if text == "real":
        return {"mode": "real", "epoch": machine_wall().isoformat()}
    if text == "stepped":
        return {"mode": "stepped"}
    rate = re.fullmatch(r"x(\d{1,3}(?:\.\d{1,3})?)", text)
    if rate is None or not 0 < float(rate[1]) <= FASTEST:
        raise BadArgument(f"no clock {text!r}", hint=f"it is real, stepped, or x2 to x{FASTEST:g}")
    return {"mode": "scaled", "rate": float(rate[1])}


def _control(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not (host and colon and port.isdecimal() and int(port) <= 65535):
        raise BadArgument(f"{text!r} is no address to listen on", hint="write for example 127.0.0.1:8090")
    return text


def _write(file: Path, fleet: dict[str, Any]) -> None:
    try:
        replace_file(file, json.dumps(fleet, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise BadArgument(f"{file} cannot be written: {error.strerror}") from None


def _stopped_by_signal() -> threading.Event:
    """Set by Ctrl-C, SIGTERM and a closed terminal from now on."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in _ENDS:
        signal.signal(number, stop)
    return stopped


def _wait(stopped: threading.Event, engine: Child) -> None:
    """Raises EngineGone if the engine ends first."""
    while not stopped.wait(_GLANCE):
        if not engine.running:
            code, words = engine.last_words()
            raise EngineGone(f"the engine ended with code {code}", exit_code=code, last_lines=words)
