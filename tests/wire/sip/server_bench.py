"""A registrar and proxy on virtual time, and parties that talk to it by messages of their own."""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.chance import Chance
from simulator.wire.sip.account import Login
from simulator.wire.sip.digest import Attempts, DigestClient
from simulator.wire.sip.header import cseq
from simulator.wire.sip.message import Headers, Request, Response, parse
from simulator.wire.sip.packet import Address
from simulator.wire.sip.proxy import ProxySettings, ServerEvent, SipServer
from simulator.wire.sip.registrar import Registrar, RegistrarSettings
from simulator.wire.sip.registrar_script import RegistrarScript
from simulator.wire.sip.timer import Timing

SERVER = ("127.0.0.5", 5060)
DOMAIN = "site.example"
PASSWORDS = {"1001": "horn", "2001": "desk", "2002": "lobby"}


@dataclass
class ServerBench:
    """The server, its clock and its mail: what it sent to whom."""

    now: float = 1000.0
    open: bool = False
    authenticate: bool = True
    server: SipServer = field(init=False)
    inbox: dict[Address, list[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance = Chance(7).stream("registrar")
        settings = RegistrarSettings(
            frozenset({DOMAIN, SERVER[0]}), DOMAIN, PASSWORDS.get, open=self.open, min_expires=60
        )
        names = frozenset({DOMAIN})
        proxy = ProxySettings(SERVER, names, authenticate=self.authenticate and not self.open, timing=Timing())
        self.server = SipServer(proxy, Registrar(settings, chance), chance)

    @property
    def script(self) -> RegistrarScript:
        return self.server.registrar.script

    def give(self, data: bytes, source: Address, transport: str = "UDP") -> None:
        """Let a datagram reach the server."""
        self.server.receive(data, source, transport, self.now)
        self._collect()

    def wait(self, seconds: float) -> None:
        """Let time pass, stopping wherever something is due."""
        end = self.now + seconds
        while (due := self.server.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.server.tick(self.now)
            self._collect()
        self.now = end

    def events(self) -> list[ServerEvent]:
        return self.server.take_events()

    def _collect(self) -> None:
        for packet in self.server.take_output():
            place = packet.destination.connection or (packet.destination.host, packet.destination.port)
            self.inbox.setdefault(place, []).append(packet.data)


@dataclass
class Party:
    """A phone's mouth and ears: it writes requests and reads what came, and does nothing by itself."""

    bench: ServerBench
    user: str
    address: Address
    password: str = ""
    transport: str = "UDP"
    serial: int = 0
    client: DigestClient = field(init=False)

    def __post_init__(self) -> None:
        login = Login(self.user, self.password or PASSWORDS.get(self.user, "none"))
        self.client = DigestClient([login], Chance(3).stream(self.user))

    @property
    def contact(self) -> str:
        return f"<sip:{self.user}@{self.address[0]}:{self.address[1]}>"

    def request(
        self, method: str, uri: str, *headers: tuple[str, str], to: str = "", body: bytes = b""
    ) -> Request:
        """A request with a branch and a CSeq of its own; `headers` replace the usual ones of the same name."""
        self.serial += 1
        lines = Headers(
            ("Via", f"SIP/2.0/{self.transport} {self.address[0]}:{self.address[1]};branch=z9hG4bK{self.user}{self.serial}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.user}@{DOMAIN}>;tag=f{self.user}"),
            ("To", to or f"<{uri}>"),
            ("Call-ID", f"call-of-{self.user}"),
            ("CSeq", f"{self.serial} {method}"),
            ("Contact", self.contact),
        )  # fmt: skip
        for name, value in headers:
            lines.set(name, value)
        return Request(method, uri, lines, body)

    def send(self, request: Request | Response | bytes) -> None:
        data = request if isinstance(request, bytes) else request.encode()
        self.bench.give(data, self.address, self.transport)

    def mail(self) -> list[Request | Response]:
        """What came since the last look."""
        return [parse(data) for data in self.bench.inbox.pop(self.address, [])]

    def responses(self) -> list[Response]:
        return [message for message in self.mail() if isinstance(message, Response)]

    def requests(self) -> list[Request]:
        return [message for message in self.mail() if isinstance(message, Request)]

    def ask(self, request: Request) -> Response:
        """Send a request and return its final response."""
        self.send(request)
        number = cseq(request.headers).number
        finals = [r for r in self.responses() if r.status >= 200 and cseq(r.headers).number == number]
        assert len(finals) == 1, finals
        return finals[0]

    def register_request(self, *headers: tuple[str, str]) -> Request:
        aor = f"<sip:{self.user}@{DOMAIN}>"
        return self.request("REGISTER", f"sip:{DOMAIN}", ("From", f"{aor};tag=r"), ("To", aor), *headers)

    def register(self, *headers: tuple[str, str]) -> Response:
        """Register, answering one challenge."""
        return self.authenticated(self.register_request(*headers))

    def authenticated(self, request: Request) -> Response:
        """Send it, and once more with credentials where it is challenged."""
        first = self.ask(request)
        if first.status not in (401, 407) or not self.client.challenged(first, Attempts()):
            return first
        return self.ask(self.signed(request))

    def signed(self, request: Request) -> Request:
        """The request as another one, with credentials."""
        self.serial += 1
        again = Request(request.method, request.uri, request.headers.copy(), request.body)
        again.headers.set(
            "Via",
            request.headers.get(
                "Via",
            ).split(";")[0]
            + f";branch=z9hG4bKs{self.user}{self.serial}",
        )  # type: ignore[union-attr]
        again.headers.set("CSeq", f"{self.serial} {request.method}")
        self.client.sign(again)
        return again

    def reply(self, request: Request, status: int, *headers: tuple[str, str], tag: str = "callee") -> None:
        """Answer a request that came."""
        lines = Headers()
        for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
            for value in request.headers.raw(name):
                tagged = name == "To" and status > 100 and ";tag=" not in value
                lines.add(name, f"{value};tag={tag}" if tagged else value)
        for name, value in (("Contact", self.contact), *headers):
            lines.add(name, value)
        self.send(Response(status, "Phrase", lines))
