"""JSON Schema 2020-12 of scenario files, for editors; made from the declarations and committed as `schema.json`.

Editors read YAML with types, so a text may be a number there (`12.10`), and any value may be `${name}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from simulator.action.declaration import Record
from simulator.action.kind import Schemas
from simulator.scenario.language import Document

SCHEMA_FILE: Final = Path(__file__).with_name("schema.json")


def json_schema() -> dict[str, Any]:
    """The schema as a plain object."""
    schemas = Schemas(names=True)
    Record(Document).schema(schemas)
    document = schemas.found.pop("Document")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "axsim scenario",
        **document,
        "$defs": {name: schemas.found[name] for name in sorted(schemas.found)},
    }


def schema_text() -> str:
    """The schema as it is committed."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
