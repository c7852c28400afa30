"""The garbage collector rests while a fleet is made, and frees its cycles when it is gone."""

from __future__ import annotations

import gc
import weakref

import pytest

from simulator.fleet.collection import collect_all, making_what_stays


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def test_what_stays_is_left_out_until_all_is_collected() -> None:
    with making_what_stays():
        assert not gc.isenabled()
        cycle = weakref.ref(Cycle())
    assert gc.isenabled()
    gc.collect()
    assert cycle() is not None
    collect_all()
    assert cycle() is None
    assert gc.get_freeze_count() == 0


def test_a_fleet_that_cannot_be_made_leaves_the_collector_at_work() -> None:
    with pytest.raises(KeyError), making_what_stays():
        raise KeyError
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
