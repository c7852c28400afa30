"""Every scenario that ships passes, each cell of its matrix once, with the example client it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulator.report.result import Verdict
from simulator.scenario.compile import compile_file
from simulator.scenario.plan import Plan
from simulator.scenario.run import run_case

ROOT = Path(__file__).parents[2]
FILES = sorted(ROOT.glob("scenarios/**/*.scenario.yaml"))
CASES = [plan for file in FILES for plan in compile_file(file)]
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def test_the_promised_scenarios_are_there() -> None:
    assert {str(file.relative_to(ROOT / "scenarios")).removesuffix(".scenario.yaml") for file in FILES} >= {
        "wiring/cut-supervised-input",
        "wiring/short-supervised-input",
        "wiring/chatter",
        "wiring/each-scheme-cut-and-shorted",
        "wiring/relay-both-sides",
        "wiring/corroded-resistor",
        "wiring/water-in-cable",
        "power/poe-lost-dc-present",
        "power/poe-lost-dc-absent",
        "door/left-open",
        "network/dhcp-lost-link-local",
        "network/dhcp-lost-static-fallback",
        "network/dhcp-returns",
        "network/address-changed",
        "upgrade/wrong-model",
        "upgrade/bad-signature",
        "upgrade/power-lost-halfway",
        "upgrade/autorollback-unconfirmed",
        "broker/restart",
        "broker/expired-certificate",
        "fleet/two-hundred-devices",
        "sensor/silent",
        "sensor/out-of-range",
        "sensor/stuck",
        "sensor/crc-errors",
        "sensor/address-clash",
        "audio/page-is-heard",
        "speaker/driver-broken",
        "page/emergency-interrupts",
        "page/one-speaker-unreachable",
        "call/answered-by-itself",
        "call/dtmf-stops-audio",
        "call/during-an-upgrade",
        "call/expired-certificate",
        "call/encrypted",
        "call/lost-bye",
        "call/registrar-lost-failover",
        "call/registrar-refuses",
        "call/rtp-loss-and-jitter",
    }


@pytest.mark.timeout(600)
@pytest.mark.parametrize("plan", CASES, ids=[plan.case for plan in CASES])
def test_a_shipped_scenario_passes(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run_case(plan, evidence=tmp_path, block=WORKER)
    failed = [step for step in result.steps if step.verdict is not Verdict.PASSED]
    assert result.verdict is Verdict.PASSED, (result.detail, failed)
    assert any(tmp_path.iterdir()), "and leaves evidence"
