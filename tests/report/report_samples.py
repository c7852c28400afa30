"""Records and results as a run leaves them, by hand."""

from __future__ import annotations

from typing import Any

from simulator.report.result import CaseResult, Check, ExpectationResult, StepResult, Verdict

SERIAL = "B8A44F000001"
SUPERVISED = "tns1:Device/tnsaxis:IO/SupervisedPort"
INPUT = "tns1:Device/tnsaxis:IO/Port"


class Notebook:
    """Writes a journal: numbers by themselves, wire time beside device time."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.wire = 1000.0

    def add(
        self, kind: str, what: str, device: str = "io-1", *, at: float = 0.0, cause: int | None = None, **data: Any
    ) -> int:
        """One record, a millisecond of wire time after the last; returns its number."""
        self.wire = round(self.wire + 0.001, 6)
        number = len(self.records) + 1
        self.records.append({"number": number, "at": at, "wire": self.wire, "kind": kind, "device": device,
                             "what": what, "data": data, "cause": cause})  # fmt: skip
        return number

    def event(self, topic: str, source: dict[str, str], data: dict[str, str], **more: Any) -> int:
        return self.add("event", topic, source=source, data=data, stateful=True, **more)

    def request(self, what: str, status: int = 200, **more: Any) -> int:
        told = {"status": status, "query": "", "peer": "127.0.0.1", "host": "127.16.0.1:80", "secure": False,
                "authorized": True, "seconds": 0.0003, "bytes": 20}  # fmt: skip
        return self.add("request", what, **{**told, **more})


def fleet(**changes: Any) -> dict[str, Any]:
    """What fleet.json holds of one device."""
    device = {"name": "io-1", "kind": "A9210", "model": "A9210", "firmware": "12.9.57", "serial": SERIAL,
              "address": "127.16.0.1", "url": "http://127.16.0.1",
              "mqtt": {"prefix": f"axis/{SERIAL}", "client_id": SERIAL}}  # fmt: skip
    whole = {
        "clock": {"mode": "stepped", "epoch": "2026-03-01T08:00:00Z"},
        "site": {
            "broker": {"host": "127.19.0.4", "port": 1883, "embedded": True},
            "dhcp": {"address": "127.19.0.1"},
        },
        "devices": [device],
    }
    return {**whole, **changes}


def expectation(verdict: Verdict = Verdict.PASSED, device: str = "io-1", detail: str = "") -> ExpectationResult:
    return ExpectationResult(
        f"mqtt: {{event: tampering}} ({device})", verdict, detail, 30.05, "within 2s of t=30.000", device
    )


def step(verdict: Verdict = Verdict.PASSED, **changes: Any) -> StepResult:
    source = "  - at: 30s\n    cut: io-1/input/2"
    told = {"title": "cut io-1/input/2", "place": "x.scenario.yaml:7:5", "source": source, "at": 30.0,
            "verdict": verdict, "expectations": (expectation(verdict),)}  # fmt: skip
    return StepResult(**{**told, **changes})


def check(
    number: str = "C01", device: str = "io-1", verdict: Verdict = Verdict.PASSED, **measured: float
) -> Check:
    return Check(number, "Enrolment", device, "12.9.57", "first request", "let in", verdict, "", measured)


def case(verdict: Verdict = Verdict.PASSED, **changes: Any) -> CaseResult:
    told: dict[str, Any] = {
        "title": "A cut", "case": "A cut[firmware=12.9.57]", "file": "x.scenario.yaml", "about": "What it is about.",
        "seed": 7, "verdict": verdict, "detail": "", "device_seconds": 62.05, "wall_seconds": 1.5,
        "steps": (step(verdict),), "repeat": "axsim run x.scenario.yaml --seed 7", "fleet": fleet(),
    }  # fmt: skip
    return CaseResult(**{**told, **changes})
