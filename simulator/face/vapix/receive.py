"""audio/receive.cgi: what the microphone hears, to a client, in real time and without end (audio sheet 3.1).

A body of the codec's own kind, or parts of 64 ms. What the request does not say is as the parameters have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.device.parameter import Level, Refused
from simulator.device.sound import RATE
from simulator.errors import MalformedMessage
from simulator.face.exchange import Answer, Endless, Reply
from simulator.face.vapix.apache import page
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.clip import audio_quirks
from simulator.face.vapix.transmit import has_audio
from simulator.wire.live_audio import PART_SECONDS, Encoder, coding

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.microphone import Listener, Microphone
    from simulator.face.exchange import Channel
    from simulator.wire.live_audio import Coding

BOUNDARY = "myboundary"
_MULTIPART = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
_FIXED = ("g711", "g726", "lpcm")
"""Codecs whose parts all have one size."""
_PAIR = ("audiodeviceid", "audioinputid")


def receive(call: Call) -> Reply:
    """Refuse, or let the client listen."""
    device, microphone = call.device, call.device.microphone
    assert microphone is not None
    if device.parameters["Audio.DuplexMode"] == "post":
        return page(405)
    try:
        made, parts = _asked(call)
    except (MalformedMessage, Refused) as wrong:
        return Answer(400, f"400 Bad Request\n{wrong}\n".encode("utf-8", "replace"))
    if not microphone.on:
        return page(audio_quirks(device).receive_off_status)
    if microphone.listeners >= int(device.parameters["Audio.MaxListeners"]):
        return page(503)
    stream = _Stream(microphone, made, parts=parts)
    content_type = _MULTIPART if parts else made.content_type
    return Endless(content_type, stream.open, every=PART_SECONDS, beat=stream.beat)


def _asked(call: Call) -> tuple[Coding, bool]:
    """Codec and framing that a client gets. Raises Refused or MalformedMessage."""
    arguments, parameters = call.query, call.device.parameters
    _check_source(arguments)
    own = parameters["AudioSource.A0.AudioEncoding"]
    name = arguments.get("audiocodec", own)
    rate, bit_rate = _whole(arguments, "audiosamplerate", 0), _whole(arguments, "audiobitrate", 0)
    if name == own == "aac" and not rate and not bit_rate:
        rate, bit_rate = int(parameters["AudioSource.A0.SampleRate"]), int(parameters["AudioSource.A0.BitRate"])
    framing = arguments.get("httptype", parameters["Audio.A0.HTTPMessageType"])
    if framing not in ("singlepart", "multipart"):
        raise Refused("httptype is singlepart or multipart")
    if framing == "multipart" and name == "aac":
        raise Refused("AAC does not come in parts")
    return coding(name, rate, bit_rate), framing == "multipart"


def _check_source(arguments: dict[str, str]) -> None:
    """There is one input: channel 1, or device 0 and input 0."""
    given = [name for name in _PAIR if name in arguments]
    if given and (len(given) < len(_PAIR) or "audiochannel" in arguments):
        raise Refused("audiodeviceid and audioinputid belong together, without audiochannel")
    wanted = {"audio": 1, "camera": 1, "audiochannel": 1, "audionbrofchannels": 1, **dict.fromkeys(_PAIR, 0)}
    for name, only in wanted.items():
        if _whole(arguments, name, only) != only:
            raise Refused(f"{name} is {only} here")


def _whole(arguments: dict[str, str], name: str, default: int) -> int:
    text = arguments.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise Refused(f"{name} must be a whole number")
    return int(text)


class _Stream:
    """One client's stream; `beat` sends the next 64 ms."""

    def __init__(self, microphone: Microphone, made: Coding, *, parts: bool) -> None:
        self._microphone = microphone
        self._made = made
        self._parts = parts
        self._beats = 0
        self._waiting = b""
        self._channel: Channel | None = None
        self._encoder: Encoder | None = None
        self._listener: Listener | None = None

    def open(self, channel: Channel) -> Callable[[], None]:
        """The client listens; returns what ends it."""
        self._encoder, self._channel = Encoder(self._made, RATE), channel
        self._listener = self._microphone.listen()
        return self._close

    def _close(self) -> None:
        if self._listener is not None:
            self._listener.leave()
        self._channel = None
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None

    def beat(self) -> None:
        """Called every 64 ms while it is open; a device that is down says nothing."""
        if self._encoder is None or self._channel is None or self._listener is None or not self._listener.active:
            return
        begin = self._beats * PART_SECONDS
        self._beats += 1
        data = self._encoder.encode(self._microphone.samples(begin, begin + PART_SECONDS))
        if not self._parts:
            self._channel.send(data)
            return
        self._waiting += data
        size = round(self._made.bytes_per_second * PART_SECONDS) if self._made.name in _FIXED else 0
        while self._waiting and len(self._waiting) >= size:
            end = size or len(self._waiting)
            self._channel.send(self._part(self._waiting[:end]))
            self._waiting = self._waiting[end:]

    def _part(self, data: bytes) -> bytes:
        head = f"--{BOUNDARY}\r\nContent-Type: {self._made.content_type}\r\nContent-Length: {len(data)}\r\n\r\n"
        return head.encode() + data + b"\r\n"


ROUTES = (
    Route(("/axis-cgi/audio/receive.cgi",), receive, methods=("GET",), level=Level.VIEWER, served=has_audio),
)
