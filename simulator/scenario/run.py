"""Runs one case: the timeline, the client under test, the invariants, and what came of them."""

from __future__ import annotations

import shlex
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.clock import wire_now
from simulator.errors import AxsimError
from simulator.fleet.child import Child
from simulator.fleet.session import Session
from simulator.report.evidence import folder_name, heard_speakers, open_folder, write_case
from simulator.report.result import CaseResult, Verdict
from simulator.scenario.performance import Performance

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.report.result import StepResult
    from simulator.scenario.plan import Plan

ENGINE_MODULE = "simulator.fleet.engine"


class Interrupted(KeyboardInterrupt):
    """A person stopped a case. All of it has ended, its evidence is written, and `result` tells how far it got."""

    def __init__(self, result: CaseResult) -> None:
        super().__init__("interrupted")
        self.result = result


def run_case(
    plan: Plan,
    *,
    evidence: Path,
    seed: int | None = None,
    block: int | None = None,
    progress: Callable[[StepResult], None] = lambda _step: None,
    pulse: Callable[[float, str], None] = lambda _now, _waiting: None,
) -> CaseResult:
    """Run a case in an engine of its own and write its evidence below the folder `evidence`.

    The seed is the one given, the scenario's, or one drawn now and told in the result. `progress` hears of each step
    once, as soon as it is decided; `pulse` hears of device time and of what is waited for. Raises FleetError for an
    evidence folder that holds somebody else's files, and Interrupted for Ctrl-C.
    """
    chosen = seed if seed is not None else plan.seed if plan.seed is not None else uuid.uuid4().int & 0x7FFFFFFF
    folder = open_folder(evidence / folder_name(plan.case))
    begun = wire_now()
    engine = Child(ENGINE_MODULE)
    session = Session(engine.caller)
    performance = Performance(plan, session, folder, progress, pulse)
    interrupted = False
    try:
        try:
            performance.play({**plan.specification(chosen), "block": block})
        except KeyboardInterrupt:
            interrupted = True
            performance.interrupt()
        records = _records(session)
        sounds = session.sounds(heard_speakers(records))
    finally:
        performance.close()
        session.close()
        engine.stop()
    result = CaseResult(
        title=plan.title,
        case=plan.case,
        file=plan.source,
        about=plan.about,
        seed=chosen,
        verdict=performance.verdict,
        detail=performance.detail,
        device_seconds=performance.device_seconds,
        wall_seconds=round(wire_now() - begun, 3),
        steps=tuple(performance.results),
        checks=performance.checks(records),
        capabilities=performance.capabilities,
        repeat=repeat_command(plan, chosen),
        evidence=str(folder),
        fleet=performance.fleet,
        leftovers=tuple(performance.leftovers),
    )
    source = _text_of(plan.source)
    client_log = "\n".join([*performance.client_lines, ""])
    write_case(folder, result, records, source=source, client_log=client_log, sounds=sounds)
    if interrupted:
        raise Interrupted(result)
    return result


def repeat_command(plan: Plan, seed: int) -> str:
    """The command that runs this case again."""
    words = ["axsim", "run", plan.source, "--seed", str(seed)]
    for name, value in plan.cell:
        words += ["--only", f"{name}={value}"]
    return shlex.join(words)


def _records(session: Session) -> list[dict[str, object]]:
    """All records of the journal; none if the engine is gone, which the verdict says already."""
    records: list[dict[str, object]] = []
    try:
        while True:
            after = records[-1]["number"] if records else 0
            answer = session.journal(after=int(str(after)))
            if not answer["records"]:
                return records
            records += answer["records"]
    except AxsimError:
        return records


def _text_of(source: str) -> str:
    try:
        return Path(source).read_text()
    except (OSError, UnicodeDecodeError):
        return ""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several verdicts."""
    order = [Verdict.ERROR, Verdict.FAILED, Verdict.PASSED, Verdict.SKIPPED]
    return next((verdict for verdict in order if verdict in verdicts), Verdict.PASSED)
