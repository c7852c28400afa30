"""Modbus: what a foreign master is answered on a bus, and what the device's list of sensors shows."""

from __future__ import annotations

from typing import Any

from simulator.expect.finding import Finding, Look, differences, shown


def find_modbus(look: Look) -> list[Finding]:
    """One question of an independent master, asked now."""
    query: Any = look.expectation.query
    places = {place["box"]: place for place in look.eyes.device(look.device)["modbus"]}
    door = places.get(query.bus, {}).get("listen")
    if door is None:
        return [Finding("", (f"bus {query.bus} does not listen; give it modbus: {{{query.bus}: listen}}",))]
    answer = look.eyes.ask_modbus(
        door["host"], door["port"], query.unit, query.function, query.register, max(1, len(query.words))
    )
    return [Finding(_told(answer), _differs(query, answer))]


def _told(answer: dict[str, Any]) -> str:
    if "words" in answer:
        return f"words={answer['words']}"
    return f"exception={answer['exception']}" if "exception" in answer else f"no answer: {answer['error']}"


def _differs(query: Any, answer: dict[str, Any]) -> tuple[str, ...]:
    told = []
    answered = "error" not in answer
    wanted = query.answers if query.answers is not None else True
    if answered != wanted:
        told.append(_told(answer) if wanted else f"it answers: {_told(answer)}")
    elif query.words and answer.get("words") != list(query.words):
        told.append(f"{_told(answer)}, not words={list(query.words)}")
    elif query.exception is not None and answer.get("exception") != query.exception:
        told.append(f"{_told(answer)}, not exception={query.exception}")
    return tuple(told)


def find_sensor(look: Look) -> list[Finding]:
    """The row of the list."""
    query: Any = look.expectation.query
    rows = look.eyes.snapshot(look.device)["sensors"]
    row = next((one for one in rows if query.sensor in (one["name"], str(one["number"]))), None)
    if row is None:
        return [Finding("", (f"no sensor {query.sensor} in the list of {look.device}",))]
    status = {True: "online", False: "offline", None: "unknown"}[row["online"]]
    wanted = {"status": query.status, "reason": query.reason, "event": query.event}
    present = {"status": status, "reason": row["reason"], "event": row["last_event"]}
    differs = differences({key: value for key, value in wanted.items() if value}, present)
    name, value = _value(query.quantity, row["values"])
    if query.quality or query.limit or query.value is not None:
        differs += _value_differs(query, name, value)
    return [Finding(f"{row['name']} {status} {name}={shown(value.get('value'))}", differs)]


def _value(quantity: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    name = quantity or next(iter(values), "")
    return name, values.get(name, {})


def _value_differs(query: Any, name: str, value: dict[str, Any]) -> tuple[str, ...]:
    if not value:
        return (f"it does not measure {name}",)
    wanted = {"quality": query.quality, "limit": query.limit}
    differs = differences({key: text for key, text in wanted.items() if text}, value)
    number = value["value"]
    if query.value is not None and (number is None or abs(number - query.value) > query.tolerance + 1e-6):
        differs += (f"{name}={shown(number)}, not {query.value:g}",)
    return differs
