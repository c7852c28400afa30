"""A case from the file to its evidence: what passes, what fails and how it is told, and what is left behind: nothing."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from journey_bench import WORKER, children, client, plans, play, verdicts

from simulator.errors import FleetError
from simulator.report.evidence import MARK
from simulator.report.result import StepResult, Verdict
from simulator.report.text import failure_text
from simulator.scenario.run import Interrupted, run_case

FOREVER = "print('ready', flush=True)\ntime.sleep(600)\n"


@pytest.fixture(autouse=True)
def nothing_is_left():
    before = set(children())
    yield
    assert set(children()) == before


def test_a_case_that_passes_leaves_complete_evidence(tmp_path: Path) -> None:
    told: list[str] = []
    result = play(
        tmp_path,
        """
        timeline:
          - at: 30s
            cut: io-1/input/1
            expect: {within: 2s, everywhere: tampering, mqtt: {event: tampering, state: cut, count: 1}}
        """,
        progress=lambda step: told.append(f"{step.title}: {step.verdict}"),
    )
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert told == ["cut io-1/input/1: passed"]
    assert {one.seen_at for one in result.steps[0].expectations} == {30.05}
    assert (result.seed, result.leftovers, result.device_seconds) == (7, (), 32.0)
    folder = Path(result.evidence)
    assert {entry.name for entry in folder.iterdir()} == {
        MARK, "report.html", "result.json", "compat.json", "timeline.jsonl", "journal.jsonl", "fleet.json",
        "client.log", "scenario.scenario.yaml",
    }  # fmt: skip
    timeline = [json.loads(line) for line in (folder / "timeline.jsonl").read_text().splitlines()]
    cut = next(line for line in timeline if line["what"] == "cut")
    assert any(line["cause"] == cut["number"] and line["kind"] == "event" for line in timeline)
    assert json.loads((folder / "result.json").read_text())["verdict"] == "passed"


def test_a_failure_tells_the_near_miss_the_lines_and_how_to_repeat(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - at: 5s
            cut: io-1/input/1
            expect: {within: 2s, mqtt: {event: tampering, state: shorted}}
        """,
    )
    text = failure_text(result)
    assert result.verdict is Verdict.FAILED
    for told in (
        "expected  mqtt: {event: tampering, state: shorted} (io-1)   within 2s of t=5.000",
        "arrived   at t=5.050: axis/",
        "differs in: state=cut, not shorted",
        "    cut: io-1/input/1",
        f"repeat    axsim run {tmp_path}/case.scenario.yaml --seed 7",
        "report.html",
    ):
        assert told in text
    assert "case.scenario.yaml:7:5: cut io-1/input/1 (t=5.000)" in text
    assert result.device_seconds == 7.0


def test_a_count_that_is_not_met_and_nothing_at_all(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - at: 5s
            cut: io-1/input/1
            expect:
              within: 1s
              event: {event: supervised, count: 2}
              log: no such entry
        """,
    )
    few, none = result.steps[0].expectations
    assert (few.verdict, none.verdict) == (Verdict.FAILED, Verdict.FAILED)
    assert few.detail.startswith("arrived 1 time, not 2")
    assert none.detail == "nothing came near it"


def test_a_step_that_the_mode_cannot_do_is_an_error_and_names_what_is_missing(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        mode: ephemeral
        timeline:
          - {at: 1s, unplug: io-1}
          - {at: 2s, note: never reached}
        """,
    )
    assert result.verdict is Verdict.ERROR
    assert "needs one address per device" in failure_text(result)
    assert verdicts(result) == {"unplug io-1": "error"}


def test_a_capability_that_the_scenario_asks_for_in_vain(tmp_path: Path) -> None:
    result = play(tmp_path, "mode: ephemeral\nrequires: [own-addresses]\ntimeline: [{at: 1s, note: hello}]")
    assert result.verdict is Verdict.ERROR
    assert "own-addresses" in failure_text(result)
    assert Path(result.evidence, "report.html").exists()


def test_what_must_be_steady_and_is_not_ends_the_run_before_the_first_step(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        steady:
          - state: {device: io-1, phase: off, within: 1s}
        timeline: [{at: 5s, cut: io-1/input/1}]
        """,
    )
    assert verdicts(result) == {"steady before the first step": "failed"}
    assert "phase=running, not off" in failure_text(result)


def test_what_is_steady_before_must_be_so_again_at_the_end(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        steady:
          - state: {device: io-1, port: 1, supervised: normal, within: 1s}
        timeline: [{at: 5s, cut: io-1/input/1}, {at: 9s, note: enough}]
        """,
    )
    assert verdicts(result) == {
        "steady before the first step": "passed",
        "cut io-1/input/1": "passed",
        "note enough": "passed",
        "steady after the last step": "failed",
    }


