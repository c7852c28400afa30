"""Every option with its ini twin, the header line, and what is said about a wrong value."""

from __future__ import annotations

import pytest


def test_header_tells_the_ground_of_the_run(inner):
    inner.file("def test_nothing(): pass")
    inner.run().stdout.fnmatch_lines(
        ["axis: seed=1 clock=real firmware=12.9.57 addresses=first free block of 127/8 evidence=retain-on-failure"]
    )


def test_options_reach_the_fleet(inner, tell):
    inner.file(
        tell
        + """
def test_fleet(axis_fleet, axis_io, axis_options, axis_output_path):
    fleet = axis_fleet.fleet()
    tell("fleet", [fleet["mode"], fleet["clock"]["mode"], axis_io.firmware, axis_io.address])
    tell("options", [axis_options.seed, axis_options.strict, axis_output_path.parent.name])
"""
    )
    result = inner.run(
        "--axis-seed=4711", "--axis-clock=x10", "--axis-firmware=11.11.192", "--axis-bind=127.0.0.1",
        "--axis-evidence=on", "--axis-evidence-dir=found", "--axis-strict",
    )  # fmt: skip
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["axis: seed=4711 clock=x10 firmware=11.11.192 addresses=127.0.0.1 evidence=on"])
    assert inner.told("fleet") == ["ephemeral", "scaled", "11.11.192", "127.0.0.1"]
    assert inner.told("options") == [4711, True, "found"]
    assert len(list(inner.path.glob("found/test-inner-py-test-fleet-*/timeline.html"))) == 1


def test_each_option_has_an_ini_twin(inner, tell):
    inner.ini(
        axis_seed="4712", axis_clock="virtual", axis_firmware="10.12.130", axis_bind="41",
        axis_evidence="off", axis_evidence_dir="kept", axis_strict="true",
    )  # fmt: skip
    inner.file(
        tell
        + """
def test_fleet(axis_fleet, axis_io, axis_options, axis_output_path, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    fleet = axis_fleet.fleet()
    tell("fleet", [fleet["mode"], fleet["clock"]["mode"], axis_io.firmware, axis_options.strict])
    tell("folder", str(axis_output_path.parent))
"""
    )
    result = inner.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["axis: seed=4712 clock=virtual firmware=10.12.130 addresses=127.180.0.0/16 evidence=off"]
    )
    assert inner.told("fleet") == ["loopback", "stepped", "10.12.130", True]
    assert inner.told("folder") == str(inner.path / "kept")


def test_the_command_line_wins_over_the_ini(inner):
    inner.ini(axis_seed="5", axis_clock="virtual", axis_attach="http://127.0.0.1:9")
    inner.file("def test_nothing(): pass")
    result = inner.run("--axis-seed=0", "--axis-clock=real")
    result.stdout.fnmatch_lines(["axis: seed=0 clock=real * addresses=http://127.0.0.1:9 *"])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--axis-seed=many", "--axis-seed: 'many' is no whole number from 0 to 999999999999999999"),
        ("--axis-evidence=always", "--axis-evidence: 'always' is none of off, on, retain-on-failure"),
        ("--axis-clock=fast", "--axis-clock: 'fast' is none of real, x10, virtual"),
        ("--axis-bind=10.0.0.1", "--axis-bind: '10.0.0.1' is neither 127.0.0.1 nor a block from 0 to 59"),
        ("--axis-bind=60", "--axis-bind: '60' is neither 127.0.0.1 nor a block from 0 to 59"),
        ("--axis-attach=localhost", "--axis-attach: 'localhost' is no control address such as http://127.0.0.1:8800"),
        ("--axis-firmware=9.80", "--axis-firmware: '9.80' is none of 10.12.130, 11.11.192, 12.9.57, nor a full version*"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_a_usage_error_that_names_the_valid_ones(inner, option, told):
    result = inner.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {told}"])


def test_a_wrong_ini_value_is_a_usage_error_too(inner):
    inner.ini(axis_clock="slow")
    result = inner.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --axis-clock: 'slow' is none of real, x10, virtual"])


def test_several_firmwares_parametrise(inner):
    inner.file("""
def test_io(axis_io): assert axis_io.firmware in ("11.11.192", "12.9.57")

@pytest.mark.axis(firmware="10.12.130")
def test_named(axis_io): assert axis_io.firmware == "10.12.130"

def test_plain(): pass
""")
    result = inner.run("--axis-firmware=11.11.192", "--axis-firmware=12.9.57", "-v")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "*::test_io[[]11.11.192] PASSED*",
            "*::test_io[[]12.9.57] PASSED*",
            "*::test_named PASSED*",
            "*::test_plain PASSED*",
        ]
    )


def test_the_same_seed_gives_the_same_devices_whatever_the_order(inner, tell):
    inner.file(
        tell
        + """
def note(request, device):
    with open("serials.txt", "a") as file: file.write(f"{request.node.name} {device.serial}\\n")

def test_one(request, axis_io): note(request, axis_io)
def test_two(request, axis_io): note(request, axis_io)
@pytest.mark.axis(seed=77)
def test_fixed(request, axis_io): note(request, axis_io)
"""
    )

    def serials(*arguments: str) -> dict[str, str]:
        inner.run(*arguments).assert_outcomes(passed=3)
        written = inner.path / "serials.txt"
        lines = written.read_text().split("\n")[:-1]
        written.unlink()
        return dict(line.split() for line in lines)

    inner.ini(addopts="-p no:cacheprovider")  # with pytest-randomly: another order each time
    first = serials("--axis-seed=5", "--randomly-seed=1")
    assert len(set(first.values())) == 3
    assert serials("--axis-seed=5", "--randomly-seed=2") == first
    inner.ini()
    other = serials("--axis-seed=6")
    assert other["test_one"] != first["test_one"]
    assert other["test_fixed"] == first["test_fixed"], "the marker's seed wins"
