"""The SIP registrar of the site (SIP sheet 9, 10.1, 11, 20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, Literal

from simulator.action.action import Action, check_use
from simulator.action.kind import Duration, Text, Whole
from simulator.units import Seconds

REGISTRAR_USES: Final[dict[str, tuple[str, ...]]] = {
    "up": (),
    "down": ("for",),
    "silent": ("for",),
    "slow": ("delay!", "for"),
    "answer": ("status!", "method", "user", "retry_after", "min_expires", "count", "for"),
    "challenge": ("algorithms!", "for"),
    "wrong-realm": ("user", "for"),
    "stale": ("user", "for"),
    "refuse": ("user", "for"),
    "expiry": ("expires!", "for"),
    "forget": ("user",),
    "certificate": ("flaw!", "for"),
}
"""What the registrar can be told, and which fields each takes."""


@dataclass(frozen=True, slots=True)
class RegistrarOrder(Action):
    """Tell the site's registrar and proxy how to behave, until `up`.

    up: as it was from the start. down: its ports are shut, and the host says so (ICMP port unreachable, or a reset).
    silent: it hears nothing. slow: every answer is late. answer: requests are answered with a status, 503 with
    retry_after or 423 with min_expires for example. challenge: it asks for other digest algorithms, in this order.
    wrong-realm: challenges name a realm that is not the account's. stale: every nonce is called stale. refuse: no
    answer to a challenge is right, 401 without end. expiry: registrations are granted for a shorter time. forget:
    bindings are lost, as by a restart. certificate: from the next TLS handshake on it shows another one. A registrar
    given by address is somebody else's program and takes none of these.
    """

    verb: ClassVar[str] = "registrar"
    family: ClassVar[str] = "registrar"
    shorthand: ClassVar[str] = "do"

    do: Annotated[
        Literal[
            "up", "down", "silent", "slow", "answer", "challenge", "wrong-realm", "stale", "refuse", "expiry",
            "forget", "certificate",
        ],
        "What the registrar does.",
    ]  # fmt: skip
    server: Annotated[Literal["primary", "secondary"], "Which of the two registrars."] = "primary"
    user: Annotated[str, "Only towards this user; all by default."] = ""
    status: Annotated[int | None, Whole(300, 699), "Status of the answer."] = None
    method: Annotated[str, Text(r"[A-Z]+", "SIP method", example="INVITE"), "Which requests are answered so."] = (
        "REGISTER"
    )
    retry_after: Annotated[Seconds | None, Duration(), "Retry-After of the answer, in whole seconds."] = None
    min_expires: Annotated[Seconds | None, Duration(), "Min-Expires of a 423, in whole seconds."] = None
    count: Annotated[int | None, Whole(1, 1_000_000), "How many requests; all by default."] = None
    algorithms: Annotated[
        tuple[Literal["MD5", "SHA-256", "SHA-512-256"], ...], "Digest algorithms of the challenges."
    ] = ()
    expires: Annotated[Seconds | None, Duration(1.0), "Longest registration that is granted."] = None
    delay: Annotated[Seconds | None, Duration(), "How late each answer is, in wire time."] = None
    flaw: Annotated[
        Literal["none", "expired", "not-yet-valid", "unknown-authority", "wrong-name"] | None,
        "What is wrong with the certificate; none: nothing any more.",
    ] = None
    for_: Annotated[Seconds | None, Duration(0.001), "Ends by itself after this time on the device clock."] = None

    def __post_init__(self) -> None:
        check_use(self, "do", REGISTRAR_USES)
