"""Calls in any order of what a peer, the device and time do (audio sheet 8.4 and 8.8)."""

from __future__ import annotations

from call_bench import FACTORY, PHONE, Line
from device_bench import Bench
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator.device.call import Call, CallState, Outcome, Reason
from simulator.device.call_setting import CallServiceRefused


class CallMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: order of events, one call at a time, no timer that outlives a call."""

    @initialize(auto=st.booleans())
    def start(self, auto: bool) -> None:
        self.line = Line(Bench("C1410"), CallingTimeout=5, AnsweringTimeout=7)
        self.line.account(AutoAnswerEnabled=auto, Attribute=[{"Name": "MaxCallDuration", "Value": "11"}])
        self.known: list[Call] = []

    @rule()
    def place(self) -> None:
        try:
            self.known.append(self.line.calls.place(PHONE))
        except CallServiceRefused:
            assert self.line.calls.live

    @rule()
    def incoming(self) -> None:
        decision = self.line.calls.incoming(PHONE, "sip:x@y", FACTORY)
        if decision.call is not None:
            self.known.append(decision.call)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), what=st.sampled_from(["ringing", "answered", "ended", "hang_up", "cancelled", "busy"]))
    def happen(self, data: st.DataObject, what: str) -> None:
        call = data.draw(st.sampled_from(self.known))
        if what == "cancelled":
            call.ended(Outcome.CANCELLED)
        elif what == "busy":
            call.ended(Reason.BUSY)
        else:
            getattr(call, what)()

    @rule(seconds=st.sampled_from([0.5, 5.0, 7.0, 12.0]))
    def wait(self, seconds: float) -> None:
        self.line.bench.advance(seconds)

    @rule()
    def switch(self) -> None:
        self.line.service.configure({"SIPEnabled": False})
        self.line.service.configure({"SIPEnabled": True})
        if not self.line.calls.live:
            self.line.bench.published.clear()  # the state was declared anew

    def teardown(self) -> None:
        """No timer outlives its call."""
        for call in self.known:
            call.ended()
        self.line.bench.published.clear()
        self.line.wishes.clear()
        self.line.bench.advance(60)
        assert (self.line.told(), self.line.wishes) == ([], [])

    @invariant()
    def one_call_at_a_time(self) -> None:
        if not hasattr(self, "line"):
            return
        live = self.line.calls.live
        assert len(live) <= 1
        assert all(not call.over for call in live)

    @invariant()
    def the_state_is_that_of_the_call(self) -> None:
        if not hasattr(self, "line"):
            return
        (state,) = self.line.bench.states("Call/State")
        live = self.line.calls.live
        assert state["CallState"] == (live[0].told.value if live else "Idle")
        self.line.bench.advance(0)  # what rules have to do with it

    @invariant()
    def every_change_of_state_but_ringing_follows_its_reason(self) -> None:
        if not hasattr(self, "line"):
            return
        words = {state.value for state in CallState}
        before = ""
        for word in self.line.told():
            if word in words - {"Ringing", "Terminated"}:
                assert before not in words - {"Terminated"}
            before = word


TestCallMachine = CallMachine.TestCase
TestCallMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
