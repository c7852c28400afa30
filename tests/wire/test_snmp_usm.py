"""The user-based security model: golden packets and keys of the sheet (2.5, 2.12), its table of reports, round trips."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from hypothesis import given
from hypothesis import strategies as st
from snmp_samples import CONTACT, ENGINE, PASSWORD, UPTIME, Desk

from simulator.wire.snmp.event import Reported
from simulator.wire.snmp.key import (
    CFB,
    Digest,
    Moment,
    Privacy,
    decrypt,
    encrypt,
    localized,
    mac,
    password_key,
    privacy_key,
)
from simulator.wire.snmp.message import Flag, Scoped, Secured, read_message, read_scoped
from simulator.wire.snmp.pdu import Kind, Pdu, Status
from simulator.wire.snmp.usm import LAST_BOOTS
from simulator.wire.snmp.value import Tag, VarBind

DISCOVERY = (
    "3038020103300e020101020300ffe30401040201030410300e0400020100020100040004000400301104000400a00b"
    "0201020201000201003000"
)
REPORT = (
    "305f020103300e020101020300ffe3040100020103041b3019040b8000017003b8a44f0102030201030201640400040004"
    "00302d040b8000017003b8a44f0102030400a81c0201020201000201003011300f060a2b060106030f01010400410101"
)
GET = (
    "307a020103300e020111020300ffe304010702010304363034040b8000017003b8a44f0102030201030201640407696e697469616c"
    "040c1dab343ed30993898926d9c004080000000000000001042d7aa8685953ce8f77812e2388cc0458a10b176e4d5a2937fbd55b"
    "ed5287edf3536adb23e8fae68075767f662f6e"
)
ANSWER = (
    "307c020103300e020111020300ffe304010302010304363034040b8000017003b8a44f0102030201030201640407696e697469616c"
    "040c3b359b718aa23623add1641704080000000000000002042fc3feb6b63683d3698ce3b68c1197ecee9efe691cee69a69dd81b"
    "8816dc00ecce9219ffcd75ca85cc449241951121bb"
)
ALL = Flag.AUTH | Flag.PRIV | Flag.REPORTABLE


def test_golden_discovery() -> None:
    assert Desk().hexed(DISCOVERY) == REPORT


def test_golden_encrypted_get() -> None:
    desk = Desk(salt=1)
    desk.world.ticks = 10_000
    assert desk.hexed(GET) == ANSWER


@pytest.mark.parametrize(
    ("digest", "ku", "kul"),
    [
        (Digest.MD5, "9faf3283884e92834ebc9847d8edd963", "526f5eed9fcce26f8964c2930787d82b"),
        (
            Digest.SHA1,
            "9fb5cc0381497b3793528939ff788d5d79145211",
            "6695febc9288e36282235fc7151f128497b38f3f",
        ),
        (Digest.SHA256, "", "8982e0e549e866db361a6b625d84cccc11162d453ee8ce3a6445c2d6776f0f8b"),
        (
            Digest.SHA512,
            "",
            "22a5a36cedfcc085807a128d7bc6c2382167ad6c0dbc5fdff856740f3d84c099ad1ea87a8db096714d9788bd544047c9"
            "021e4229ce27e4c0a69250adfcffbb0b",
        ),
    ],
)
def test_keys_of_the_standards(digest: Digest, ku: str, kul: str) -> None:
    key = password_key(digest, b"maplesyrup")
    assert key.hex() == (ku or key.hex())
    assert localized(digest, key, bytes(11) + b"\x02").hex() == kul


@given(
    st.sampled_from(Privacy), st.sampled_from(Digest), st.binary(max_size=100), st.binary(min_size=8, max_size=8)
)
def test_what_is_encrypted_can_be_read(privacy: Privacy, digest: Digest, text: bytes, salt: bytes) -> None:
    key = privacy_key(privacy, digest, localized(digest, password_key(digest, PASSWORD), ENGINE), ENGINE)
    assert len(key) == privacy.key_size
    moment = Moment(3, 100)
    assert decrypt(privacy, key, moment, salt, encrypt(privacy, key, moment, salt, text))[: len(text)] == text


class Manager:
    """Writes secured requests, and reads what comes back."""

    def __init__(self, digest: Digest = Digest.SHA256, privacy: Privacy = Privacy.AES128) -> None:
        self.digest, self.privacy = digest, privacy
        self.key = localized(digest, password_key(digest, PASSWORD), ENGINE)
        self.private = privacy_key(privacy, digest, self.key, ENGINE)

    def request(self, flags: int = ALL, pdu: Pdu | None = None, *, scoped: Any = None, **fields: Any) -> bytes:
        pdu = pdu or Pdu(Kind.GET, 9, 0, 0, [VarBind.of(UPTIME)])
        whole = scoped or Scoped(ENGINE, b"", pdu)
        message = Secured(17, 65507, flags, 3, ENGINE, 3, 100, b"initial", b"", b"", whole.encoded())
        message = replace(message, **{name: value for name, value in fields.items() if name != "auth"})
        if flags & Flag.PRIV and "scoped_bytes" not in fields:
            message.priv = fields.get("priv", bytes(7) + b"\x01")
            moment = Moment(message.boots, message.time)
            if len(message.priv) == 8:
                message.scoped = encrypt(self.privacy, self.private, moment, message.priv, message.scoped)
        if flags & Flag.AUTH:
            message.auth = bytes(self.digest.mac_size)
            data = message.encoded()
            code = fields.get("auth", mac(self.digest, self.key, data))
            return data[: message.auth_at] + code + data[message.auth_at + len(code) :]
        return message.encoded()

    def read(self, data: bytes | None) -> tuple[Secured, Pdu]:
        """The envelope and the unit of an answer, whose digest is right."""
        assert data is not None
        message = read_message(data)
        assert isinstance(message, Secured)
        if message.flags & Flag.AUTH:
            at, size = message.auth_at, len(message.auth)
            assert mac(self.digest, self.key, data[:at] + bytes(size) + data[at + size :]) == message.auth
        text = message.scoped
        if message.flags & Flag.PRIV:
            moment = Moment(message.boots, message.time)
            text = decrypt(self.privacy, self.private, moment, message.priv, text)
        pdu = read_scoped(text).pdu
        assert isinstance(pdu, Pdu)
        return message, pdu


@pytest.mark.parametrize("digest", Digest)
@pytest.mark.parametrize("privacy", Privacy)
def test_every_pair_of_protocols_is_understood_and_answered_in_kind(digest: Digest, privacy: Privacy) -> None:
    manager, desk = Manager(digest, privacy), Desk()
    message, pdu = manager.read(desk.raw(manager.request()))
    assert (message.flags, message.user, message.engine_id) == (3, b"initial", ENGINE)
    assert (pdu.kind, pdu.request_id, pdu.status) == (Kind.RESPONSE, 9, 0)
    assert list(pdu.bindings) == [VarBind.of(UPTIME, Tag.TICKS, 360_000)]
    message, pdu = manager.read(desk.raw(manager.request(Flag.AUTH | Flag.REPORTABLE)))
    assert (message.flags, pdu.status) == (1, 0)


USM = (1, 3, 6, 1, 6, 3, 15, 1, 1)
MPD = (1, 3, 6, 1, 6, 3, 11, 2, 1)


@pytest.mark.parametrize(
    ("fields", "counter", "flags"),
    [
        ({"engine_id": b""}, (*USM, 4, 0), 0),
        ({"engine_id": bytes(11)}, (*USM, 4, 0), 0),
        ({"user": b"admin"}, (*USM, 3, 0), 0),
        ({"auth": bytes(24)}, (*USM, 5, 0), 0),
        ({"boots": 2}, (*USM, 2, 0), 1),
        ({"time": 251}, (*USM, 2, 0), 1),
        ({"priv": bytes(7)}, (*USM, 6, 0), 1),
        ({"model": 2}, (*MPD, 1, 0), 0),
    ],
)
def test_what_is_wrong_with_a_message_is_reported(
    fields: dict[str, Any], counter: tuple[int, ...], flags: int
) -> None:
    manager, desk = Manager(), Desk()
    message, pdu = manager.read(desk.raw(manager.request(**fields)))
    assert (message.flags, message.msg_id) == (flags, 17)
    assert (message.engine_id, message.boots, message.time) == (ENGINE, 3, 100)
    assert (pdu.kind, pdu.status) == (Kind.REPORT, 0)
    assert list(pdu.bindings) == [VarBind.of(counter, Tag.COUNTER32, 1)]
    assert isinstance(desk.events[0], Reported)


def test_the_window_is_a_hundred_and_fifty_seconds_wide() -> None:
    manager, desk = Manager(), Desk()
    for time in (0, 250):
        assert manager.read(desk.raw(manager.request(time=time)))[1].kind == Kind.RESPONSE
    desk.usm.boots = LAST_BOOTS
    assert manager.read(desk.raw(manager.request(boots=LAST_BOOTS)))[1].kind == Kind.REPORT


def test_a_level_that_is_too_low_is_an_authorization_error() -> None:
    manager, desk = Manager(), Desk()
    _, pdu = manager.read(desk.raw(manager.request(Flag.REPORTABLE)))
    assert (pdu.kind, pdu.status, pdu.index) == (Kind.RESPONSE, Status.AUTHORIZATION_ERROR, 0)
    strict = Desk(least_flags=3)
    _, pdu = manager.read(strict.raw(manager.request(Flag.AUTH)))
    assert pdu.status == Status.AUTHORIZATION_ERROR


def test_nobody_is_told_who_takes_no_reports() -> None:
    manager, desk = Manager(), Desk()
    assert desk.raw(manager.request(3, user=b"admin")) is None
    assert desk.counters.unknown_user_names == 1


def test_without_a_password_the_user_is_unknown() -> None:
    desk = Desk()
    desk.usm._password = b""
    _, pdu = Manager().read(desk.raw(Manager().request()))
    assert pdu.bindings[0].oid == (*USM, 3, 0)


def test_a_foreign_context_and_units_without_handler_are_reported() -> None:
    manager, desk = Manager(), Desk()
    get = Pdu(Kind.GET, 9, 0, 0, [VarBind.of(UPTIME)])
    _, pdu = manager.read(desk.raw(manager.request(scoped=Scoped(ENGINE, b"other", get))))
    assert pdu.bindings[0].oid == (1, 3, 6, 1, 6, 3, 12, 1, 5, 0)
    for scoped in (Scoped(bytes(11), b"", get), Scoped(ENGINE, b"", replace(get, kind=Kind.INFORM))):
        _, pdu = manager.read(desk.raw(manager.request(scoped=scoped)))
        assert pdu.bindings[0].oid == (*MPD, 3, 0)


def test_an_answer_keeps_to_the_size_that_the_manager_takes() -> None:
    manager, desk = Manager(), Desk()
    many = Pdu(Kind.GET, 9, 0, 0, [VarBind.of(UPTIME)] * 60)
    data = desk.raw(manager.request(pdu=many, max_size=484))
    assert data is not None
    assert len(data) <= 484
    _, pdu = manager.read(data)
    assert (pdu.status, list(pdu.bindings)) == (Status.TOO_BIG, [])


def test_a_user_may_set() -> None:
    manager, desk = Manager(), Desk()
    wish = VarBind.of(CONTACT, Tag.OCTETS, b"me")
    _, pdu = manager.read(desk.raw(manager.request(pdu=Pdu(Kind.SET, 9, 0, 0, [wish]))))
    assert (pdu.status, desk.world.contact) == (0, b"me")


@pytest.mark.parametrize(
    "fields", [{"max_size": 483}, {"msg_id": -1}, {"flags": Flag.PRIV}, {"user": b"x" * 300, "flags": 4}]
)
def test_headers_out_of_range_never_upset_the_agent(fields: dict[str, Any]) -> None:
    desk = Desk()
    message = Secured(
        17, 65507, 4, 3, ENGINE, 3, 100, b"initial", b"", b"", Scoped(ENGINE, b"", Pdu(160, 1)).encoded()
    )
    desk.raw(replace(message, **fields).encoded())
    assert desk.hexed(DISCOVERY) is not None


@given(
    st.sampled_from([Privacy.AES128, Privacy.AES192, Privacy.AES256]),
    st.binary(max_size=400),
    st.binary(min_size=8, max_size=8),
)
def test_aes_is_that_of_the_library(privacy: Privacy, text: bytes, salt: bytes) -> None:
    """Short units and long ones take different ways."""
    key, moment = bytes(range(privacy.key_size)), Moment(3, 100)
    library = Cipher(algorithms.AES(key), CFB(moment.octets + salt)).encryptor()
    encrypted = library.update(text) + library.finalize()
    assert encrypt(privacy, key, moment, salt, text) == encrypted
    assert decrypt(privacy, key, moment, salt, encrypted) == text


@given(st.sampled_from(list(Digest)), st.binary(max_size=200), st.binary(max_size=400))
def test_a_mac_is_that_of_the_library(digest: Digest, key: bytes, text: bytes) -> None:
    assert mac(digest, key, text) == hmac.digest(key, text, digest.value)[: digest.mac_size]


@pytest.mark.fuzz
@given(st.lists(st.tuples(st.integers(0, 123), st.integers(0, 255)), min_size=1, max_size=8))
def test_no_changed_message_is_believed(changes: list[tuple[int, int]]) -> None:
    desk = Desk()
    before = bytes.fromhex(GET)
    data = bytearray(before)
    for place, octet in changes:
        data[place] = octet
    answer = desk.raw(bytes(data))
    if bytes(data) != before and answer is not None:
        message = read_message(answer)
        assert isinstance(message, Secured)
        assert not message.flags & Flag.PRIV, "only the true message is answered with values"
    assert desk.hexed(DISCOVERY) is not None
