"""Commands of the owner, carried out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.errors import MalformedMessage
from simulator.wire.sip import command as say
from simulator.wire.sip.callee import Callee
from simulator.wire.sip.caller import Caller
from simulator.wire.sip.composition import is_made_here
from simulator.wire.sip.destination import next_hop, sip_uri, way
from simulator.wire.sip.digest import DigestClient
from simulator.wire.sip.event import Answered
from simulator.wire.sip.header import display_text
from simulator.wire.sip.registration import Registration
from simulator.wire.sip.sending import Sending

if TYPE_CHECKING:
    from simulator.wire.sip.call import Call
    from simulator.wire.sip.command import Command, SendRequest
    from simulator.wire.sip.core import Core
    from simulator.wire.sip.message import Response


def carry_out(core: Core, command: Command, now: float) -> int:
    """Do it and return the number of what it is about, or 0. Raises MalformedMessage."""
    _check(command)
    match command:
        case say.PlaceCall():
            return Caller(core, command, now).number
        case say.Register():
            return Registration(core, command, now).number
        case say.SendRequest(call=0):
            return send_request(core, command, now)
        case say.Refresh(registration=number) | say.Unregister(registration=number):
            return _about_registration(core, command, number, now)
    call = core.calls.get(command.call)
    return _about_call(call, command, now) if call is not None else 0


def _about_registration(core: Core, command: say.Refresh | say.Unregister, number: int, now: float) -> int:
    registration = core.registrations.get(number)
    if registration is None:
        return 0
    if isinstance(command, say.Refresh):
        registration.refresh(now)
    else:
        registration.unregister(now)
    return number


def _about_call(call: Call, command: Command, now: float) -> int:
    match command:
        case say.SendInfo():
            return call.send(
                "INFO", now, headers=command.headers, body=command.body, content_type=command.content_type
            )
        case say.SendRequest():
            return call.send(
                command.method, now, headers=command.headers, body=command.body, content_type=command.content_type
            )
        case say.HangUp():
            call.hang_up(now, headers=command.headers)
            return call.number
    done = _about_offer(call, command, now) or _about_answer(call, command, now)
    return call.number if done else 0


def _about_answer(call: Call, command: Command, now: float) -> bool:
    match call, command:
        case Callee(), say.Ring():
            return call.ring(command, now)
        case Callee(), say.Answer():
            return call.answer(command, now)
        case Callee(), say.Reject():
            return call.reject(command, now)
        case Caller(), say.Cancel():
            return call.cancel(now, headers=command.headers)
    return False


def _about_offer(call: Call, command: Command, now: float) -> bool:
    match command:
        case say.Offer():
            return call.renegotiation.offer(command.sdp, command.method, now)
        case say.Hold():
            return call.renegotiation.redirect("sendonly", now)
        case say.Resume():
            return call.renegotiation.redirect("sendrecv", now)
        case say.AnswerOffer():
            return call.answer_offer(command.sdp, now)
        case say.RefuseOffer():
            return call.refuse_offer(command.status, command.headers, now)
    return False


def send_request(core: Core, command: SendRequest, now: float) -> int:
    """Send a request outside of calls. Raises MalformedMessage."""
    account = command.account
    preloaded = core.service_routes.get(account.aor) or tuple(f"<{proxy}>" for proxy in account.proxies)
    uri = str(sip_uri(command.to).without("method"))
    target, routes = way(uri, preloaded)
    destination = next_hop(uri, preloaded, account.transport)
    top, branch = core.new_via(destination.transport)
    request = core.request(
        command.method,
        target,
        (f"{display_text(account.display)}<{account.aor}>;tag={core.token()}", f"<{uri}>"),
        core.token(),
        1,
        top=top,
        routes=routes,
        contact=core.contact(
            destination.transport,
            account.user,
            secure=account.aor.startswith("sips:"),
            at=core.seen_at(destination.transport),
        ),
        headers=command.headers,
        capable=True,
        body=command.body,
        content_type=command.content_type,
    )
    number = core.new_number()
    digest = DigestClient(account.logins, core.chance) if account.logins else None
    numbers = iter(range(2, 2**31))
    sending = Sending(core, request, partial(_tell, core, number, command.method), digest, numbers.__next__)
    sending.start(destination, branch, now)
    return number


def _tell(core: Core, number: int, method: str, response: Response, _now: float) -> None:
    if response.status >= 200:
        real = None if is_made_here(response) else response
        core.tell(Answered(number, method, response.status, response.phrase, real))


def _check(command: Command) -> None:
    """No text of the owner's may end a line. Raises MalformedMessage."""
    texts = [getattr(command, name, "") for name in ("phrase", "content_type", "method")]
    texts += [text for pair in getattr(command, "headers", ()) for text in pair]
    account = getattr(command, "account", None)
    if account is not None:
        texts += [account.aor, account.user, account.display, *account.proxies]
    written = "".join(texts)
    if "\r" in written or "\n" in written:
        raise MalformedMessage("a line end in what is to be sent")
