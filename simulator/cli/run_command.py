"""`axsim run`: compile everything, then run case by case."""

from __future__ import annotations

import json
import signal
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.cli.ending import BadArgument
from simulator.cli.naming import scenario_files
from simulator.cli.screen import Screen
from simulator.clock import machine_wall, wire_now
from simulator.errors import AxsimError
from simulator.net.capability import probe
from simulator.report.evidence import folder_name
from simulator.report.junit import junit
from simulator.report.result import CaseResult, RunResult, Verdict
from simulator.resources import VERSION
from simulator.scenario.compile import compile_file
from simulator.scenario.outcome import ExitCode
from simulator.scenario.problem import ScenarioErrors
from simulator.scenario.run import Interrupted, repeat_command, run_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from simulator.errors import ScenarioError
    from simulator.scenario.plan import Plan

_STOPS = (signal.SIGINT, signal.SIGTERM)
_CODES = {
    Verdict.PASSED: ExitCode.PASSED,
    Verdict.FAILED: ExitCode.FAILED,
    Verdict.ERROR: ExitCode.SIMULATOR_FAULT,
    Verdict.SKIPPED: ExitCode.PASSED,
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the command line asked for."""

    files: tuple[str, ...]
    evidence: Path
    seed: int | None
    junit: Path | None
    json: Path | None
    only: tuple[str, ...]
    block: int | None
    fail_fast: bool
    quiet: bool


def run_scenarios(request: Request) -> ExitCode:
    """Run what was asked for. A wrong file anywhere means that nothing is run."""
    cases = chosen(_compiled(request.files), request.only)
    screen = Screen(quiet=request.quiet)
    screen.opening(VERSION, probe().lines(), len(cases))
    started, begun, results = machine_wall(), wire_now(), list[CaseResult]()
    interrupted = False
    try:
        with _stopped_by_signals():
            _run_all(cases, request, screen, results)
    except KeyboardInterrupt as stop:
        interrupted = True
        if isinstance(stop, Interrupted):
            results.append(stop.result)
            screen.end(stop.result)
    finally:
        screen.rest()
    results += [_not_reached(plan) for plan in cases[len(results) :]]
    run = RunResult(VERSION, started.isoformat(timespec="seconds"), tuple(results))
    _write_reports(run, request)
    screen.closing(run, wire_now() - begun)
    return ExitCode.INTERRUPTED if interrupted else _CODES[run.verdict]


def _run_all(cases: list[Plan], request: Request, screen: Screen, results: list[CaseResult]) -> None:
    for place, plan in zip(_folders(cases, request.evidence), cases, strict=True):
        results.append(_run(plan, place, request, screen))
        if request.fail_fast and results[-1].verdict is not Verdict.PASSED:
            return


@contextmanager
def _stopped_by_signals() -> Iterator[None]:
    """SIGTERM stops a run as Ctrl-C does; and both do, even where a shell has started us in the background."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _compiled(arguments: Iterable[str]) -> list[Plan]:
    """The plans of all files. Raises ScenarioErrors with the errors of all of them."""
    plans: list[Plan] = []
    errors: list[ScenarioError] = []
    for file in scenario_files(arguments):
        try:
            plans += compile_file(file)
        except ScenarioErrors as found:
            errors += found.errors
    if errors:
        raise ScenarioErrors(errors)
    return plans


def chosen(plans: list[Plan], only: tuple[str, ...]) -> list[Plan]:
    """The plans whose cell has, for every name given, one of its values. Raises BadArgument when none is left."""
    wanted: dict[str, set[str]] = {}
    for condition in only:
        name, equals, value = condition.partition("=")
        if not equals:
            raise BadArgument(f"--only {condition!r} names no value", hint="write for example firmware=12.9.57")
        wanted.setdefault(name, set()).add(value)
    left = [plan for plan in plans if all(dict(plan.cell).get(name) in wanted[name] for name in wanted)]
    if not left:
        cells = sorted({f"{name}={value}" for plan in plans for name, value in plan.cell})
        raise BadArgument(
            f"no case has {' and '.join(only)}",
            hint=f"there is {', '.join(cells)}" if cells else "there is no matrix",
        )
    return left


def _folders(plans: list[Plan], evidence: Path) -> list[Path]:
    """Where each case's folder goes: cases of the same name in several files are kept apart."""
    names = Counter(folder_name(plan.case) for plan in plans)
    doubled = {name for name, count in names.items() if count > 1}
    return [
        evidence / f"{number}" if folder_name(plan.case) in doubled else evidence
        for number, plan in enumerate(plans, 1)
    ]


def _run(plan: Plan, place: Path, request: Request, screen: Screen) -> CaseResult:
    screen.begin(plan)
    try:
        result = run_case(
            plan, evidence=place, seed=request.seed, block=request.block, progress=screen.step, pulse=screen.pulse
        )
    except AxsimError as error:
        result = _without_steps(plan, Verdict.ERROR, str(error))
    screen.end(result)
    return result


def _not_reached(plan: Plan) -> CaseResult:
    return _without_steps(plan, Verdict.SKIPPED, "not run: an earlier case ended the run")


def _without_steps(plan: Plan, verdict: Verdict, detail: str) -> CaseResult:
    """The result of a case that could not even begin."""
    seed = plan.seed or 0
    return CaseResult(
        title=plan.title,
        case=plan.case,
        file=plan.source,
        about=plan.about,
        seed=seed,
        verdict=verdict,
        detail=detail,
        device_seconds=0.0,
        wall_seconds=0.0,
        steps=(),
        repeat=repeat_command(plan, seed),
    )


def _write_reports(run: RunResult, request: Request) -> None:
    if request.junit is not None:
        _write(request.junit, lambda: junit(run))
    if request.json is not None:
        _write(request.json, lambda: json.dumps(run.as_json(), indent=2, ensure_ascii=False).encode() + b"\n")


def _write(file: Path, content: Callable[[], bytes]) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content())
    except OSError as error:
        raise BadArgument(f"{file} cannot be written: {error.strerror}") from None
