"""What the receivers of the site have taken, against what was expected."""

from __future__ import annotations

from typing import Any

import pytest
from canned_eyes import CannedEyes, find

MAIL = {
    "device": "speaker-1",
    "from": "speaker@example.com",
    "to": ["ops@example.com", "guard@example.com"],
    "subject": "Speaker failed",
    "text": "The test did not pass",
    "tls": True,
    "user": "bench",
}
REQUEST = {
    "device": "speaker-1",
    "way": "https",
    "method": "POST",
    "path": "/hook",
    "arguments": {"Message": "motion"},
    "headers": {"Content-Type": "application/json"},
    "text": "{}",
}
BY_TCP = {"device": "speaker-1", "way": "tcp", "text": "motion"}


def looked(
    face: str, what: str, data: dict[str, Any], query: dict[str, Any], device: str = "speaker-1"
) -> list[Any]:
    eyes = CannedEyes()
    eyes.record("site", what, "site")["data"] = data
    return find(eyes, face, query, device=device)


@pytest.mark.parametrize(
    ("query", "differs"),
    [
        ({"to": "guard@*"}, ()),
        ({"to": "nobody@*"}, ("to=ops@example.com,guard@example.com, not nobody@*",)),
        ({"from": "speaker@*", "subject": "Speaker*", "contains": "did not", "tls": True, "user": "bench"}, ()),
        ({"subject": "Hello"}, ("subject=Speaker failed, not Hello",)),
        ({"contains": "passed"}, ("without 'passed'",)),
        ({"tls": False}, ("over TLS",)),
    ],
)
def test_a_mail(query: dict[str, Any], differs: tuple[str, ...]) -> None:
    (finding,) = looked("mail", "mail", MAIL, query)
    assert finding.differs == differs


@pytest.mark.parametrize(
    ("data", "query", "differs"),
    [
        (REQUEST, {"contains": "motion"}, ()),
        (BY_TCP, {"contains": "motion", "way": "tcp"}, ()),
        (REQUEST, {"contains": "smoke"}, ("without 'smoke'",)),
        (REQUEST, {"method": "POST", "path": "/ho*", "arguments": {"Message": "mot*"}}, ()),
        (REQUEST, {"headers": {"content-type": "application/*"}}, ()),
        (REQUEST, {"way": "http"}, ("way=https, not http",)),
        (BY_TCP, {"arguments": {"Message": "motion"}}, ("Message=none, not motion",)),
    ],
)
def test_a_notification(data: dict[str, Any], query: dict[str, Any], differs: tuple[str, ...]) -> None:
    (finding,) = looked("notification", "notification", data, query)
    assert finding.differs == differs


def test_what_another_device_told_or_was_refused_does_not_count() -> None:
    assert looked("mail", "mail", MAIL, {}, device="speaker-2") == []
    assert looked("notification", "notification refused", REQUEST, {}) == []
