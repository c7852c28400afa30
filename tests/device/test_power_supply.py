"""Power over Ethernet and the DC input: the five rules of the A9210 manual, "Power priority"."""

from __future__ import annotations

import pytest
from device_bench import Bench

from simulator.device.lifecycle import Phase
from simulator.device.power_supply import PowerSource
from simulator.errors import FleetError

POE, DC = PowerSource.POE, PowerSource.DC


def module(*sources: PowerSource) -> Bench:
    """An A9210 without power, with these sources wired."""
    bench = Bench("A9210", running=False)
    bench.device.power.wire(sources)
    return bench


def started(*sources: PowerSource) -> Bench:
    bench = module(*sources)
    bench.device.lifecycle.power_on()
    bench.boot()
    return bench


def test_poe_powers_a_device_that_finds_both() -> None:
    assert started(POE, DC).device.power.source is POE


def test_dc_takes_over_from_poe_without_a_restart() -> None:
    bench = started(POE, DC)
    bootid = bench.device.lifecycle.bootid
    bench.device.power.lose(POE)
    assert bench.device.power.source is DC
    assert (bench.device.lifecycle.phase, bench.device.lifecycle.bootid) == (Phase.RUNNING, bootid)


def test_a_device_that_loses_dc_restarts_on_poe() -> None:
    bench = started(DC)
    bench.device.power.regain(POE)
    assert bench.device.power.source is DC, "PoE that comes later is not used"
    bootid = bench.device.lifecycle.bootid
    bench.device.power.lose(DC)
    assert bench.device.lifecycle.phase is Phase.BOOTING
    assert bench.device.power.source is POE
    bench.boot()
    assert bench.device.lifecycle.bootid != bootid


def test_dc_that_comes_later_is_not_used() -> None:
    bench = started(POE)
    bench.device.power.regain(DC)
    assert bench.device.power.source is POE
    bench.device.power.lose(DC)
    assert bench.device.lifecycle.phase is Phase.RUNNING


def test_dc_stays_in_use_after_poe_returns() -> None:
    bench = started(POE, DC)
    bench.device.power.lose(POE)
    bench.device.power.regain(POE)
    assert bench.device.power.source is DC


@pytest.mark.parametrize("first", [POE, DC])
def test_without_any_source_it_is_dark(first: PowerSource) -> None:
    bench = started(POE, DC)
    bench.device.power.lose(first)
    bench.device.power.lose()
    assert bench.device.lifecycle.phase is Phase.OFF
    assert (bench.device.power.source, bench.device.power.live) == (None, ())
    bench.device.power.regain()
    assert bench.device.power.source is POE, "both come back at once"


def test_both_lost_at_one_instant_start_nothing() -> None:
    bench = started(DC)
    bench.device.power.regain(POE)
    boots = bench.device.lifecycle.boots
    bench.device.power.lose()
    assert (bench.device.lifecycle.phase, bench.device.lifecycle.boots) == (Phase.OFF, boots)


def test_a_speaker_has_no_dc_input() -> None:
    with pytest.raises(FleetError, match="no dc input"):
        Bench("C1410").device.power.wire([DC])


def test_every_change_is_journalled() -> None:
    bench = started(POE, DC)
    bench.device.power.lose(POE)
    assert list(bench.noted("power"))[-1] == {"live": "dc", "source": "dc"}
