"""Transactions in every state against everything that can happen, as RFC 3261 section 17 and RFC 6026 draw them.

A cell says the next state and, after a blank, what is seen: `+` something is sent, the number is a status told to the
user. A dot: nothing, and the state stays. End: Terminated.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sip_agent_bench import request

from simulator.wire.sip import client_transaction as client
from simulator.wire.sip import server_transaction as server
from simulator.wire.sip.composition import made_here
from simulator.wire.sip.message import Request, Response, parse
from simulator.wire.sip.packet import Destination, Packet
from simulator.wire.sip.timer import Schedule, Timing

CLIENT_EVENTS = ["1xx", "2xx", "4xx", "A/E", "B/F", "over", "transport"]
CLIENT = {
    "INVITE": """
        Calling     Proceeding/180  Accepted/200  Completed/+404  Calling/+  End/408  .    End/503
        Proceeding  Proceeding/180  Accepted/200  Completed/+404  .          .        .    .
        Accepted    .               Accepted/200  .               .          .        End  .
        Completed   .               .             Completed/+     .          .        End  End
        End         .               .             .               .          .        .    .
    """,
    "OPTIONS": """
        Trying      Proceeding/180  Completed/200  Completed/404  Trying/+      End/408  .    End/503
        Proceeding  Proceeding/180  Completed/200  Completed/404  Proceeding/+  End/408  .    End/503
        Completed   .               .              .              .             .        End  .
        End         .               .              .              .             .        .    .
    """,
}
SERVER_EVENTS = ["request", "ACK", "1xx", "2xx", "4xx", "G", "H", "over", "transport"]
SERVER = {
    "INVITE": """
        Proceeding  Proceeding/+  .          Proceeding/+  Accepted/+  Completed/+  .            .         .    End/lost
        Accepted    .             .          .             Accepted/+  .            .            .         End  Accepted/lost
        Completed   Completed/+   Confirmed  .             .           .            Completed/+  End/lost  .    End/lost
        Confirmed   .             .          .             .           .            .            .         End  .
        End         .             .          .             .           .            .            .         .    .
    """,
    "OPTIONS": """
        Trying      .             .  Proceeding/+  Completed/+  Completed/+  .  .  .    .
        Proceeding  Proceeding/+  .  Proceeding/+  Completed/+  Completed/+  .  .  .    End/lost
        Completed   Completed/+   .  .             .            .            .  .  End  End/lost
        End         .             .  .             .            .            .  .  .    .
    """,
}


def cells(tables: dict[str, str], events: list[str]) -> list[tuple[str, str, str, str]]:
    found = []
    for method, table in tables.items():
        for line in table.strip().splitlines():
            state, *row = line.replace("End", "Terminated").split()
            assert len(row) == len(events), line
            found += [(method, state, event, cell) for event, cell in zip(events, row, strict=True)]
    return found


class Client:
    """One client transaction, its time, and what is seen of it."""

    INTO = {  # noqa: RUF012 - a table
        "Calling": [], "Trying": [], "Proceeding": ["1xx"], "Accepted": ["2xx"], "Completed": ["4xx"],
        "Terminated": ["transport"],
    }  # fmt: skip

    def __init__(self, method: str, transport: str = "UDP") -> None:
        self.schedule = Schedule()
        self.sent: list[Packet] = []
        self.told: list[int] = []
        self.forgotten = 0
        asked = parse(request(method))
        assert isinstance(asked, Request)
        self.transaction = client.ClientTransaction(
            asked,
            Packet(asked.encode(), Destination("127.0.0.9", 5060, transport), "z9hG4bKa", method),
            lambda response, _: self.told.append(response.status),
            schedule=self.schedule,
            timing=Timing(),
            put=self.sent.append,
            forget=lambda _: setattr(self, "forgotten", self.forgotten + 1),
        )
        self.now = 0.0
        self.transaction.start(0.0)

    def happen(self, event: str) -> str:
        sent, told = len(self.sent), len(self.told)
        happenings: dict[str, Callable[[], None]] = {
            "1xx": lambda: self.respond(180),
            "2xx": lambda: self.respond(200),
            "4xx": lambda: self.respond(404),
            "A/E": lambda: self.transaction._happen(client.Happening.REPEAT, self.now),
            "B/F": lambda: self.transaction._happen(client.Happening.TIMEOUT, self.now),
            "over": lambda: self.transaction._happen(client.Happening.OVER, self.now),
            "transport": lambda: self.transaction.fail(self.now),
        }
        happenings[event]()
        seen = "+" * (len(self.sent) > sent) + "".join(map(str, self.told[told:]))
        return f"{self.transaction.state}/{seen}" if seen else str(self.transaction.state)

    def respond(self, status: int) -> None:
        self.transaction.receive(made_here(status), self.now)

    def advance(self, until: float) -> None:
        while (due := self.schedule.next_deadline()) is not None and due <= until:
            self.now = due
            self.schedule.tick(due)
        self.now = until


class Server:
    """One server transaction."""

    INTO = {  # noqa: RUF012 - a table
        "Trying": [], "Proceeding": ["1xx"], "Accepted": ["2xx"], "Completed": ["4xx"], "Confirmed": ["4xx", "ACK"],
        "Terminated": ["4xx", "transport"],
    }  # fmt: skip

    def __init__(self, method: str, transport: str = "UDP") -> None:
        self.schedule = Schedule()
        self.sent: list[Packet] = []
        self.lost = self.forgotten = 0
        asked = parse(request(method))
        assert isinstance(asked, Request)
        self.transaction = server.ServerTransaction(
            asked,
            ("key",),
            Destination("127.0.0.9", 5060, transport),
            schedule=self.schedule,
            timing=Timing(),
            put=self.sent.append,
            forget=lambda _: setattr(self, "forgotten", self.forgotten + 1),
        )
        self.transaction.lost = lambda _: setattr(self, "lost", self.lost + 1)
        self.now = 0.0

    def happen(self, event: str) -> str:
        sent, lost = len(self.sent), self.lost
        happenings: dict[str, Callable[[], None]] = {
            "request": lambda: self.transaction.repeated(self.now),
            "ACK": lambda: self.transaction.acknowledged(self.now),
            "1xx": lambda: self.transaction.respond(180, b"180", self.now),
            "2xx": lambda: self.transaction.respond(200, b"200", self.now),
            "4xx": lambda: self.transaction.respond(404, b"404", self.now),
            "G": lambda: self.transaction._happen(server.Happening.REPEAT, self.now),
            "H": lambda: self.transaction._happen(server.Happening.NO_ACK, self.now),
            "over": lambda: self.transaction._happen(server.Happening.OVER, self.now),
            "transport": lambda: self.transaction.fail(self.now),
        }
        happenings[event]()
        seen = "+" * (len(self.sent) > sent) + "lost" * (self.lost > lost)
        return f"{self.transaction.state}/{seen}" if seen else str(self.transaction.state)

    def advance(self, until: float) -> None:
        while (due := self.schedule.next_deadline()) is not None and due <= until:
            self.now = due
            self.schedule.tick(due)
        self.now = until


@pytest.mark.parametrize(("method", "state", "event", "cell"), cells(CLIENT, CLIENT_EVENTS))
def test_client_table(method: str, state: str, event: str, cell: str) -> None:
    end = Client(method)
    for step in end.INTO[state]:
        end.happen(step)
    assert end.transaction.state == state
    assert end.happen(event) == (state if cell == "." else cell)
    if end.transaction.state == "Terminated":
        assert end.forgotten == 1
        assert len(end.schedule) == 0
        assert end.transaction.request is None


@pytest.mark.parametrize(("method", "state", "event", "cell"), cells(SERVER, SERVER_EVENTS))
def test_server_table(method: str, state: str, event: str, cell: str) -> None:
    end = Server(method)
    for step in end.INTO[state]:
        end.happen(step)
    assert end.transaction.state == state
    assert end.happen(event) == (state if cell == "." else cell)
    if end.transaction.state == "Terminated":
        assert end.forgotten == 1
        assert len(end.schedule) == 0
    if end.transaction.state in {"Accepted", "Completed", "Confirmed", "Terminated"}:
        assert end.transaction.echo is None  # bytes are kept, no objects


@pytest.mark.parametrize(
    ("method", "transport", "sent", "over"),
    [
        ("INVITE", "UDP", [0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5], 32),
        ("INVITE", "TCP", [0], 32),
        ("OPTIONS", "UDP", [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5], 32),
        ("OPTIONS", "TLS", [0], 32),
    ],
)
def test_a_request_that_nobody_answers(method: str, transport: str, sent: list[float], over: float) -> None:
    end = Client(method, transport)
    times = [0.0]
    while (due := end.schedule.next_deadline()) is not None:
        end.advance(due)
        times += [due] * (len(end.sent) - len(times))
    assert times == sent
    assert (end.told, end.now) == ([408], over)


def test_a_non_invite_goes_on_every_4_s_after_a_provisional() -> None:
    end = Client("OPTIONS")
    end.happen("1xx")
    end.advance(20)
    assert len(end.sent) == 1 + 1 + 4  # at 0.5 as set before, then at 4.5, 8.5, 12.5, 16.5


@pytest.mark.parametrize(
    ("method", "transport", "status", "over"),
    [
        ("INVITE", "UDP", 200, 32),
        ("INVITE", "TCP", 200, 32),
        ("INVITE", "UDP", 404, 32),
        ("INVITE", "TCP", 404, 0),
        ("OPTIONS", "UDP", 200, 5),
        ("OPTIONS", "TCP", 200, 0),
    ],
)
def test_timers_m_d_and_k(method: str, transport: str, status: int, over: float) -> None:
    end = Client(method, transport)
    end.respond(status)
    end.advance(over - 0.1 if over else 0)
    assert end.forgotten == (0 if over else 1)
    end.advance(over)
    assert end.forgotten == 1


def test_timer_g_repeats_a_failure_on_udp_until_h() -> None:
    end = Server("INVITE")
    end.happen("4xx")
    times, seen = [], 0
    while (due := end.schedule.next_deadline()) is not None:
        end.advance(due)
        times += [due] * (len(end.sent) - 1 - seen)
        seen = len(end.sent) - 1
    assert times == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert (end.lost, end.now) == (1, 32)


def test_no_timer_g_on_a_stream_but_h() -> None:
    end = Server("INVITE", "TCP")
    end.happen("4xx")
    end.advance(100)
    assert len(end.sent) == 1
    assert end.lost == 1


@pytest.mark.parametrize(
    ("method", "transport", "steps", "over"),
    [
        ("INVITE", "UDP", ["4xx", "ACK"], 5),
        ("INVITE", "TCP", ["4xx", "ACK"], 0),
        ("INVITE", "TCP", ["2xx"], 32),
        ("OPTIONS", "UDP", ["2xx"], 32),
        ("OPTIONS", "TCP", ["2xx"], 0),
    ],
)
def test_timers_i_l_and_j(method: str, transport: str, steps: list[str], over: float) -> None:
    end = Server(method, transport)
    for step in steps:
        end.happen(step)
    end.advance(over - 0.1 if over else 0)
    assert end.forgotten == (0 if over else 1)
    end.advance(over)
    assert end.forgotten == 1


def test_the_ack_of_a_failure_copies_its_invite() -> None:
    end = Client("INVITE")
    failure = made_here(404)
    failure.headers.add("To", "<sip:1001@127.0.0.7>;tag=x")
    end.transaction.receive(Response(404, "Not Found", failure.headers), 0.0)
    ack, invite = parse(end.sent[-1].data), parse(end.sent[0].data)
    assert isinstance(ack, Request)
    assert isinstance(invite, Request)
    assert ack.headers.raw("via") == invite.headers.raw("via")[:1]
    assert ack.headers.get("to") == "<sip:1001@127.0.0.7>;tag=x"
    assert ack.headers.get("cseq") == "1 ACK"
    assert ack.uri == invite.uri
