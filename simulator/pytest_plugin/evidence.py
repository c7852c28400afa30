"""The evidence folder of one test: where it is, when it is written, and that nobody else's is touched."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from simulator.pytest_plugin.marker import marker_arguments

if TYPE_CHECKING:
    from simulator.pytest_plugin.bench import FleetHandle
    from simulator.pytest_plugin.option import AxisOptions

_FOLDER = pytest.StashKey[Path]()
_WRITTEN = pytest.StashKey[bool]()


def evidence_name(node_id: str) -> str:
    """A folder name that is readable and belongs to this node id alone."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", node_id.rsplit("/", maxsplit=1)[-1]).strip("-")[:60]
    return f"{slug}-{hashlib.sha256(node_id.encode(errors='replace')).hexdigest()[:8]}"


def planned_folder(node: pytest.Item, options: AxisOptions) -> Path:
    """Where this test's evidence goes, if it is kept."""
    return Path(options.evidence_dir) / evidence_name(node.nodeid)


def evidence_folder(node: pytest.Item, options: AxisOptions) -> Path:
    """This test's folder, emptied of what an earlier run left. Raises FleetError if it holds anything not ours.

    Only the process that runs the test does this, and a test runs in one process at a time.
    """
    if _FOLDER not in node.stash:
        from simulator.report.evidence import open_folder

        node.stash[_FOLDER] = open_folder(planned_folder(node, options))
    return node.stash[_FOLDER]


def is_kept(node: pytest.Item, options: AxisOptions, *, failed: bool) -> bool:
    """Whether the options, or the test's marker, ask for the evidence of this outcome."""
    when = marker_arguments(node).get("evidence", options.evidence)
    return when == "on" or (when == "retain-on-failure" and failed)


def keep_evidence(node: pytest.Item, fleet: FleetHandle, *, failed: bool) -> None:
    """Write the evidence folder where it is asked for. Raises FleetError and OSError."""
    options = fleet.recipe.options
    if not is_kept(node, options, failed=failed):
        drop_old_evidence(node, options)
        return
    from simulator.report.evidence import heard_speakers, write_journal

    folder, records = evidence_folder(node, options), list(fleet.records())
    sounds = fleet.sounds(heard_speakers(records))
    write_journal(folder, fleet.fleet(), records, title=node.nodeid, sounds=sounds)
    node.stash[_WRITTEN] = True


def written_folder(node: pytest.Item) -> Path | None:
    """The folder, once this run has written it."""
    return node.stash[_FOLDER] if node.stash.get(_WRITTEN, False) else None


def drop_old_evidence(node: pytest.Item, options: AxisOptions) -> None:
    """A test that passes now must not be shown with the evidence of a failure before; files of the test stay."""
    folder = planned_folder(node, options)
    if _FOLDER in node.stash or not folder.is_dir():
        return
    import shutil

    from simulator.report.evidence import open_folder

    shutil.rmtree(open_folder(folder))
