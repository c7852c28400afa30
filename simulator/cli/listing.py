"""Commands that only tell: `axsim scenarios`, `axsim actions`, `axsim schema`."""

from __future__ import annotations

import json
from itertools import groupby

from simulator.cli.naming import shipped
from simulator.scenario.load import load
from simulator.scenario.node import Mapping, Scalar
from simulator.scenario.outcome import ExitCode
from simulator.scenario.problem import Findings
from simulator.scenario.use import read_file


def list_scenarios() -> ExitCode:
    """Name and title of each, ready for `axsim run`."""
    known = shipped()
    width = max(map(len, known), default=0)
    for name, path in known.items():
        root = load(read_file(path), str(path), Findings())
        entry = root.get("scenario") if isinstance(root, Mapping) else None
        title = entry.value.text if entry is not None and isinstance(entry.value, Scalar) else ""
        print(f"{name:<{width}}  {title}")
    return ExitCode.PASSED


def list_actions(*, as_json: bool) -> ExitCode:
    """The vocabulary, family by family."""
    from simulator.action.vocabulary import vocabulary

    verbs = vocabulary()
    if as_json:
        print(json.dumps(verbs, indent=2, ensure_ascii=False))
        return ExitCode.PASSED
    for family, members in groupby(verbs.items(), key=lambda item: item[1]["family"]):
        print(family.replace("_", " "))
        for verb, told in members:
            print(f"  {verb:<9} {told['does']}")
            for field in told["fields"]:
                needed = ", needed" if field["required"] else ""
                print(f"              {field['name']}: {field['means']} ({field['takes']}{needed})")
    return ExitCode.PASSED


def print_schema() -> ExitCode:
    """The schema as it is published."""
    from simulator.scenario.schema import schema_text

    print(schema_text(), end="")
    return ExitCode.PASSED
