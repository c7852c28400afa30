"""IPv4 link-local addresses as RFC 3927 has them."""

from __future__ import annotations

from ipaddress import IPv4Address
from itertools import pairwise

import pytest

from simulator.chance import Chance
from simulator.wire.dhcp.link_local import Announce, Begin, Claimed, End, GivenUp, Heard, LinkLocal, Phase, Probe


def session(serial: str = "B8A44F010203", *, always_defends: bool = True, seed: int = 1) -> LinkLocal:
    candidates = Chance(0).stream("IPv4LL", serial)
    return LinkLocal(candidates, Chance(seed).stream("delays"), always_defends=always_defends)


def run(one: LinkLocal, until: float, *, taken: frozenset[str] = frozenset()) -> list[tuple[float, object]]:
    """Everything said up to a time; a probe for a taken address is answered."""
    said: list[tuple[float, object]] = []
    while (due := one.next_deadline()) is not None and due <= until:
        one.tick(due)
        for output in one.take_output():
            said.append((due, output))
            if isinstance(output, Probe) and output.address in taken:
                one.receive(Heard(output.address), due)
    return said


@pytest.mark.parametrize("seed", range(20))
def test_three_probes_then_the_claim_after_4_to_7_seconds(seed):
    one = session(seed=seed)
    one.send(Begin(), 100.0)
    said = run(one, 200.0)
    assert [type(output) for _, output in said] == [Probe, Probe, Probe, Claimed, Announce, Announce]
    times = [at for at, _ in said]
    assert 100 <= times[0] <= 101
    assert 1 <= times[1] - times[0] <= 2
    assert 1 <= times[2] - times[1] <= 2
    assert times[3] - times[2] == pytest.approx(2)
    assert times[5] - times[4] == pytest.approx(2)
    assert len({output.address for _, output in said}) == 1


def test_a_device_comes_back_to_its_own_address_and_another_has_another():
    def claimed(serial: str, seed: int) -> str:
        one = session(serial, seed=seed)
        one.send(Begin(), 0.0)
        run(one, 20.0)
        return one.address

    assert claimed("B8A44F010203", 1) == claimed("B8A44F010203", 2)
    assert claimed("B8A44F010203", 1) != claimed("B8A44F010204", 1)


def test_candidates_stay_inside_the_allowed_range():
    one = session()
    for _ in range(2000):
        one.address = ""
        one._pick()
        assert IPv4Address("169.254.1.0") <= IPv4Address(one.address) <= IPv4Address("169.254.254.255")


def test_a_conflict_while_probing_leads_to_the_next_candidate():
    first = session()
    first.send(Begin(), 0.0)
    run(first, 20.0)
    one = session()
    one.send(Begin(), 0.0)
    said = run(one, 30.0, taken=frozenset({first.address}))
    assert one.phase is Phase.CLAIMED
    assert one.address != first.address
    assert sum(isinstance(output, Claimed) for _, output in said) == 1


def test_after_ten_conflicts_one_try_a_minute():
    one = session()
    one.send(Begin(), 0.0)
    probes = []
    while len(probes) < 14:
        due = one.next_deadline()
        one.tick(due)
        probes += [due for output in one.take_output() if isinstance(output, Probe)]
        one.receive(Heard(one.address), due)
    apart = [later - earlier for earlier, later in pairwise(probes)]
    assert all(gap <= 1 for gap in apart[:9])
    assert all(60 <= gap <= 61 for gap in apart[10:])


def claimed_session(*, always_defends: bool) -> LinkLocal:
    one = session(always_defends=always_defends)
    one.send(Begin(), 0.0)
    run(one, 60.0)
    return one


def test_a_first_conflict_in_use_is_met_by_an_announcement():
    one = claimed_session(always_defends=False)
    address = one.address
    one.receive(Heard(address), 100.0)
    assert one.take_output() == [Announce(address)]
    one.receive(Heard(address), 110.0)
    assert one.take_output() == [Announce(address)]


def test_a_second_conflict_within_ten_seconds_costs_the_address():
    one = claimed_session(always_defends=False)
    address = one.address
    one.receive(Heard(address), 100.0)
    one.take_output()
    one.receive(Heard(address), 109.9)
    assert one.take_output() == [GivenUp(address)]
    said = run(one, 200.0)
    assert isinstance(said[3][1], Claimed)
    assert said[3][1].address != address


def test_a_compliant_device_always_defends():
    one = claimed_session(always_defends=True)
    for at in range(100, 110):
        one.receive(Heard(one.address), float(at))
    assert set(one.take_output()) == {Announce(one.address)}


def test_others_and_the_end_are_ignored():
    one = claimed_session(always_defends=False)
    address = one.address
    one.receive(Heard("169.254.9.9"), 100.0)
    one.send(Begin(), 101.0)
    assert one.take_output() == []
    one.send(End(), 102.0)
    one.receive(Heard(address), 103.0)
    assert one.take_output() == []
    assert one.next_deadline() is None


def test_settled_at_once():
    one = session()
    one.send(Begin(at_once=True), 0.0)
    assert one.take_output() == [Claimed(one.address)]
    assert one.next_deadline() is None
