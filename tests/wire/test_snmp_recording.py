"""Recordings: snmprec and snmpwalk text, and every way in which a file can be something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.wire.snmp.ber import oid_text
from simulator.wire.snmp.recording import MOST_PROBLEMS, read_recording, shown
from simulator.wire.snmp.value import Tag, content_of

SNMPREC = """\
# a recording
1.3.6.1.2.1.1.1.0|4|; AXIS D4200-VE; Network Strobe Speaker; 12.10.68; Apr 29 2026 17:33; 9CF; 1
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.368.1.1
1.3.6.1.2.1.1.3.0|67|8496
1.3.6.1.2.1.2.2.1.6.2|4x|b8a44f010203
1.3.6.1.2.1.2.2.1.10.2|65|4294967295
1.3.6.1.2.1.4.20.1.1.10.0.0.5|64|10.0.0.5
1.3.6.1.2.1.4.20.1.1.10.0.0.6|64x|0a000006
1.3.6.1.2.1.31.1.1.1.6.2|70|18446744073709551615
1.3.6.1.4.1.368.4.1.3.1.4.1.1|2|-5
1.3.6.1.4.1.368.4.1.100.1.2.0|66|999876
1.3.6.1.4.1.9.1.0|5|
"""
WALK = """\
.1.3.6.1.2.1.1.1.0 = STRING: "; AXIS \\"A9210\\"; one
two"
.1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.368
.1.3.6.1.2.1.1.3.0 = Timeticks: (8496) 0:01:24.96
.1.3.6.1.2.1.1.4.0 = ""
.1.3.6.1.2.1.1.7.0 = INTEGER: 64
.1.3.6.1.2.1.2.2.1.6.2 = Hex-STRING: B8 A4 4F 01 02 03 B8 A4 4F 01 02 03 B8 A4 4F 01
B8 A4
.1.3.6.1.2.1.2.2.1.7.2 = INTEGER: up(1)
.1.3.6.1.2.1.2.2.1.10.2 = Counter32: 17
.1.3.6.1.2.1.4.20.1.1.10.0.0.5 = IpAddress: 10.0.0.5
.1.3.6.1.2.1.4.20.1.1.10.0.0.6 = Network Address: 0A:00:00:06
.1.3.6.1.2.1.25.2.2.0 = INTEGER: 999876 KBytes
.1.3.6.1.2.1.31.1.1.1.6.2 = Counter64: 5
.1.3.6.1.4.1.1.0 = BITS: A0 00 first(0) third(2)
.1.3.6.1.4.1.2.0 = Wrong Type (should be INTEGER): Gauge32: 7
.1.3.6.1.4.1.3.0 = No Such Object available on this agent at this OID
.1.3.6.1.6.3.16.0 = No more variables left in this MIB View (It is past the end of the MIB tree)
"""


def objects(text: str) -> dict[str, tuple[Tag, object]]:
    recording = read_recording(text)
    assert recording.problems == []
    return {oid_text(oid): (tag, value) for oid, tag, value in recording.objects}


def test_snmprec() -> None:
    found = objects(SNMPREC)
    assert len(found) == 10
    assert found["1.3.6.1.2.1.1.1.0"][1] == SNMPREC.splitlines()[1].split("|")[2].encode()
    assert found["1.3.6.1.2.1.1.2.0"] == (Tag.OID, (1, 3, 6, 1, 4, 1, 368, 1, 1))
    assert found["1.3.6.1.2.1.1.3.0"] == (Tag.TICKS, 8496)
    assert found["1.3.6.1.2.1.2.2.1.6.2"] == (Tag.OCTETS, bytes.fromhex("b8a44f010203"))
    assert found["1.3.6.1.2.1.4.20.1.1.10.0.0.6"] == (Tag.ADDRESS, bytes((10, 0, 0, 6)))
    assert found["1.3.6.1.2.1.31.1.1.1.6.2"] == (Tag.COUNTER64, (1 << 64) - 1)
    assert found["1.3.6.1.4.1.368.4.1.3.1.4.1.1"] == (Tag.INTEGER, -5)


def test_the_text_of_a_walk() -> None:
    found = objects(WALK)
    assert found["1.3.6.1.2.1.1.1.0"] == (Tag.OCTETS, b'; AXIS "A9210"; one\ntwo')
    assert found["1.3.6.1.2.1.1.4.0"] == (Tag.OCTETS, b"")
    assert found["1.3.6.1.2.1.2.2.1.6.2"] == (Tag.OCTETS, bytes.fromhex("b8a44f010203" * 3)[:16] + b"\xb8\xa4")
    assert found["1.3.6.1.2.1.2.2.1.7.2"] == (Tag.INTEGER, 1)
    assert found["1.3.6.1.2.1.4.20.1.1.10.0.0.6"] == (Tag.ADDRESS, bytes((10, 0, 0, 6)))
    assert found["1.3.6.1.2.1.25.2.2.0"] == (Tag.INTEGER, 999876)
    assert found["1.3.6.1.4.1.1.0"] == (Tag.OCTETS, b"\xa0\x00")
    assert found["1.3.6.1.4.1.2.0"] == (Tag.GAUGE32, 7)
    assert "1.3.6.1.4.1.3.0" not in found
    assert len(found) == 14


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("hello", "neither"),
        ("1.3.6|99|1", "no tag 99"),
        ("1.3.6|2:numeric|rate=1", "variation module"),
        ("1.3.6|2|one", "no number"),
        ("1.3.6|65|4294967296", "takes"),
        ("1.3.6|4x|abc", "hexadecimal"),
        ("1.3.6|64|10.0.0.256", "IpAddress"),
        ("1.3.6|64x|0a0000", "four octets"),
        ("3.3.6|2|1", "identifier"),
        (".1.3.6 = INTEGER: x", "no number"),
        (".1.3.6 = Opaque: Float: 1.5", "no type"),
        (".1.3.6 = Timeticks: soon", "no time"),
        (".1.3.6 = OID: iso", "identifier"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_its_number(line: str, why: str) -> None:
    recording = read_recording(f"1.3.6.1|2|1\n\n{line}\n1.3.7|2|1\n")
    (problem,) = recording.problems
    assert problem.line == 3
    assert why in problem.what
    assert len(recording.objects) == 2
    assert shown(recording.problems, "x.snmprec").startswith("x.snmprec:3: ")


def test_a_name_that_stands_there_twice_and_a_file_without_any() -> None:
    (problem,) = read_recording("1.3.6.1|2|1\n1.3.6.1|2|2\n").problems
    assert (problem.line, problem.what) == (2, "1.3.6.1 stands in line 1 already")
    assert [problem.what for problem in read_recording("").problems] == ["no objects"]
    assert len(read_recording("1.3|x|1\n" * 500).problems) == MOST_PROBLEMS


@pytest.mark.fuzz
@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from([*SNMPREC.splitlines(), *WALK.splitlines(), '"', "B8", " "])).map("\n".join)
)
def test_any_text_gives_objects_or_problems(text: str) -> None:
    recording = read_recording(text)
    for oid, tag, value in recording.objects:
        assert oid_text(oid)
        assert isinstance(content_of(tag, value), bytes)
    assert all(0 < problem.line <= text.count("\n") + 1 + len(text) for problem in recording.problems)
    assert recording.objects or recording.problems or text.strip()
