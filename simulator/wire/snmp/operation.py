"""What each request means: GET, GETNEXT, GETBULK and SET over a view (RFC 1157, RFC 3416; SNMP sheet 2.3).

Results are in terms of v2c; where v1 differs, `v1` says so and the error is put into v1's words (RFC 3584 section 4.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.errors import MalformedMessage
from simulator.wire.snmp.ber import element
from simulator.wire.snmp.object_tree import CommitRefused
from simulator.wire.snmp.pdu import Kind, Status
from simulator.wire.snmp.value import Tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.wire.snmp.object_tree import Instance, ObjectView, Writer
    from simulator.wire.snmp.pdu import Pdu
    from simulator.wire.snmp.value import Plain, VarBind

_SET_KIND, _BULK_KIND = int(Kind.SET), int(Kind.GET_BULK)
_LONGEST_PLAN = 128
"""Bindings of an answer whose instances are remembered."""
MOST_REPETITIONS = 100
"""Rows that one GETBULK gets at most; the reference agent does the same (sheet 2.3)."""
_COUNTER64 = int(Tag.COUNTER64)
_END = bytes((Tag.END_OF_VIEW, 0))
_IN_V1 = {
    Status.WRONG_VALUE: Status.BAD_VALUE,
    Status.WRONG_ENCODING: Status.BAD_VALUE,
    Status.WRONG_TYPE: Status.BAD_VALUE,
    Status.WRONG_LENGTH: Status.BAD_VALUE,
    Status.INCONSISTENT_VALUE: Status.BAD_VALUE,
    Status.NO_ACCESS: Status.NO_SUCH_NAME,
    Status.NOT_WRITABLE: Status.NO_SUCH_NAME,
    Status.NO_CREATION: Status.NO_SUCH_NAME,
    Status.INCONSISTENT_NAME: Status.NO_SUCH_NAME,
    Status.AUTHORIZATION_ERROR: Status.NO_SUCH_NAME,
    Status.RESOURCE_UNAVAILABLE: Status.GEN_ERR,
    Status.COMMIT_FAILED: Status.GEN_ERR,
    Status.UNDO_FAILED: Status.GEN_ERR,
}


class Outcome(NamedTuple):
    """Status, index of the binding at fault counted from 1, and the encoded bindings of the answer."""

    status: int
    place: int
    bindings: list[bytes]


def in_v1(status: int) -> int:
    """An error in the words of v1."""
    return _IN_V1.get(Status(status), Status(status))


def echo(pdu: Pdu) -> list[bytes]:
    """The bindings of the request as they came."""
    return [binding.encoded() for binding in pdu.bindings]


def perform(view: ObjectView, pdu: Pdu, *, v1: bool, writable: bool, room: int) -> Outcome | None:
    """Do what a request asks. None for one that an agent does not answer.

    `room` is how many bytes of bindings an answer to GETBULK may have.
    """
    if not v1 and pdu.kind != _SET_KIND:
        planned = _from_plan(view, pdu, room)
        if planned is not None:
            return planned
    if pdu.kind == Kind.GET:
        return _get(view, pdu, v1)
    if pdu.kind == Kind.GET_NEXT:
        return _get_next(view, pdu, v1)
    if pdu.kind == Kind.GET_BULK and not v1:
        return Outcome(0, 0, _get_bulk(view, pdu, room))
    if pdu.kind == Kind.SET:
        return _set(view, pdu, v1, writable)
    return None


def _from_plan(view: ObjectView, pdu: Pdu, room: int) -> Outcome | None:
    """The answer to a request that was asked before, if everything that it found is still there and fits."""
    plan = view.plan(pdu.kind, pdu.bindings, _size(pdu))
    if plan is None:
        return None
    found = plan.answer(view.context)
    return Outcome(0, 0, found) if found is not None and plan.size <= room else None


def _size(pdu: Pdu) -> int:
    """What makes two GETBULKs of the same names different."""
    return pdu.status << 32 | pdu.index & 0xFFFFFFFF if pdu.kind == _BULK_KIND else 0


def _keep(view: ObjectView, pdu: Pdu, used: list[Instance], answers: int) -> None:
    """Remember a request all of whose answers were values."""
    if len(used) == answers and answers <= _LONGEST_PLAN:
        view.keep_plan(pdu.kind, pdu.bindings, _size(pdu), used)


def _get(view: ObjectView, pdu: Pdu, v1: bool) -> Outcome:
    found, used = [], []
    for place, binding in enumerate(pdu.bindings, 1):
        instance = view.find(binding.name)
        value = None if instance is None else instance.read(view.context)
        if instance is None or value is None or (v1 and instance.tag == _COUNTER64):
            if v1:
                return Outcome(Status.NO_SUCH_NAME, place, echo(pdu))
            known = instance is not None or view.knows_type(binding.oid)
            tag = Tag.NO_SUCH_INSTANCE if known else Tag.NO_SUCH_OBJECT
            found.append(_bound(element(6, binding.name), bytes((tag, 0))))
        else:
            found.append(instance.bound(value))
            used.append(instance)
    if not v1:
        _keep(view, pdu, used, len(found))
    return Outcome(0, 0, found)


def _get_next(view: ObjectView, pdu: Pdu, v1: bool) -> Outcome:
    found, used = [], []
    for place, binding in enumerate(pdu.bindings, 1):
        following = _following(view, binding.name, v1)
        if following is not None:
            found.append(following[0].bound(following[1]))
            used.append(following[0])
        elif v1:
            return Outcome(Status.NO_SUCH_NAME, place, echo(pdu))
        else:
            found.append(_end_of_view(binding.name))
    if not v1:
        _keep(view, pdu, used, len(found))
    return Outcome(0, 0, found)


def _get_bulk(view: ObjectView, pdu: Pdu, room: int) -> list[bytes]:
    """Non-repeaters once, the rest row by row until nothing is left, or no room (RFC 3416 section 4.2.3)."""
    once = max(0, min(pdu.status, len(pdu.bindings)))
    found: list[bytes] = []
    used: list[Instance] = []
    for binding in pdu.bindings[:once]:
        room = _append(found, _one_after(view, binding.name, used)[0], room)
    names = [binding.name for binding in pdu.bindings[once:]]
    for _ in range(max(0, min(pdu.index, MOST_REPETITIONS))):
        more = False
        for column, name in enumerate(names):
            bound, after = _one_after(view, name, used)
            room = _append(found, bound, room)
            if room < 0:
                return found
            if after is not None:
                names[column], more = after, True
        if not more:
            break
    if room >= 0:
        _keep(view, pdu, used, len(found))
    return found


def _append(found: list[bytes], bound: bytes, room: int) -> int:
    """Take a binding into the answer if there is room for it; the room left, negative when there was none."""
    room -= len(bound)
    if room >= 0:
        found.append(bound)
    return room


def _one_after(view: ObjectView, name: bytes, used: list[Instance]) -> tuple[bytes, bytes | None]:
    following = _following(view, name, v1=False)
    if following is None:
        return _end_of_view(name), None
    instance, value = following
    used.append(instance)
    return instance.bound(value), instance.name


def _following(view: ObjectView, name: bytes, v1: bool) -> tuple[Instance, Plain] | None:
    """The next instance that is there. v1 never sees a Counter64."""
    while True:
        instance = view.after(name)
        if instance is None:
            return None
        if not v1 or instance.tag != _COUNTER64:
            value = instance.read(view.context)
            if value is not None:
                return instance, value
        name = instance.name


def _bound(head: bytes, value: bytes) -> bytes:
    return element(0x30, head + value)


def _end_of_view(name: bytes) -> bytes:
    return _bound(element(6, name), _END)


def _set(view: ObjectView, pdu: Pdu, v1: bool, writable: bool) -> Outcome:
    """All or nothing: check every binding, then assign, and take back what was assigned when one fails."""
    assignments: list[tuple[Writer, Instance, Plain]] = []
    for place, binding in enumerate(pdu.bindings, 1):
        status = _checked(view, binding, writable, assignments)
        if status:
            return _failed(pdu, status, place, v1)
    done: list[tuple[Writer, Plain]] = []
    for place, (writer, instance, value) in enumerate(assignments, 1):
        before = instance.read(view.context)
        try:
            writer.commit(view.context, value)
        except CommitRefused:
            status = Status.COMMIT_FAILED if _undone(view, done) else Status.UNDO_FAILED
            return _failed(pdu, status, place if status == Status.COMMIT_FAILED else 0, v1)
        done.append((writer, before))
    return Outcome(0, 0, echo(pdu))


def _failed(pdu: Pdu, status: int, place: int, v1: bool) -> Outcome:
    return Outcome(in_v1(status) if v1 else status, place, echo(pdu))


def _checked(
    view: ObjectView, binding: VarBind, writable: bool, assignments: list[tuple[Writer, Instance, Plain]]
) -> int:
    if not writable:
        return Status.NO_ACCESS
    instance = view.find(binding.name)
    if instance is None or instance.writer is None:
        return Status.NOT_WRITABLE
    if binding.tag != instance.tag:
        return Status.WRONG_TYPE
    try:
        value = binding.value
    except MalformedMessage:
        return Status.WRONG_ENCODING
    status = instance.writer.check(view.context, value)
    if not status:
        assignments.append((instance.writer, instance, value))
    return status


def _undone(view: ObjectView, done: Sequence[tuple[Writer, Plain]]) -> bool:
    try:
        for writer, before in reversed(done):
            writer.commit(view.context, before)
    except CommitRefused:
        return False
    return True
