"""Two user agents over a network that loses, repeats and reorders datagrams: whatever both owners do, a call ends the
same way on both sides, is told once, and nothing of it is left."""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from sip_agent_bench import ANSWER, OFFER

from simulator.chance import Chance, Stream
from simulator.wire.sip.account import Account
from simulator.wire.sip.command import (
    Answer,
    AnswerOffer,
    Cancel,
    Command,
    HangUp,
    Hold,
    Offer,
    PlaceCall,
    RefuseOffer,
    Reject,
    Resume,
    Ring,
    SendInfo,
)
from simulator.wire.sip.event import CallEnded, End, IncomingCall, OfferReceived, OfferWanted
from simulator.wire.sip.message import parse
from simulator.wire.sip.settings import UserAgentSettings
from simulator.wire.sip.user_agent import UserAgent

MOST_LOST = 2
"""Times that the same datagram is lost in a row: the network is bad, not cut."""
LONGEST_DELAY = 1.5

GAVE_UP = (End.CANCELLED, End.NO_ANSWER, End.NO_DESCRIPTION)
TOGETHER = {
    frozenset(pair)
    for pair in [
        (End.HUNG_UP, End.PEER_HUNG_UP),
        (End.HUNG_UP,),
        (End.NO_DESCRIPTION, End.PEER_HUNG_UP),
        (End.NO_DESCRIPTION, End.HUNG_UP),
        (End.REFUSED, End.REJECTED),
        (End.REFUSED, End.NO_ANSWER),
        *((ours, End.PEER_CANCELLED) for ours in GAVE_UP),
        *((ours, End.PEER_HUNG_UP) for ours in GAVE_UP),
        *((ours, End.HUNG_UP) for ours in GAVE_UP),
        *((ours, theirs) for ours in GAVE_UP for theirs in (End.REJECTED, End.NO_ANSWER, End.NO_DESCRIPTION)),
    ]
}
"""How both sides may have seen the end of a call; a set of one: both the same way."""


class Side:
    """One user agent, its calls by Call-ID, and how they ended."""

    def __init__(self, name: str, seed: int, reliable: bool) -> None:
        self.name, self.address = name, f"127.0.0.{ord(name)}"
        chosen = UserAgentSettings(
            address=self.address, max_calls=0, calling_timeout=40, ringing_limit=50, reliable_provisionals=reliable
        )
        self.agent = UserAgent(chosen, Chance(seed).stream(name))
        self.call_ids: dict[int, str] = {}
        self.incoming: list[int] = []
        self.ends: dict[str, End] = {}
        self.told: Counter[int] = Counter()


