"""Who speaks SIP, in place of it, for tests of a speaker's calls."""

from __future__ import annotations

from dataclasses import replace

from device_bench import Bench

from simulator.device.call import Call
from simulator.device.call_service import CallService
from simulator.device.calls import Calls

PHONE = "sip:alice@192.0.2.9"
FACTORY = "sip_account_0"


class Line:
    """Who speaks SIP, in place of it: writes down what the device wants, and says what the far end does."""

    def __init__(self, bench: Bench, **configuration: object) -> None:
        service, calls = bench.device.call_service, bench.device.calls
        assert service is not None
        assert calls is not None
        self.bench = bench
        self.service: CallService = service
        self.calls: Calls = calls
        self.wishes: list[tuple[str, Call]] = []
        self.calls.on_place(lambda call: self.wishes.append(("place", call)))
        self.calls.on_answer(lambda call: self.wishes.append(("answer", call)))
        self.calls.on_hang_up(lambda call, before: self.wishes.append((f"hang up {before.value}", call)))
        self.service.configure({"SIPEnabled": True, "AllowIncomingCalls": True, **configuration})
        bench.published.clear()

    def account(self, **values: object) -> None:
        self.service.accounts.put({"Id": FACTORY, **values})

    @property
    def wished(self) -> list[str]:
        return [what for what, _ in self.wishes]

    def told(self) -> list[str]:
        """Reasons and states in the order in which they were published."""
        return [e.data[0][1] for e in self.bench.published if e.topic.startswith("tnsaxis:Call/State")]

    def ring(self) -> Call:
        decision = self.calls.incoming(PHONE, "sip:peer-to-peer@192.0.2.1", FACTORY)
        assert decision.call is not None
        return decision.call


def quirk(bench: Bench, **changed: object) -> None:
    """Another firmware's guesses."""
    sip = bench.device.profile.quirks.sip
    assert sip is not None
    other = bench.device.profile.quirks.model_copy(update={"sip": sip.model_copy(update=changed)})
    bench.device.profile = replace(bench.device.profile, quirks=other)
