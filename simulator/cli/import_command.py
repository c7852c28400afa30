"""`axsim import snmp`: a recording of an agent as a file of objects that a device serves besides its own."""

from __future__ import annotations

import sys
from pathlib import Path

from simulator.cli.ending import BadArgument
from simulator.face.snmp.additional import as_text
from simulator.scenario.outcome import ExitCode
from simulator.wire.snmp.recording import read_recording, shown

LARGEST_FILE = 64 << 20
"""Bytes of a recording."""
SUFFIX = ".snmp.json"


def import_snmp(file: Path, output: Path | None) -> ExitCode:
    """Write the objects and say where and how many; or say what is wrong, by line. Raises BadArgument."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadArgument(f"{file} is larger than {LARGEST_FILE >> 20} MiB")
        text = file.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise BadArgument(f"{file} cannot be read: {error.strerror}") from None
    recording = read_recording(text)
    if recording.problems:
        print(shown(recording.problems, str(file)), file=sys.stderr)
        return ExitCode.BAD_SCENARIO
    target = output or Path(f"{file.stem}{SUFFIX}")
    try:
        target.write_text(as_text(recording.objects), encoding="utf-8")
    except OSError as error:
        raise BadArgument(f"{target} cannot be written: {error.strerror}") from None
    print(f"{target}: {len(recording.objects)} objects")
    return ExitCode.PASSED
