"""mediaclip.cgi, playclip.cgi and stopclip.cgi: the speaker's audio clips (audio sheet 2.1).

Success is `OK` and a line that says what was done; failure is 400 with `400 Bad Request` and a line that says why.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.device.sound import RATE
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Endless, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.clip_download import AT_ONCE, Download
from simulator.face.vapix.firmware_upload import uploaded_parts
from simulator.wire.clip_file import au_header, read_clip_file, silent_au
from simulator.wire.recording import LONGEST, Recording, mulaw

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.audio_quirks import AudioQuirks
    from simulator.device.clip import Clips
    from simulator.device.device import Device

LARGEST_UPLOAD = 16 << 20
"""Bytes of a request; the store's own limit is `MediaClip.MaxUploadSize`."""
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_PAIR = ("audiodeviceid", "audiooutputid")
"""The speaker has one output: device 0, output 0; in the older argument `audiooutput`, number 1."""


def mediaclip(call: Call) -> Reply:
    """`action` says what: play, stop, upload, remove, update, download. There is no `list`."""
    act = _ACTIONS.get(call.query.get("action", ""))
    return _bad("unknown action") if act is None else _carried_out(act, call)


def playclip(call: Call) -> Reply:
    """For viewers; as `action=play`."""
    return _carried_out(_play, call)


def stopclip(call: Call) -> Reply:
    """For viewers; as `action=stop`."""
    return _carried_out(_stop, call)


def _carried_out(act: Callable[[Call, Clips], Reply], call: Call) -> Reply:
    clips = call.device.clips
    if clips is None:
        return _bad("no clips")
    try:
        return act(call, clips)
    except (Refused, MalformedMessage) as refused:
        return _bad(str(refused))


def _play(call: Call, clips: Clips) -> Reply:
    """By number or by location; answers at once; a new clip replaces the one that plays."""
    arguments = call.query
    check_output(arguments)
    if "clip" in arguments:
        number = _whole(arguments, "clip")
    elif "location" in arguments:
        number = clips.at(arguments["location"]).number
    else:
        raise Refused("clip or location is missing")
    clips.play(number, repeat=_whole(arguments, "repeat", 0), volume=_whole(arguments, "volume", 100))
    return _done(f"playing={number}")


def check_output(arguments: dict[str, str]) -> None:
    """The pair belongs together, and the deprecated argument is not used with it. Raises Refused."""
    given = [name for name in _PAIR if name in arguments]
    if given and (len(given) < 2 or "audiooutput" in arguments):
        raise Refused("audiodeviceid and audiooutputid belong together, without audiooutput")
    if any(_whole(arguments, name) != 0 for name in given) or _whole(arguments, "audiooutput", 1) != 1:
        raise Refused("no such audio output")


def _stop(_call: Call, clips: Clips) -> Reply:
    clips.stop()
    return _done("stopping")


def _upload(call: Call, clips: Clips) -> Reply:
    """One file part under any name. A name that exists replaces that clip [guess from a published client].

    `media=audio` is documented as required; published clients leave it out.
    """
    if call.query.get("media", "audio") != "audio":
        raise Refused("media is audio")
    parts = uploaded_parts(call)
    if not parts:
        raise Refused("an upload is a POST of multipart/form-data with one file")
    content = next((part for part in parts if part.filename), parts[0]).read(LARGEST_UPLOAD)
    file = read_clip_file(content)
    recording = Recording(content, RATE)
    name, duplicate = call.query.get("name", ""), audio_quirks(call.device).clip_duplicate
    present = clips.named(name) if name and duplicate != "uploaded" else None
    if present is not None:
        extension, seconds = file.extension, file.seconds
        clips.replace(present.number, content, extension=extension, seconds=seconds, recording=recording)
        clip = f"MediaClip.M{present.number}" if duplicate == "updated" else str(present.number)
        return _done(f"{duplicate}={clip}")
    number = clips.add(name, content, extension=file.extension, seconds=file.seconds, recording=recording)
    return _done(f"uploaded={number}")


def _remove(call: Call, clips: Clips) -> Reply:
    number = _whole(call.query, "clip")
    clips.remove(number)
    return _done(f"removed={number}")


def _update(call: Call, clips: Clips) -> Reply:
    number = _whole(call.query, "clip")
    if "name" not in call.query:
        raise Refused("name is missing")
    clips.rename(number, call.query["name"])
    return _done(f"updated={number}")


def _download(call: Call, clips: Clips) -> Reply:
    """As an au file: one that was uploaded as such, else its sound in mu-law at 16 kHz, as the factory has one itself.

    A factory clip is the sound that it has here: the recordings cannot be published.
    """
    clip = clips[_whole(call.query, "clip")]
    seconds = min(clips.seconds(clip), LONGEST)
    if clip.extension == "au":
        return Answer(body=clip.content, content_type="audio/basic")
    if clip.recording is None:
        return Answer(body=silent_au(seconds), content_type="audio/basic")
    if seconds > AT_ONCE:
        download = Download(clip.recording, seconds)
        return Endless("audio/basic", download.open, every=Download.PAUSE, beat=download.beat)
    samples = clip.recording.samples(0.0, seconds)
    return Answer(body=au_header(len(samples), RATE) + mulaw(samples, RATE), content_type="audio/basic")


_ACTIONS: dict[str, Callable[[Call, Clips], Reply]] = {
    "play": _play,
    "stop": _stop,
    "upload": _upload,
    "remove": _remove,
    "update": _update,
    "download": _download,
}


def _whole(arguments: dict[str, str], name: str, default: int | None = None) -> int:
    text = arguments.get(name, "" if default is None else str(default))
    if not _WHOLE.fullmatch(text):
        raise Refused(f"{name} must be a whole number")
    return int(text)


def _done(line: str) -> Answer:
    return Answer(body=f"OK\n{line}\n".encode())


def _bad(why: str) -> Answer:
    return Answer(400, f"400 Bad Request\n{why}\n".encode("utf-8", "replace"))


def audio_quirks(device: Device) -> AudioQuirks:
    """The profile's guesses about sound. Only for devices that have any."""
    quirks = device.profile.quirks.audio
    assert quirks is not None
    return quirks


def has_clips(device: Device) -> bool:
    """Speakers have."""
    return device.clips is not None


ROUTES = (
    Route(
        ("/axis-cgi/mediaclip.cgi",),
        mediaclip,
        level=Level.OPERATOR,
        api="mediaclip",
        served=has_clips,
        body_limit=LARGEST_UPLOAD,
        spool=True,
    ),
    Route(("/axis-cgi/playclip.cgi",), playclip, level=Level.VIEWER, served=has_clips),
    Route(("/axis-cgi/stopclip.cgi",), stopclip, level=Level.VIEWER, served=has_clips),
)
