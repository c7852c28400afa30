"""Shock detection over HTTP (io-events sheet 1.12)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from vapix_desk import Desk

FOLDER = "/axis-cgi/shockdetection"
NAMESPACE = "{http://www.axis.com/vapix/http_cgi/shockdetection1}"


def ask(desk: Desk, name: str, query: str = "schemaversion=1") -> list[tuple[str, str]]:
    """Names and texts of the leaves of the answer."""
    answer = desk.ask("GET", f"{FOLDER}/{name}.cgi?{query}")
    assert (answer.status, answer.content_type) == (200, "text/xml")
    root = etree.fromstring(answer.body)
    assert (root.tag, root.get("SchemaVersion")) == (NAMESPACE + "ShockDetectionResponse", "1.0")
    return [(leaf.tag.removeprefix(NAMESPACE), leaf.text or "") for leaf in root.iter() if not len(leaf)]


def code(desk: Desk, name: str, query: str) -> str:
    return dict(ask(desk, name, query))["ErrorCode"]


def test_what_is_set_reads_back_and_acts() -> None:
    desk = Desk()
    assert ask(desk, "getenabled") == [("Enabled", "false")]
    assert ask(desk, "setenabled", "schemaversion=1&enabled=true") == [("SetEnabledSuccess", "")]
    assert ask(desk, "getenabled", "schemaversion=1.0") == [("Enabled", "true")]
    ask(desk, "setsensitivitylevel", "schemaversion=1&level=80")
    assert ask(desk, "getsensitivitylevel") == [("SensitivityLevel", "80")]
    assert desk.device.alarms is not None
    desk.device.alarms.shake(20)
    assert [topic for topic, _ in desk.events if topic.endswith("ShockDetected")]


def test_the_schema_version_needs_no_argument() -> None:
    assert ask(Desk(), "getschemaversion", "") == [("VersionNumber", "1.0"), ("Deprecated", "")]


@pytest.mark.parametrize(
    ("name", "query", "expected"),
    [
        ("getenabled", "", "20"),
        ("getenabled", "schemaversion=2", "40"),
        ("getenabled", "schemaversion=x", "40"),
        ("setenabled", "schemaversion=1", "20"),
        ("setenabled", "schemaversion=1&enabled=perhaps", "20"),
        ("setsensitivitylevel", "schemaversion=1", "20"),
        ("setsensitivitylevel", "schemaversion=1&level=ten", "20"),
        ("setsensitivitylevel", "schemaversion=1&level=101", "30"),
        ("setsensitivitylevel", "schemaversion=1&level=-1", "30"),
    ],
)
def test_errors_are_told_by_number(name: str, query: str, expected: str) -> None:
    assert code(Desk(), name, query) == expected


def test_a_speaker_has_no_such_path() -> None:
    assert Desk("C1410").ask("GET", f"{FOLDER}/getenabled.cgi?schemaversion=1").status == 404


DESK = Desk()


@pytest.mark.fuzz
@given(
    st.sampled_from(["setenabled", "setsensitivitylevel", "getenabled"]),
    st.text(max_size=20) | st.sampled_from(["1", "1.0", "2"]),
    st.text(max_size=20) | st.sampled_from(["true", "50"]),
)
def test_no_arguments_break_it(name: str, schema: str, value: str) -> None:
    query = urlencode({"schemaversion": schema, "enabled": value, "level": value}, errors="replace")
    told = ask(DESK, name, query)
    assert told
    alarms = DESK.device.alarms
    assert alarms is not None
    assert 0 <= alarms.shock_sensitivity <= 100
