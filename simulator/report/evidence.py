"""The evidence folder: what one hands to a colleague.

    report.html     one page: verdict, steps, timeline, compatibility table, how to repeat
    result.json     the same for programs
    compat.json     the compatibility table, row by row comparable with another run's
    timeline.jsonl  what the devices did, byte for byte the same for the same seed
    journal.jsonl   everything, with wire times and requests
    fleet.json      devices, addresses, credentials
    client.log      what the client under test wrote
    <speaker>.wav   what its loudspeaker played in the last half minute, of each that was heard
    *.scenario.yaml the scenario as it was run

A folder of ours carries the file `.axsim-evidence`; only such a folder is ever emptied. Whatever a client sent is
kept: what is no text is written as `\\udc80` and the like.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import wave
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.report.compat import as_json
from simulator.report.timeline import lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from simulator.report.result import CaseResult

MARK = ".axsim-evidence"
LONGEST_NAME = 80
"""Characters of a folder name."""


def open_folder(folder: Path) -> Path:
    """An empty evidence folder. Raises FleetError rather than touch what is not ours, and where nothing can be made."""
    try:
        if folder.is_dir() and any(folder.iterdir()):
            if not (folder / MARK).exists():
                raise FleetError(f"{folder} holds files that are not evidence", hint="choose another folder")
            _empty(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARK).write_text("This folder is evidence of a run and may be emptied by the next one.\n")
    except OSError as error:
        hint = "choose another folder"
        raise FleetError(f"evidence cannot be written to {folder}: {error.strerror}", hint=hint) from None
    return folder


def folder_name(title: str) -> str:
    """A readable folder name for a case: `Cut is seen[firmware=12.9.57]` -> `cut-is-seen-firmware-12.9.57`.

    A name that had to be cut ends in a digest, for the end is where the cells of a matrix differ.
    """
    name = re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-.") or "case"
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(title.encode(errors="replace")).hexdigest()[:8]
    return f"{name[: LONGEST_NAME - 9].rstrip('-.')}-{digest}"


def write_case(
    folder: Path,
    result: CaseResult,
    records: Iterable[dict[str, Any]],
    *,
    source: str,
    client_log: str,
    sounds: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write everything about one case of a scenario into an open folder."""
    from simulator.report.html import case_page

    records = list(records)
    _write_records(folder, result.fleet, records)
    _write(folder / "result.json", _document(result.as_json()))
    _write(folder / "compat.json", _document(as_json(result.checks)))
    _write(folder / "scenario.scenario.yaml", source)
    _write(folder / "client.log", client_log)
    _write(folder / "report.html", case_page(result, records, client_log))
    _write_sounds(folder, sounds)


def write_journal(
    folder: Path,
    fleet: dict[str, Any],
    records: Iterable[dict[str, Any]],
    *,
    title: str,
    sounds: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write what a pytest run knows: fleet, journal, timeline and a page."""
    from simulator.report.html import journal_page

    records = list(records)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    _write_records(folder, fleet, records)
    _write(folder / "timeline.html", journal_page(title, records, fleet))
    _write_sounds(folder, sounds)


def heard_speakers(records: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """Names of the speakers of which anything was heard, as the journal tells it."""
    heard = [r["device"] for r in records if r["what"] == "audio heard" and r["data"].get("source")]
    return tuple(sorted(set(heard)))


def _write_sounds(folder: Path, sounds: Mapping[str, bytes]) -> None:
    """The silence before is left out; what is silent altogether is not written."""
    for name, content in sounds.items():
        with wave.open(io.BytesIO(content)) as reader:
            parameters, samples = reader.getparams(), reader.readframes(reader.getnframes())
        rest = samples.lstrip(b"\0")
        sound = samples[(len(samples) - len(rest)) // 2 * 2 :]
        if sound:
            with wave.open(str(folder / f"{name}.wav"), "wb") as writer:
                writer.setparams(parameters)
                writer.writeframes(sound)


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write_records(folder: Path, fleet: dict[str, Any], records: list[dict[str, Any]]) -> None:
    _write(folder / "fleet.json", _document(fleet))
    _write(folder / "timeline.jsonl", lines(records, fleet))
    _write(folder / "journal.jsonl", "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records))


def _document(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    """As UTF-8 with Unix line ends everywhere; a lone surrogate becomes its JSON escape."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
