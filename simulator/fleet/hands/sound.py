"""Hands on what a microphone hears."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.device.sound import RATE
from simulator.errors import FleetError, MalformedMessage
from simulator.wire.clip_file import read_clip_file
from simulator.wire.recording import LONGEST, Recording

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.action.hear import Hear
    from simulator.action.page import Page
    from simulator.device.microphone import Microphone
    from simulator.fleet.bench import Bench
    from simulator.fleet.host import Host

DEFAULT_LEVEL = -20.0
"""dBFS of a tone that names no level."""
LARGEST_FILE = 64 << 20
"""Bytes of a recording that hands bring."""


def hear(bench: Bench, action: Hear) -> None:
    """Raises FleetError where one of the devices has no microphone, or the file is no recording; then none hears it."""
    deed = _deed(action)
    for microphone in [_ear(host) for host in bench.targets(action.device)]:
        deed(microphone)


def page(bench: Bench, action: Page) -> None:
    """The paging system of the site sends, or ceases to."""
    pager, key = bench.premises.pager, ("page", action.group, action.port)
    bench.courses.end(key)
    if action.do == "stop":
        pager.stop(action.group, action.port)
        return
    pager.start(
        action.group,
        action.port,
        hertz=action.tone,
        level=action.level,
        codec=action.codec,
        key=bytes.fromhex(action.key),
    )
    if action.for_ is not None:
        bench.courses.begin(key, [(action.for_, partial(pager.stop, action.group, action.port))])


def _ear(host: Host) -> Microphone:
    if host.device.microphone is None:
        raise FleetError(f"{host.name} has no microphone", hint="only a speaker has one")
    return host.device.microphone


def _deed(action: Hear) -> Callable[[Microphone], None]:
    if action.file:
        return partial(_play, action.file, *_recording(action.file), action.level)
    if action.tone is None:
        return lambda microphone: microphone.hear_silence()
    hertz, level = action.tone, DEFAULT_LEVEL if action.level is None else action.level
    return lambda microphone: microphone.hear_tone(hertz, level)


def _play(name: str, recording: Recording, seconds: float, level: float | None, microphone: Microphone) -> None:
    microphone.hear_recording(Path(name).name, recording, seconds, level)


def _recording(name: str) -> tuple[Recording, float]:
    path = Path(name)
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise FleetError(f"{name} is larger than {LARGEST_FILE >> 20} MB")
        content = path.read_bytes()
        file = read_clip_file(content)
    except OSError as error:
        raise FleetError(f"{name} cannot be read: {error.strerror}") from None
    except MalformedMessage as error:
        raise FleetError(f"{name} is no recording: {error}") from None
    if file.seconds is None:
        raise FleetError(f"{name} does not say how long it is")
    return Recording(content, RATE), min(file.seconds, LONGEST)