class TwoAgents(RuleBasedStateMachine):
    """The machine."""

    @initialize(seed=st.integers(0, 2**32), loss=st.sampled_from([0, 10, 30]), reliable=st.booleans())
    def begin(self, seed: int, loss: int, reliable: bool) -> None:
        self.now = 0.0
        self.sides = {name: Side(name, seed, reliable) for name in "ab"}
        self.fate: Stream = Chance(seed).stream("network")
        self.loss = loss
        self.serial = 0
        self.network: list[tuple[float, int, str, bytes]] = []
        self.lost: Counter[bytes] = Counter()

    # What the owners do

    @rule(name=st.sampled_from("ab"), late=st.booleans())
    def place(self, name: str, late: bool) -> None:
        side, other = self.sides[name], self.other(name)
        account = Account(f"sip:{name}@{side.address}", name)
        call = side.agent.send(PlaceCall(f"sip:x@{other.address}", account, b"" if late else OFFER), self.now)
        packet = side.agent.take_output()[0]
        side.call_ids[call] = parse(packet.data).headers.get("call-id") or ""
        self.carry(name, packet.data)
        self.settle()

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5), early=st.booleans())
    def ring(self, name: str, which: int, early: bool) -> None:
        self.order(name, which, lambda call: Ring(call, 183 if early else 180, ANSWER if early else b""))

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5), after=st.sampled_from([0.0, 0.7]))
    def answer(self, name: str, which: int, after: float) -> None:
        self.order(name, which, lambda call: Answer(call, ANSWER, after))

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5))
    def reject(self, name: str, which: int) -> None:
        self.order(name, which, Reject)

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5))
    def hang_up(self, name: str, which: int) -> None:
        self.order(name, which, HangUp)

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5))
    def cancel(self, name: str, which: int) -> None:
        self.order(name, which, Cancel)

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5), what=st.sampled_from("hrou"))
    def renegotiate(self, name: str, which: int, what: str) -> None:
        made = {"h": Hold, "r": Resume, "o": lambda c: Offer(c, b""), "u": lambda c: Offer(c, OFFER, "UPDATE")}[
            what
        ]
        self.order(name, which, made)

    @rule(name=st.sampled_from("ab"), which=st.integers(0, 5))
    def info(self, name: str, which: int) -> None:
        self.order(name, which, lambda call: SendInfo(call, "application/dtmf-relay", b"Signal=5"))

    @rule(seconds=st.sampled_from([0.1, 0.5, 2.0, 35.0, 70.0]))
    def wait(self, seconds: float) -> None:
        until = self.now + seconds
        while (due := self.next_due()) is not None and due <= until:
            self.now = max(due, self.now)
            self.step()
        self.now = until

    def teardown(self) -> None:
        if not hasattr(self, "sides"):
            return
        self.loss = 0
        self.wait(120)
        for name, side in self.sides.items():
            for call in tuple(side.call_ids):
                side.agent.send(HangUp(call), self.now)
            self.pump(name)
        self.settle()
        self.wait(300)
        self.check()

    def check(self) -> None:
        for side in self.sides.values():
            assert side.agent.idle, f"something is left of {side.name}"
            assert set(side.told.values()) <= {1}
            assert len(side.told) == len(side.call_ids)
        a, b = self.sides.values()
        for call_id in a.ends.keys() | b.ends.keys():
            ends = [side.ends[call_id] for side in (a, b) if call_id in side.ends]
            if len(ends) == 1:
                assert ends[0] in GAVE_UP, "only one side knew of it"
            else:
                assert frozenset(ends) in TOGETHER, f"{ends}"

    # The network

    def other(self, name: str) -> Side:
        return self.sides["b" if name == "a" else "a"]

    def order(self, name: str, which: int, made: object) -> None:
        side = self.sides[name]
        alive = [call for call in side.call_ids if call not in side.told]
        if alive:
            command: Command = made(alive[which % len(alive)])  # type: ignore[operator]
            side.agent.send(command, self.now)
            self.settle()

    def carry(self, name: str, data: bytes) -> None:
        if self.fate.randrange(100) < self.loss and self.lost[data] < MOST_LOST:
            self.lost[data] += 1
            return
        copies = 2 if self.fate.randrange(100) < self.loss else 1
        for _ in range(copies):
            late = self.fate.random() * LONGEST_DELAY if self.fate.randrange(100) < self.loss else 0.0
            self.serial += 1
            heappush(self.network, (self.now + late, self.serial, self.other(name).name, data))

    def next_due(self) -> float | None:
        dues = [due for side in self.sides.values() if (due := side.agent.next_deadline()) is not None]
        if self.network:
            dues.append(self.network[0][0])
        return min(dues, default=None)

    def settle(self) -> None:
        for name in self.sides:
            self.pump(name)
        self.step()

    def step(self) -> None:
        """Deliver and do all that is due."""
        for name, side in self.sides.items():
            side.agent.tick(self.now)
            self.pump(name)
        while self.network and self.network[0][0] <= self.now:
            _, _, name, data = heappop(self.network)
            self.sides[name].agent.receive(data, (self.other(name).address, 5060), "UDP", self.now)
            self.pump(name)

    def pump(self, name: str) -> None:
        side = self.sides[name]
        while (events := side.agent.take_events()) or (packets := side.agent.take_output()):
            for event in events:
                self.heard(side, event)
            if not events:
                for packet in packets:
                    self.carry(name, packet.data)

    def heard(self, side: Side, event: object) -> None:
        call = getattr(event, "call", 0)
        assert call not in side.told, f"{event} after the end"
        if isinstance(event, IncomingCall):
            side.call_ids[event.call] = event.call_id
        elif isinstance(event, CallEnded):
            side.told[call] += 1
            side.ends[side.call_ids[call]] = event.end
        elif isinstance(event, OfferReceived | OfferWanted):
            refuse = self.fate.randrange(5) == 0 and side.call_ids
            side.agent.send(RefuseOffer(call) if refuse else AnswerOffer(call, ANSWER), self.now)


TestTwoAgents = TwoAgents.TestCase
TestTwoAgents.settings = settings(stateful_step_count=30, deadline=None)
