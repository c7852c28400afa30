"""The DHCP client against anything a server or a wire can do to it."""

from __future__ import annotations

import math

import pytest
from dhcp_bench import ADDRESS, MAC, SERVER, Bench, settings
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from simulator.chance import Chance
from simulator.wire.dhcp import option
from simulator.wire.dhcp.client import DhcpClient
from simulator.wire.dhcp.event import (
    Bound,
    Decline,
    FallBack,
    Lost,
    Start,
    State,
    Transmit,
)
from simulator.wire.dhcp.message import Message, Op, Type, decode, encode

# Anything at all

offered = st.builds(
    lambda kind, given, server, lease, t1, t2: (kind, given, server, lease, t1, t2),
    st.sampled_from(list(Type)),
    st.sampled_from([ADDRESS, "127.16.0.9", "0.0.0.0", "255.255.255.255"]),
    st.sampled_from([SERVER, "127.19.0.9", None]),
    st.sampled_from([None, 0, 1, 2, 60, 600, option.INFINITE]),
    st.sampled_from([None, 0, 1, 30, option.INFINITE]),
    st.sampled_from([None, 0, 1, 50, option.INFINITE]),
)


@pytest.mark.fuzz
@given(st.lists(st.binary(max_size=400)), st.integers(0, 100))
def test_garbage_never_raises(garbage, seed):
    bench = Bench(seed=seed)
    bench.do(Start())
    for number, data in enumerate(garbage):
        bench.client.receive(data, bench.now)
        bench.run(float(number))


class HostileServer(RuleBasedStateMachine):
    """Whatever a server says or leaves out, the client lives on, and in the end has a lease or has fallen back."""

    @initialize(rhythm=st.sampled_from(["udhcpc", "rfc"]), known=st.sampled_from(["", ADDRESS]))
    def begin(self, rhythm, known):
        self.now = 0.0
        self.client = DhcpClient(settings(rhythm=rhythm), Chance(1).stream("client"))
        self.last: Message | None = None
        self.address: str | None = None
        self.fallen = False
        self.client.send(Start(known), 0.0)
        self.listen()

    def listen(self):
        for output in self.client.take_output():
            if isinstance(output, Transmit):
                self.last = decode(output.data)
            elif isinstance(output, Bound):
                self.address, self.fallen = output.terms.address, False
            elif isinstance(output, Lost):
                self.address = None
            elif isinstance(output, FallBack):
                self.fallen = True

    @rule(seconds=st.sampled_from([0.0, 0.4, 3.0, 40.0, 700.0]))
    def wait(self, seconds):
        until = self.now + seconds
        while (due := self.client.next_deadline()) is not None and due <= until:
            self.now = max(self.now, due)
            self.client.tick(self.now)
            self.listen()
        self.now = until

    @rule(answer=offered, xid=st.sampled_from(["right", "wrong"]), copies=st.integers(1, 3))
    def answer(self, answer, xid, copies):
        if self.last is None:
            return
        kind, given, server, lease, t1, t2 = answer
        options = {53: bytes([kind])}
        if server is not None:
            options[54] = option.address_bytes(server)
        times = ((51, lease), (58, t1), (59, t2))
        options |= {code: value.to_bytes(4, "big") for code, value in times if value is not None}
        number = self.last.xid if xid == "right" else self.last.xid ^ 1
        data = encode(Message(Op.REPLY, number, MAC, options, yiaddr=given))
        for _ in range(copies):
            self.client.receive(data, self.now)
            self.listen()

    @rule()
    def conflict(self):
        if self.address is not None and self.client.state in (State.BOUND, State.RENEWING, State.REBINDING):
            self.client.send(Decline(), self.now)
            self.address = None
            self.listen()

    @invariant()
    def an_address_is_held_exactly_while_the_lease_lasts(self):
        if hasattr(self, "client") and self.client.state in (State.BOUND, State.RENEWING, State.REBINDING):
            assert self.client.terms.address == self.address
            assert self.now <= self.client.terms.ends_at

    @invariant()
    def there_is_always_something_to_wait_for(self):
        if hasattr(self, "client"):
            infinite = self.client.terms is not None and self.client.terms.seconds == math.inf
            assert self.client.next_deadline() is not None or infinite

    def teardown(self):
        if hasattr(self, "client"):
            self.wait(4000.0)
            infinite = self.client.terms is not None and self.client.terms.seconds == math.inf
            assert infinite or self.fallen


TestHostileServer = HostileServer.TestCase


class LossyWorld(RuleBasedStateMachine):
    """However a scripted server was treated before: once it does everything right again, the client is bound."""

    @initialize()
    def begin(self):
        self.bench = Bench()
        self.bench.do(Start())

    @rule(
        verbs=st.dictionaries(
            st.sampled_from(["silent", "nak", "nak_on_renew", "duplicate", "wrong_xid", "no_subnet"]),
            st.booleans(),
            min_size=1,
        ),
        drop=st.sampled_from([0.0, 0.3, 1.0]),
        delay=st.sampled_from([0.0, 0.5, 7.0]),
        lease=st.sampled_from([1.0, 30.0, 600.0]),
        count=st.sampled_from([None, 1, 3]),
    )
    def script(self, verbs, drop, delay, lease, count):
        self.bench.script(count=count, **verbs)
        self.bench.script(drop=drop, delay=delay, lease=lease)

    @rule(seconds=st.sampled_from([0.5, 10.0, 300.0]))
    def wait(self, seconds):
        self.bench.run(self.bench.now + seconds)

    def teardown(self):
        if hasattr(self, "bench"):
            self.bench.script()
            self.bench.run(self.bench.now + 700.0)
            assert self.bench.client.state is State.BOUND


TestLossyWorld = LossyWorld.TestCase
