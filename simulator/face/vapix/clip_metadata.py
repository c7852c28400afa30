"""mediaclip2.cgi: the web interface's own JSON API about clips, which published clients use (audio sheet 2.4).

Undocumented and not in API discovery. `clipId` stands beside `method`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.clip import has_clips
from simulator.face.vapix.envelope import ONE_LINE, Json
from simulator.face.vapix.fault import FAMILY_B, ApiError

if TYPE_CHECKING:
    from simulator.device.clip import Clips

VERSION = "0.1"
_LONGEST_ID = 9


def mediaclip2(call: Call) -> Answer:
    """`getAllMetadata` and `delete`; any other method is error 2102."""
    answer: Json = {"apiVersion": VERSION}
    try:
        sent = _sent(call)
        answer["method"] = str(sent.get("method", ""))[:80]
        answer["data"] = _done(call, sent)
    except ApiError as error:
        answer["error"] = error.as_json()
    return Answer(body=ONE_LINE.bytes_of(answer), content_type="application/json")


def _sent(call: Call) -> Json:
    try:
        sent = json.loads(call.request.body)
    except (ValueError, RecursionError):
        raise FAMILY_B.bad_json() from None
    if not isinstance(sent, dict):
        raise FAMILY_B.bad_json()
    return sent


def _done(call: Call, sent: Json) -> Json:
    clips, method = call.device.clips, sent.get("method")
    assert clips is not None
    if method == "getAllMetadata":
        return {str(clip.number): _metadata(clips, clip.number) for clip in clips.items}
    if method != "delete":
        raise FAMILY_B.unknown_method(str(method)[:80])
    number = sent.get("clipId")
    text = str(number) if isinstance(number, str | int) and not isinstance(number, bool) else ""
    if "clipId" not in sent:
        raise FAMILY_B.missing("clipId")
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_ID:
        raise FAMILY_B.invalid("clipId")
    try:
        clips.remove(int(text))
    except Refused:
        raise FAMILY_B.invalid("clipId") from None
    return {}


def _metadata(clips: Clips, number: int) -> Json:
    return {"name": clips.name(number), "fileName": clips[number].file_name}


ROUTES = (
    Route(("/axis-cgi/mediaclip2.cgi",), mediaclip2, methods=("POST",), level=Level.OPERATOR, served=has_clips),
)
