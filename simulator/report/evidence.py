"""The evidence folder: what one hands to a colleague.

    report.html     one page: verdict, steps, timeline, compatibility table, how to repeat
    result.json     the same for programs
    timeline.jsonl  what the devices did, byte for byte the same for the same seed
    journal.jsonl   everything, with wire times and requests
    fleet.json      devices, addresses, credentials
    client.log      what the client under test wrote
    *.scenario.yaml the scenario as it was run

A folder of ours carries the file `.axsim-evidence`; only such a folder is ever emptied.
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from simulator.errors import FleetError
from simulator.report.timeline import lines

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from simulator.report.result import CaseResult

MARK = ".axsim-evidence"


def open_folder(folder: Path) -> Path:
    """An empty evidence folder. Raises FleetError rather than touch a folder that is not ours."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise FleetError(f"{folder} holds files that are not evidence", hint="choose another folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("This folder is evidence of a run and may be emptied by the next one.\n")
    return folder


def folder_name(title: str) -> str:
    """A readable folder name for a case: `Cut is seen[firmware=12.9.57]` -> `cut-is-seen-firmware-12.9.57`."""
    return re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-.")[:80] or "case"


def write_case(
    folder: Path, result: CaseResult, records: Iterable[dict[str, Any]], *, source: str, client_log: str
) -> None:
    """Write everything about one case of a scenario into an open folder."""
    from simulator.report.html import case_page

    records = list(records)
    _write_records(folder, result.fleet, records)
    (folder / "result.json").write_text(json.dumps(result.as_json(), indent=2, ensure_ascii=False) + "\n")
    (folder / "report.html").write_text(case_page(result, records))
    (folder / "scenario.scenario.yaml").write_text(source)
    (folder / "client.log").write_text(client_log)


def write_journal(folder: Path, fleet: dict[str, Any], records: Iterable[dict[str, Any]], *, title: str) -> None:
    """Write what a pytest run knows: fleet, journal, timeline and a page."""
    from simulator.report.html import journal_page

    records = list(records)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    _write_records(folder, fleet, records)
    (folder / "timeline.html").write_text(journal_page(title, records))


def _write_records(folder: Path, fleet: dict[str, Any], records: list[dict[str, Any]]) -> None:
    (folder / "fleet.json").write_text(json.dumps(fleet, indent=2, ensure_ascii=False) + "\n")
    (folder / "timeline.jsonl").write_text(lines(records, fleet))
    with (folder / "journal.jsonl").open("w") as journal:
        for record in records:
            journal.write(json.dumps(record, ensure_ascii=False) + "\n")
