"""The page: what a reader must find on it, and what must never get into it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html
from report_samples import INPUT, Notebook, case, check, expectation, step

from simulator.report.html import MOST_LINES, case_page, chosen, journal_page
from simulator.report.lanes import MANY, MOST_LANES, WIDTH, picture
from simulator.report.result import Verdict
from simulator.report.timeline import story
from simulator.report.words import LONGEST, summary, words

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\""


def page(result: Any = None, records: list[dict[str, Any]] | None = None, log: str = "") -> Any:
    return html.fromstring(case_page(result or case(), records or [], log))


def text_of(element: Any) -> str:
    return " ".join(element.text_content().split())


def test_verdict_seed_and_the_command_to_repeat_are_on_the_page() -> None:
    whole = page()
    assert text_of(whole.find_class("big")[0]) == "passed"
    assert text_of(whole.get_element_by_id("repeat")) == "axsim run x.scenario.yaml --seed 7"
    assert "What it is about." in text_of(whole)
    assert not whole.find_class("failure")


def test_a_failure_stands_above_the_steps_with_what_came_instead() -> None:
    detail = "arrived at t=30.1: x -> differs in: state=open, not cut"
    failed = step(Verdict.FAILED, expectations=(expectation(Verdict.FAILED, detail=detail),))
    whole = page(case(Verdict.FAILED, steps=(step(), failed)))
    (box,) = whole.find_class("failure")
    for told in ("cut io-1/input/2", "x.scenario.yaml:7:5", "within 2s of t=30.000", detail, "- at: 30s"):
        assert told in text_of(box)
    assert str(whole.text_content()).index("What went wrong") < str(whole.text_content()).index("Steps")


def test_a_run_that_could_not_go_on_says_so() -> None:
    whole = page(case(Verdict.ERROR, steps=(), detail="the engine ended with code -9"))
    assert "The run could not go on" in text_of(whole.find_class("failure")[0])


def test_two_hundred_devices_of_one_expectation_are_one_line_but_failures_stand_out() -> None:
    many = [expectation(device=f"io-{number}") for number in range(1, 200)]
    failed = expectation(Verdict.FAILED, "speaker-7", "nothing came near it")
    whole = page(case(Verdict.FAILED, steps=(step(Verdict.FAILED, expectations=(*many, failed)),)))
    lines = [text_of(line) for line in whole.xpath("//*[@class='expects']/li")]
    assert len(lines) == 2
    assert "199 devices, seen at 30.050 s" in lines[0]
    assert "speaker-7" in lines[1]


def test_failures_of_many_devices_are_told_for_some_and_named_for_all() -> None:
    failed = [expectation(Verdict.FAILED, f"io-{number}", f"miss {number}") for number in range(40)]
    box = page(case(Verdict.FAILED, steps=(step(Verdict.FAILED, expectations=tuple(failed)),))).find_class(
        "failure"
    )[0]
    assert text_of(box).count("miss ") == 5
    assert "io-39" in text_of(box)


def test_what_is_left_over_and_what_the_client_wrote() -> None:
    whole = page(case(leftovers=("reset on io-1/http",)), log="hello\nworld")
    assert "reset on io-1/http" in text_of(whole)
    assert "hello world" in text_of(whole)


def test_the_table_of_the_client_is_grouped_by_check_with_failures_first() -> None:
    rows = (check(device="io-1", seconds=0.2), check(device="io-2", verdict=Verdict.FAILED), check("C06", "io-1"))
    enrolment, wiring = page(case(checks=rows)).find_class("check")
    assert "C01 Enrolment 1 of 2, slowest 200ms" in text_of(enrolment.xpath(".//summary")[0])
    assert [text_of(row)[:4] for row in enrolment.xpath(".//tr")[1:]] == ["io-2", "io-1"]
    assert "C06" in text_of(wiring)


def test_every_line_has_its_cause_as_a_link() -> None:
    book = Notebook()
    hand = book.add("action", "cut", at=30.0, target="io-1/input/2")
    book.event(INPUT, {"port": "2"}, {"state": "1"}, at=30.05, cause=hand)
    row = page(records=book.records).get_element_by_id("l2")
    assert [text_of(cell) for cell in row] == [
        "30.050", "io-1", "event", "tns1:Device/tnsaxis:IO/Port", "port=2: state=1", "1",
    ]  # fmt: skip
    assert row.xpath(".//a")[0].get("href") == "#l1"


@pytest.mark.parametrize("place", ["what", "data", "log", "title"])
def test_what_a_client_sent_is_text_and_never_markup(place: str) -> None:
    book = Notebook()
    book.request(f"GET /{HOSTILE if place == 'what' else ''}", query=HOSTILE if place == "data" else "")
    whole = page(case(case=HOSTILE if place == "title" else "x"), book.records, HOSTILE if place == "log" else "")
    assert len(whole.xpath("//script")) == 1
    assert not whole.xpath("//img")
    assert HOSTILE in whole.text_content()


@given(
    st.text(st.characters()),
    st.dictionaries(st.text(max_size=4), st.text(max_size=8) | st.lists(st.none()), max_size=3),
)
def test_any_text_in_a_record_is_worded(text: str, data: dict[str, Any]) -> None:
    for kind in ("event", "message", "request", "log", "step", "state"):
        line = {
            "kind": kind,
            "what": text,
            "data": dict(data) if kind != "event" else {"source": data, "data": data},
        }
        assert len(words(line)) <= LONGEST
        assert isinstance(summary(line), str)


def test_any_text_makes_a_page_that_utf_8_can_hold() -> None:
    book = Notebook()
    book.request("GET /\udc80\x00\x1b")
    case_page(case(detail="\udc80", about="\x00"), book.records, "\udcff").encode()


def test_a_page_needs_nothing_from_outside() -> None:
    source = case_page(case(), [])
    assert "http://" not in source.replace("http://127.", "")
    assert "https://" not in source
    assert not page().xpath("//link | //script[@src] | //img")


def test_a_page_of_the_timeline_alone() -> None:
    book = Notebook()
    book.add("note", "hello")
    whole = html.fromstring(journal_page("test_x", book.records))
    assert text_of(whole.xpath("//h1")[0]) == "test_x"
    assert not whole.find_class("big")


def crowd() -> list[dict[str, Any]]:
    """More lines than a page takes: set-up, messages, one deed at the end and what followed from it."""
    book = Notebook()
    for number in range(MOST_LINES):
        book.event(INPUT, {"port": "1"}, {"state": str(number)}, device=f"io-{number % 50}")
        book.add("message", "mqtt", f"io-{number % 50}", at=1.0, direction="out", packet="PUBLISH", topic="x")
    hand = book.add("action", "cut", "io-7", at=99.0)
    book.event(INPUT, {"port": "2"}, {"state": "1"}, at=99.05, device="io-7", cause=hand)
    return book.records


def test_a_page_that_is_full_keeps_what_matters() -> None:
    everything = story(crowd())
    lines = chosen(everything, MOST_LINES)
    assert len(lines) == MOST_LINES
    assert [line["number"] for line in lines] == sorted(line["number"] for line in lines)
    assert {"action", "event"} <= {line["kind"] for line in lines if line["at"] > 50}
    assert not any(line["kind"] == "message" for line in lines)
    whole = html.fromstring(case_page(case(), crowd()))
    assert f"{MOST_LINES} of {len(everything)}" in text_of(whole)
    present = {f"#{row.get('id')}" for row in whole.xpath("//tr[@id]")}
    missing = [link.get("href") for link in whole.xpath("//svg//a") if link.get("href") not in present]
    assert not missing


def test_lanes_stand_in_the_order_in_which_people_count() -> None:
    book = Notebook()
    for device in ("io-10", "speaker-1", "io-2", "", "site"):
        book.add("action", "x", device)
    book.add("action", "power", "io-*")
    assert [lane.name for lane in picture(book.records, summary).lanes] == [
        "fleet", "site", "io-2", "io-10", "speaker-1",
    ]  # fmt: skip


def test_a_lane_never_has_more_marks_than_can_be_told_apart() -> None:
    book = Notebook()
    for number in range(5000):
        book.event(INPUT, {"port": "1"}, {"state": "1"}, at=number / 10)
    (lane,) = picture(book.records, summary).lanes
    assert len(lane.marks) <= WIDTH / 6 + 1
    assert sum(mark.count for mark in lane.marks) == 5000
    assert all(later.x - mark.x > 6 for mark, later in zip(lane.marks, lane.marks[1:], strict=False))
    assert lane.marks[0].text.endswith(f"and {lane.marks[0].count - 6} more")


def test_a_mark_shows_the_most_telling_of_what_it_stands_for() -> None:
    book = Notebook()
    book.add("state", "loop", at=10.0)
    book.add("action", "cut", at=10.0)
    book.event(INPUT, {"port": "1"}, {"state": "1"}, at=10.001)
    (lane,) = picture(story(book.records), summary).lanes
    (mark,) = lane.marks
    assert (mark.kind, mark.number) == ("action", 1)


def test_steps_are_flags_and_the_axis_has_round_times() -> None:
    book = Notebook()
    book.add("step", "first", "", at=30.0, place="x:1:1")
    book.add("step", "first: passed", "", at=62.0, verdict="passed")
    drawn = picture(book.records, summary)
    assert [(flag.label, flag.x) for flag in drawn.flags] == [("1", round(30 / 62 * WIDTH, 1))]
    assert [label for _, label in drawn.ticks] == ["0", "10s", "20s", "30s", "40s", "50s", "1m"]


def test_many_lanes_are_narrow_and_too_many_are_counted() -> None:
    book = Notebook()
    for number in range(MOST_LANES + 5):
        book.add("action", "x", f"io-{number}")
    drawn = picture(book.records, summary)
    assert (len(drawn.lanes), drawn.left_out) == (MOST_LANES, 5)
    assert drawn.lane_height < picture(book.records[:MANY], summary).lane_height


@pytest.mark.parametrize("seconds", [0.0, 1e-6, 0.3, 59.0, 86400.0, 3e6])
def test_any_length_of_time_has_few_ticks(seconds: float) -> None:
    book = Notebook()
    book.add("action", "x", at=seconds)
    assert 1 <= len(picture(book.records, summary).ticks) <= 12