def test_what_must_never_happen_and_does_is_told_when_it_happened(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        always:
          - never: {device: io-1, event: tampering, on: event}
          - never: {device: io-1, event: tampering, until: 1s}
          - state: {device: io-1, phase: running}
        timeline:
          - {at: 5s, cut: io-1/input/1}
          - {at: 9s, note: the end}
        """,
    )
    told = verdicts(result)
    assert told["always never: {device: io-1, event: tampering, on: event}"] == "failed"
    assert told["always never: {device: io-1, event: tampering, until: 1s}"] == "passed"
    assert told["always state: {device: io-1, phase: running}"] == "passed"
    assert "arrived   at t=5.050" in failure_text(result)


def test_a_step_that_waits_for_an_event_happens_when_it_comes(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - {at: 5s, chatter: {target: io-1/input/1, period: 4s, for: 4s}}
          - when: {event: {device: io-1, event: supervised, state: open}, within: 1m}
            cut: io-1/input/1
            expect: {within: 1s, state: {port: 1, supervised: cut}}
        """,
    )
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert result.steps[1].at > 5.0


def test_an_event_that_never_comes_fails_the_step_that_waits_for_it(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - {at: 5s, note: begin}
          - when: {event: {device: io-1, event: tampering}, within: 10s}
            cut: io-1/input/1
        """,
    )
    assert result.verdict is Verdict.FAILED
    assert "cut io-1/input/1" not in verdicts(result)
    assert result.device_seconds == 15.0


def test_a_step_is_repeated_every_so_often(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - {every: 10s, for: 30s, cut: io-1/input/1, expect: {within: 1s, state: {port: 1, supervised: cut}}}
          - {after: 1s, expect: {device: io-1, journal: {kind: action, what: cut}}}
        """,
    )
    assert [step.at for step in result.steps] == [10.0, 20.0, 30.0, 31.0]


def test_each_cell_of_a_matrix_is_a_case_with_evidence_of_its_own(tmp_path: Path) -> None:
    cases = plans(
        tmp_path,
        """
        matrix: {preset: [SerialFirst1k, SerialFirst4k7]}
        timeline:
          - at: 1s
            set: {device: io-1, parameter: Network.Bonjour.FriendlyName, value: "${preset}"}
            expect: {within: 1s, vapix: {parameter: Network.Bonjour.FriendlyName, value: "${preset}"}}
        """,
    )
    results = [run_case(plan, evidence=tmp_path / "evidence", block=WORKER) for plan in cases]
    assert [result.case for result in results] == ["A case[preset=SerialFirst1k]", "A case[preset=SerialFirst4k7]"]
    assert [result.verdict for result in results] == [Verdict.PASSED] * 2, [failure_text(one) for one in results]
    assert len({result.evidence for result in results}) == 2
    assert results[1].repeat.endswith("--seed 7 --only preset=SerialFirst4k7")


def test_the_client_starts_with_the_case_and_ends_with_it(tmp_path: Path) -> None:
    command = client(tmp_path, "print('I see', len(site['devices']), flush=True)\n" + FOREVER)
    result = play(
        tmp_path,
        f"""
        client: {{command: {command}, ready: ready}}
        timeline:
          - at: 1s
            client: stop
            expect: {{client: {{did: exited}}}}
          - after: 1s
            client: start
            expect: {{within: 1s, client: {{did: printed, line: I see 1}}}}
        """,
    )
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert Path(result.evidence, "client.log").read_text() == "I see 1\nready\n" * 2


def test_a_client_that_does_not_listen_is_killed_with_what_it_started(tmp_path: Path) -> None:
    command = client(
        tmp_path,
        """
        import subprocess
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])
        print('ready', flush=True)
        time.sleep(600)
        """,
    )
    result = play(
        tmp_path,
        f"""
        client: {{command: {command}, ready: ready, stop: 100ms}}
        timeline:
          - {{at: 1s, client: stop, expect: {{client: {{did: exited}}}}}}
        """,
    )
    assert result.verdict is Verdict.PASSED, failure_text(result)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("print('oh no')\nsys.exit(3)\n", "it wrote:\noh no"),
        ("raise ValueError('no site')\n", "ValueError: no site"),
    ],
)
def test_a_client_that_never_gets_ready_is_told_with_its_last_lines(tmp_path: Path, code: str, told: str) -> None:
    command = client(tmp_path, code)
    result = play(tmp_path, f"client: {{command: {command}, ready: ready}}\ntimeline: [{{at: 1s, note: x}}]")
    assert result.verdict is Verdict.ERROR
    assert told in failure_text(result)


