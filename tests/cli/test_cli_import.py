"""`axsim import snmp`: from a recording to what a device answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import axsim

from simulator.face.snmp.additional import read_additional
from simulator.wire.snmp.value import Tag

RECORDING = "1.3.6.1.4.1.8072.1.0|4x|00ff\n1.3.6.1.4.1.8072.2.0|6|1.3.6.1\n1.3.6.1.4.1.8072.3.0|64|10.0.0.5\n"


def test_objects_of_a_recording_can_be_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.snmprec").write_text(RECORDING)
    done = axsim("import", "snmp", "old.snmprec")
    assert (done.code, done.out) == (0, "old.snmp.json: 3 objects\n")
    served = read_additional(str(tmp_path / "old.snmp.json"))
    assert [(one.tag, one.read(None)) for one in served] == [
        (Tag.OCTETS, b"\x00\xff"),
        (Tag.OID, (1, 3, 6, 1)),
        (Tag.ADDRESS, bytes((10, 0, 0, 5))),
    ]


def test_what_is_wrong_is_told_by_line_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.snmprec").write_text("1.3.6.1|2|1\n1.3.6.2|2|x\n")
    done = axsim("import", "snmp", "bad.snmprec", "-o", "out.json")
    assert done.code == 2
    assert done.err == "bad.snmprec:2: 'x' is no number\n"
    assert not (tmp_path / "out.json").exists()


def test_a_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = axsim("import", "snmp", "none")
    assert done.code == 2
    assert done.err == "axsim: none cannot be read: No such file or directory\n"
