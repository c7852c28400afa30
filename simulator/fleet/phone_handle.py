"""Synchronous Python handles of the site's telephony."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import UnknownTarget

if TYPE_CHECKING:
    from simulator.fleet.session import Session


class PhoneHandle:
    """One phone of the site.

    desk = session.phone("desk")
    desk.call(speaker)
    session.expect().phone(name="desk", state="active").wait()
    desk.play(tone=[1000])
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self.name = name

    def __repr__(self) -> str:
        return f"<PhoneHandle {self.name}>"

    def do(self, what: str, **fields: Any) -> None:
        """Any use of the phone, by the names of the action `phone`."""
        self._session.act({"phone": {"do": what, "name": self.name, **fields}})

    def call(self, whom: object, *, offer: bool = True, direct: bool = False) -> None:
        """Call a speaker (its handle), or a user or URI by its text."""
        from simulator.fleet.handle import DeviceHandle

        party = {"device": whom.name} if isinstance(whom, DeviceHandle) else {"to": str(whom)}
        self.do("call", **party, offer=offer, direct=direct)

    def ring(self) -> None:
        """Tell the caller that it rings."""
        self.do("ring")

    def answer(self) -> None:
        """Answer the call that came in."""
        self.do("answer")

    def reject(self, status: int = 486) -> None:
        """Refuse the call that came in."""
        self.do("reject", status=status)

    def hang_up(self) -> None:
        """End the call."""
        self.do("hang-up")

    def cancel(self) -> None:
        """Give up a call that is not answered yet."""
        self.do("cancel")

    def hold(self) -> None:
        self.do("hold")

    def resume(self) -> None:
        self.do("resume")

    def reinvite(self) -> None:
        """Offer the present session again."""
        self.do("reinvite")

    def dtmf(self, digits: str, *, method: str = "rfc4733") -> None:
        """Send digits as RTP events, by `info` or `in-band`."""
        self.do("dtmf", digits=digits, method=method)

    def play(self, *, tone: list[float] | None = None, level: float = -10.0, file: str = "") -> None:
        """Send a tone or a WAV file instead of silence."""
        sound: dict[str, Any] = {"file": file} if file else {"tone": tone or [1000.0], "level": level}
        self.do("play", **sound)

    def quiet(self) -> None:
        """Send silence again."""
        self.do("quiet")

    def break_rule(self, rule: str, **fields: Any) -> None:
        """Break a rule from now on: `break_rule("rtp-loss", chance=0.2)`."""
        self.do("break", rule=rule, **fields)

    def mend(self, rule: str = "") -> None:
        """Keep a rule again, or all of them."""
        self.do("mend", **({"rule": rule} if rule else {}))

    @property
    def state(self) -> dict[str, Any]:
        """What it shows and hears now: state, registered, codec, digits, packets, heard."""
        for phone in self._session.phones():
            if phone["name"] == self.name:
                return phone
        raise UnknownTarget("phone", self.name, [phone["name"] for phone in self._session.phones()])