def test_a_client_that_does_not_exist(tmp_path: Path) -> None:
    result = play(tmp_path, "client: {command: [no-such-program-here]}\ntimeline: [{at: 1s, note: x}]")
    assert (result.verdict, "no program no-such-program-here" in failure_text(result)) == (Verdict.ERROR, True)


def test_the_client_s_dealings_are_expected_and_judged(tmp_path: Path) -> None:
    command = client(
        tmp_path,
        """
        import urllib.request
        device = site['devices'][0]
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, device['url'], 'root', 'pass')
        opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(passwords))
        opener.open(device['url'] + '/axis-cgi/param.cgi?action=list&group=root.Brand', timeout=5).read()
        print('ready', flush=True)
        time.sleep(600)
        """,
    )
    result = play(
        tmp_path,
        f"""
        client: {{command: {command}, ready: ready}}
        timeline:
          - at: 1s
            expect:
              device: io-1
              client: [{{did: enrolled, address: old}}, {{did: asked, path: /axis-cgi/absent.cgi, within: 1s}}]
        """,
    )
    enrolled, asked = result.steps[0].expectations
    assert (enrolled.verdict, asked.verdict) == (Verdict.PASSED, Verdict.FAILED)
    (row,) = result.checks
    assert (row.id, row.device, row.verdict, row.measured["requests"]) == ("C01", "io-1", Verdict.PASSED, 2)


def test_faults_that_are_left_over_are_cleared_and_told(tmp_path: Path) -> None:
    result = play(
        tmp_path,
        """
        timeline:
          - {at: 1s, fault: {on: io-1/http, kind: latency, delay: 1s}}
          - {at: 2s, fault: {on: io-1/http, kind: reset}}
          - {at: 3s, clear: io-1/http}
          - {at: 4s, fault: {on: io-1/https, kind: refused}}
          - {at: 5s, fault: {on: io-1/https, kind: latency, delay: 1s}}
        """,
    )
    assert result.verdict is Verdict.PASSED, failure_text(result)
    assert result.leftovers == ("refused on io-1/https", "latency on io-1/https")
    assert all(step.mechanism for step in result.steps if step.title.startswith("fault"))


def test_an_engine_that_is_killed_in_the_middle_is_an_error_with_what_was_seen(tmp_path: Path) -> None:
    known = set(children())

    def kill(_step: StepResult) -> None:
        for pid in set(children()) - known:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"simulator.fleet.engine" in command:
                os.kill(pid, signal.SIGKILL)

    text = "timeline:\n  - {at: 1s, note: hello}\n  - {at: 9s, cut: io-1/input/1}\n  - {at: 20s, note: never}\n"
    result = play(tmp_path, text, progress=kill)
    assert result.verdict is Verdict.ERROR
    assert "the engine ended with code -9" in failure_text(result)
    assert verdicts(result)["note hello"] == "passed"
    assert Path(result.evidence, "report.html").exists()


def test_ctrl_c_keeps_what_was_seen_and_leaves_no_process(tmp_path: Path) -> None:
    command = client(tmp_path, FOREVER)

    def stop(_step: StepResult) -> None:
        raise KeyboardInterrupt

    text = f"client: {{command: {command}, ready: ready}}\ntimeline:\n  - {{at: 1s, note: hello}}\n  - {{at: 9s, note: x}}\n"
    with pytest.raises(Interrupted) as raised:
        play(tmp_path, text, progress=stop)
    result = raised.value.result
    assert (result.verdict, result.detail) == (Verdict.ERROR, "interrupted")
    assert Path(result.evidence, "client.log").read_text() == "ready\n"


def test_somebody_else_s_folder_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "evidence" / "a-case").mkdir(parents=True)
    (tmp_path / "evidence" / "a-case" / "thesis.txt").write_text("years")
    with pytest.raises(FleetError, match="not evidence"):
        play(tmp_path, "timeline: [{at: 1s, note: hello}]")


def test_a_hook_of_the_project_acts_and_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "journey_hooks.py").write_text(
        "door = []\ndef open_(): door.append(1)\ndef view(): return len(door)\n"
    )
    result = play(
        tmp_path,
        """
        timeline:
          - at: 1s
            call: python:journey_hooks.open_
            expect: {call: {hook: "python:journey_hooks.view", returns: "1"}}
          - {at: 2s, call: python:journey_hooks.absent}
        """,
    )
    assert list(verdicts(result).values()) == ["passed", "error"]
    assert "no function journey_hooks.absent" in failure_text(result)
