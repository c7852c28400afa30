"""The checks, one function each: a story in, its rows of the table out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from simulator.report.compat.told import ANY_PORT, INPUT, SUPERVISED, delays, told_of
from simulator.report.result import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.report.compat.story import Line, Story

_CONTACT = frozenset({"open", "close", "chatter"})
_WIRING = frozenset({"cut", "short", "drift", "corrode", "leak", "loosen", "fit", "restore"})
_IDENTITY_CALLS = ("basicdeviceinfo.cgi", "param.cgi", "firmwaremanagement.cgi", "getbrand.cgi")
"""Calls from which a client learns what firmware it talks to."""


def _enrolment(story: Story) -> Iterator[Check]:
    """C01: let in, and what a device does not have is asked for once and no more."""
    requests = story.requests
    if not requests:
        return
    entered = next((one for one in story.answered if one["data"]["authorized"]), None)
    missing = Counter(request["what"] for request in requests if request["data"]["status"] == 404)
    repeated = sorted(what for what, count in missing.items() if count > 1)
    measured: dict[str, float] = {"requests": len(requests), "not_found": sum(missing.values())}
    figure = f"{_count(len(requests), 'request')}, {sum(missing.values())} x 404"
    detail = f"asks again for what is not there: {', '.join(repeated)}" if repeated else ""
    if entered is None:
        detail = "never let in"
    else:
        measured["seconds"] = _seconds(entered["wire"] - requests[0]["wire"])
        figure = f"let in after {_shown(measured['seconds'])}, {figure}"
    yield _row(story, "C01", "Enrolment", "first request", figure, measured, detail)


def _input_follows(story: Story) -> Iterator[Check]:
    """C05: every change of a contact reaches the client."""
    yield from _follows(story, "C05", "Input followed", _CONTACT, INPUT)


def _wiring_told(story: Story) -> Iterator[Check]:
    """C06: tampering reaches the client as such, and not only as a contact that opens or closes."""
    yield from _follows(story, "C06", "Tampering told apart", _WIRING, SUPERVISED)


def _follows(story: Story, number: str, title: str, verbs: frozenset[str], topic: str) -> Iterator[Check]:
    stimuli = {action["number"]: action["what"] for action in story.actions if action["what"] in verbs}
    events = [
        event
        for event in story.events
        if event["what"] == topic and event["cause"] in stimuli and event["data"]["source"].get("port") != ANY_PORT
    ]
    if not events or not story.concerns_the_client:
        return
    by_face, missed = delays(story, events)
    measured: dict[str, float] = {"events": len(events), "missed": len(missed)}
    figures = [f"{len(events) - len(missed)} of {_count(len(events), 'event')}"]
    for face, seconds in by_face.items():
        measured |= {f"{face}_p50": _percentile(seconds, 0.5), f"{face}_p95": _percentile(seconds, 0.95)}
        figures.append(f"{face} p50 {_shown(measured[f'{face}_p50'])}, p95 {_shown(measured[f'{face}_p95'])}")
    stimulus = ", ".join(sorted({stimuli[event["cause"]] for event in events}))
    detail = "" if not missed else f"never reached it: {', '.join(_event_words(event) for event in missed[:5])}"
    yield _row(story, number, title, stimulus, "; ".join(figures), measured, detail, unseen=bool(missed))


def _link_recovered(story: Story) -> Iterator[Check]:
    """C08: after the cable or the power was gone, the client is back, and knows the state that it missed."""
    for lost, back in _outages(story):
        stimulus = "unplug" if lost["what"] == "network.link" else "power cut"
        if not any(sign < lost["wire"] for sign in story.signs_of_the_client()):
            continue
        changed = _last_changes(story, lost["number"], back["number"])
        missed = [event for event in changed if not told_of(story, event)]
        measured: dict[str, float] = {"changes": len(changed), "missed": len(missed)}
        back_after = _first_after(story.signs_of_the_client(), back["wire"])
        detail = _never_back(back_after)
        if missed:
            detail = f"state of the outage never reached it: {', '.join(map(_event_words, missed[:5]))}"
        figure = _figure(measured, back_after, "back")
        if changed:
            figure += f", {len(changed) - len(missed)} of {_count(len(changed), 'change')} of the outage told"
        yield _row(story, "C08", "Link lost and back", stimulus, figure, measured, detail)


def _outages(story: Story) -> Iterator[tuple[Line, Line]]:
    """From the record that took the device away to the one that brought it back; an open end is no outage yet."""
    link, running = True, True
    lost: Line | None = None
    for record in story.states:
        if record["what"] == "network.link":
            link = record["data"]["up"]
        elif record["what"] == "phase":
            running = record["data"]["phase"] == "running"
        else:
            continue
        if lost is None and (not link or record["data"].get("phase") == "off"):
            lost = record
        elif lost is not None and link and running:
            yield lost, record
            lost = None


def _last_changes(story: Story, after: int, before: int) -> list[Line]:
    """The last event of each input during an outage: what a client must know afterwards."""
    last = {}
    for event in story.events:
        if after < event["number"] < before and event["what"] in (INPUT, SUPERVISED):
            last[event["what"], event["data"]["source"].get("port")] = event
    return [event for (_, port), event in last.items() if port != ANY_PORT]


def _address_followed(story: Story) -> Iterator[Check]:
    """C17: a client that asked the device before, asks it at its new address."""
    held = None
    for moved in story.states_of("network.address"):
        new = moved["data"]["new"]
        if held is not None and new not in (None, held) and _first_answer(story, before=moved) is not None:
            there = [one for one in story.answered if one["data"]["host"].rpartition(":")[0] == new]
            found = _first_after([one["wire"] for one in there], moved["wire"])
            measured: dict[str, float] = {}
            figure = _figure(measured, found, "found")
            detail = "" if found is not None else "never asked at the new address"
            yield _row(story, "C17", "Found at its new address", f"address: {moved['data']['why']}", figure, measured,
                       detail)  # fmt: skip
        held = new or held


def _first_answer(story: Story, *, before: Line) -> Line | None:
    return next((one for one in story.answered if one["wire"] < before["wire"]), None)


def _upgrade_followed(story: Story) -> Iterator[Check]:
    """C18: after each restart into another firmware the client is back and reads the version anew."""
    if not story.requests:
        return
    for stimulus, back in _restarts(story):
        back_after = _first_after([one["wire"] for one in story.answered], back["wire"])
        identified = [one for one in story.answered if one["what"].rpartition("/")[2] in _IDENTITY_CALLS]
        read_after = _first_after([one["wire"] for one in identified], back["wire"])
        measured: dict[str, float] = {}
        figure = _figure(measured, back_after, "asks again")
        detail = _never_back(back_after)
        if read_after is not None:
            measured["version_seconds"] = read_after
            figure += f", reads the version after {_shown(read_after)}"
        elif back_after is not None:
            detail = "goes on without reading the version"
        yield _row(story, "C18", "Upgrade followed", stimulus, figure, measured, detail)


def _restarts(story: Story) -> Iterator[tuple[str, Line]]:
    """Restarts of an upgrade or a rollback: which, and the record that ends it."""
    version, restarting = "", ""
    for record in story.states:
        data = record["data"]
        if record["what"] in ("upgrade accepted", "upgrade written"):
            version = f"upgrade to {data['version']}"
        elif record["what"] == "rolled back":
            restarting = f"rollback to {data['version']}"
        elif record["what"] == "phase" and data["phase"] == "booting" and data["activity"] != "none":
            restarting = restarting or version
        elif record["what"] == "phase" and data["phase"] == "running" and restarting:
            yield restarting, record
            restarting = ""


def _first_after(times: list[float], moment: float) -> float | None:
    """Seconds from the moment to the first of these times."""
    return next((_seconds(time - moment) for time in times if time >= moment), None)


def _figure(measured: dict[str, float], seconds: float | None, words: str) -> str:
    if seconds is None:
        return f"never {words}"
    measured["seconds"] = seconds
    return f"{words} after {_shown(seconds)}"


def _never_back(seconds: float | None) -> str:
    return "" if seconds is not None else "no sign of it after the device was back"


def _percentile(ordered: list[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    rank = -(-len(ordered) * share // 1)
    return _seconds(ordered[max(0, int(rank) - 1)])


def _seconds(value: float) -> float:
    return round(value, 4)


def _shown(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _event_words(event: Line) -> str:
    leaf = event["what"].rsplit("/", 1)[-1]
    state = event["data"]["data"].get("state", "")
    return f"{leaf} {event['data']['source'].get('port', '')} {state} at {event['at']:.3f} s"


def _row(
    story: Story,
    number: str,
    title: str,
    stimulus: str,
    figure: str,
    measured: dict[str, Any],
    detail: str,
    *,
    unseen: bool = False,
) -> Check:
    """A row; what fails only because another program delivers the messages is not held against the client."""
    verdict = Verdict.FAILED if detail else Verdict.PASSED
    if unseen and not story.embedded_broker:
        verdict, detail = Verdict.SKIPPED, "the broker is another program: what it delivers is not seen here"
    return Check(number, title, story.name, story.firmware, stimulus, figure, verdict, detail, measured)


CHECKS: tuple[Callable[[Story], Iterator[Check]], ...] = (
    _enrolment,
    _input_follows,
    _wiring_told,
    _link_recovered,
    _address_followed,
    _upgrade_followed,
)
