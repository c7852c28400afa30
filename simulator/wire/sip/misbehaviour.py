"""Rules of the protocol that a user agent breaks because it was told to: the hook for faults (SIP sheet 20).

Give one to `UserAgent.misbehaviour` at any time, and None to stop. Nothing else in `wire/sip/` breaks a rule on purpose.

    Misbehaviour(answers={"INVITE": Scripted(status=503, headers=(("Retry-After", "5"),))})   answer M with S
    Misbehaviour(answers={"OPTIONS": Scripted(status=None)})                                  never answer
    Misbehaviour(answers={"INVITE": Scripted(status=100)})                                    100 and no more
    Misbehaviour(answers={"BYE": Scripted(status=200, delay=3.0)})                            answer after 3 s
    Misbehaviour(answers={"REGISTER": Scripted(status=503, times=2)})                         the first two only
    Misbehaviour(delay=2.0)                                                                   every answer of ours late
    Misbehaviour(omit=frozenset({"ACK", "BYE"}))                                              never send these
    Misbehaviour(cseq_offset={"BYE": -1})                                                     wrong CSeq numbers
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simulator.errors import FleetError


@dataclass(frozen=True, slots=True)
class Scripted:
    """The answer to every request of one method, in place of the true one. Raises FleetError for a text with a line end."""

    status: int | None
    """100 to 699, or None: no answer at all, as if the request had been lost on its way."""
    phrase: str = ""
    """Empty: the usual phrase of the status."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = ""
    delay: float = 0.0
    """Seconds until it is sent."""
    times: int | None = None
    """So many requests are answered so, then the truth returns; None: all of them."""

    def __post_init__(self) -> None:
        texts = [self.phrase, self.content_type, *(text for pair in self.headers for text in pair)]
        if any(end in text for text in texts for end in "\r\n"):
            raise FleetError("a line end in a scripted answer", hint="give each header a line of its own")


@dataclass(slots=True)
class Misbehaviour:
    """What is to be done wrong. Repeats of a request count as the same request."""

    answers: dict[str, Scripted] = field(default_factory=dict)
    """By method. A scripted INVITE starts no call; a scripted in-dialog request changes no dialog."""
    delay: float = 0.0
    """Seconds by which every response leaves late (100 Trying included)."""
    omit: frozenset[str] = frozenset()
    """Methods of requests that are believed sent and are not: `ACK` of a 2xx, `BYE`, `CANCEL`, `PRACK`."""
    cseq_offset: dict[str, int] = field(default_factory=dict)
    """Added to the CSeq number of requests of a method, in the dialog or out of it."""
    given: dict[str, int] = field(default_factory=dict)
    """How many requests of a method were answered by script so far."""

    def answer_to(self, method: str) -> Scripted | None:
        """The scripted answer that is due to a new request of this method, and count it; None: the truth."""
        scripted = self.answers.get(method)
        if scripted is None:
            return None
        given = self.given.get(method, 0)
        if scripted.times is not None and given >= scripted.times:
            return None
        self.given[method] = given + 1
        return scripted
