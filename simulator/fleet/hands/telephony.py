"""Hands on the telephony of the site: the registrar, and the phones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.errors import FleetError, MalformedMessage, UnknownTarget
from simulator.wire.sip.registrar_script import ScriptedAnswer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from simulator.action.phone import PhoneUse
    from simulator.action.registrar import RegistrarOrder
    from simulator.fleet.bench import Bench
    from simulator.site.sip.phone import Phone
    from simulator.site.sip.registrar_service import RegistrarService
    from simulator.wire.rtp.negotiated import Source

DEFAULT_TONE = (1000.0,)


# The registrar


def registrar(bench: Bench, action: RegistrarOrder) -> None:
    """Raises FleetError where there is none, or it is somebody else's program."""
    service = _registrar(bench, action.server)
    key = ("registrar", action.server, action.do)
    if action.do == "up":
        for begun in _ENDED_BY_TIME:
            bench.courses.end(("registrar", action.server, begun))
        service.up()
        return
    bench.courses.end(key)
    _ORDERS[action.do](service, action)
    if action.for_ is not None:
        bench.courses.begin(key, [(action.for_, partial(_take_back, service, action))])


def _registrar(bench: Bench, name: str) -> RegistrarService:
    telephony = bench.premises.telephony
    if telephony.external is not None:
        raise FleetError(
            "the site's registrar is another program and takes no orders", hint="use the embedded registrar"
        )
    if name not in telephony.registrars:
        raise FleetError(f"the site has no {name} registrar", hint="add site: {registrar: {secondary: yes}}")
    return telephony.registrars[name]


def _answer(service: RegistrarService, action: RegistrarOrder) -> None:
    service.script.answers[action.method, action.user] = ScriptedAnswer(
        action.status or 503, _whole(action.retry_after), _whole(action.min_expires), action.count
    )


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _silent(service: RegistrarService, _action: RegistrarOrder) -> None:
    service.script.silent = True


def _slow(service: RegistrarService, action: RegistrarOrder) -> None:
    service.script.delay = action.delay or 0.0


def _challenge(service: RegistrarService, action: RegistrarOrder) -> None:
    service.script.algorithms = action.algorithms


def _expiry(service: RegistrarService, action: RegistrarOrder) -> None:
    service.script.expires = _whole(action.expires)


_ORDERS: dict[str, Callable[[RegistrarService, RegistrarOrder], None]] = {
    "down": lambda service, _action: service.shut(),
    "silent": _silent,
    "slow": _slow,
    "answer": _answer,
    "challenge": _challenge,
    "wrong-realm": lambda service, action: service.script.wrong_realm.add(action.user),
    "stale": lambda service, action: service.script.stale.add(action.user),
    "refuse": lambda service, action: service.script.refuse.add(action.user),
    "expiry": _expiry,
    "forget": lambda service, action: service.forget(action.user),
    "certificate": lambda service, action: service.certificate.show(action.flaw or "none"),
}
_ENDED_BY_TIME = tuple(order for order in _ORDERS if order != "forget")


def _take_back(service: RegistrarService, action: RegistrarOrder) -> None:
    script = service.script
    if action.do == "down":
        service.reopen()
    elif action.do == "silent":
        script.silent = False
    elif action.do == "slow":
        script.delay = 0.0
    elif action.do == "answer":
        script.answers.pop((action.method, action.user), None)
    elif action.do == "challenge":
        script.algorithms = ()
    elif action.do == "certificate":
        service.certificate.show("none")
    elif action.do == "expiry":
        script.expires = None
    else:
        users = {"wrong-realm": script.wrong_realm, "stale": script.stale, "refuse": script.refuse}[action.do]
        users.discard(action.user)


# Phones


def phone(bench: Bench, action: PhoneUse) -> None:
    """Raises FleetError for a phone that there is not, or that cannot do it now."""
    used = _phone(bench, action.name)
    key = ("phone", used.name, action.rule if action.do == "break" else "play")
    if action.do in ("play", "quiet", "break"):
        bench.courses.end(key)
    _USES[action.do](bench, used, action)
    if action.for_ is not None:
        undo = used.quiet if action.do == "play" else partial(used.mend, action.rule or "")
        bench.courses.begin(key, [(action.for_, undo)])


def _phone(bench: Bench, name: str) -> Phone:
    phones = bench.premises.telephony.phones
    if not phones:
        raise FleetError("the site has no phone", hint="add site: {phones: {desk: {user: 2001}}}")
    if not name:
        if len(phones) > 1:
            raise FleetError(f"which phone? There are {', '.join(phones)}", hint="say name: " + next(iter(phones)))
        return next(iter(phones.values()))
    if name not in phones:
        raise UnknownTarget("phone", name, phones)
    return phones[name]


def _call(bench: Bench, used: Phone, action: PhoneUse) -> None:
    if action.device is None:
        used.call(bench.premises.telephony.party(action.to), offer=action.offer)
        return
    hosts = bench.targets(action.device)
    if len(hosts) != 1:
        raise FleetError(f"a phone calls one speaker at a time, not {len(hosts)}", hint="name one device")
    direct = action.direct or not used.registers
    used.call(bench.premises.telephony.speaker(hosts[0], direct=direct), offer=action.offer)


def _play(_bench: Bench, used: Phone, action: PhoneUse) -> None:
    used.play(_sound(action))


def _sound(action: PhoneUse) -> Source:
    from simulator.wire.sound.resampling import resample  # numpy is loaded by whoever needs it
    from simulator.wire.sound.tone import RATE, Recording, Tone
    from simulator.wire.sound.wav import read_wav

    if not action.file:
        return Tone(*(action.tone or DEFAULT_TONE), level=action.level)
    try:
        samples, rate = read_wav(Path(action.file).read_bytes())
    except OSError as error:
        raise FleetError(f"{action.file} cannot be read: {error.strerror}") from None
    except MalformedMessage as error:
        raise FleetError(f"{action.file}: {error.what}", hint="use a WAV file of 16-bit samples") from None
    return Recording(resample(samples, rate, RATE))


_USES: dict[str, Callable[[Bench, Phone, PhoneUse], Awaitable[None] | None]] = {
    "call": _call,
    "ring": lambda _bench, used, _action: used.ring(),
    "answer": lambda _bench, used, _action: used.answer(),
    "reject": lambda _bench, used, action: used.reject(action.status or 486),
    "hang-up": lambda _bench, used, _action: used.hang_up(),
    "cancel": lambda _bench, used, _action: used.cancel(),
    "hold": lambda _bench, used, _action: used.hold(),
    "resume": lambda _bench, used, _action: used.resume(),
    "reinvite": lambda _bench, used, _action: used.reinvite(),
    "dtmf": lambda _bench, used, action: used.dtmf(action.digits, action.method),
    "play": _play,
    "quiet": lambda _bench, used, _action: used.quiet(),
    "register": lambda _bench, used, _action: used.register(),
    "unregister": lambda _bench, used, _action: used.unregister(),
    "auto-answer": lambda _bench, used, action: used.from_now_on("answer", delay=action.delay or 0.0),
    "auto-reject": lambda _bench, used, action: used.from_now_on("reject", status=action.status or 486),
    "auto-ring": lambda _bench, used, _action: used.from_now_on("ring"),
    "break": lambda _bench, used, action: used.break_rule(
        action.rule or "", chance=action.chance, jitter=action.jitter, count=action.count
    ),
    "mend": lambda _bench, used, action: used.mend(action.rule or ""),
}
