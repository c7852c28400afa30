"""What a function or an HTTP address of the project says: the client's own view (scenario rule 11)."""

from __future__ import annotations

import importlib
import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any

from simulator.errors import FleetError
from simulator.expect.finding import Finding, Look, shown

PATIENCE = 10.0
LARGEST_ANSWER = 1 << 20


def find(look: Look) -> list[Finding]:
    """One finding: what it returned."""
    query: Any = look.expectation.query
    returned = shown(call(query.hook, dict(query.arguments)))
    differs = () if returned == query.returns else (f"returned {returned}, not {query.returns}",)
    return [Finding(f"{query.hook} returned {returned}", differs)]


def call(hook: str, arguments: dict[str, str]) -> Any:
    """Call `python:module.function` or POST to an address. Raises FleetError naming the hook."""
    try:
        return (
            _function(hook.removeprefix("python:"), arguments)
            if hook.startswith("python:")
            else _post(hook, arguments)
        )
    except FleetError:
        raise
    except (
        Exception,
        SystemExit,
    ) as error:  # whatever the project's own function raises is its business, and told as such
        raise FleetError(f"{hook}: {type(error).__name__}: {error}") from error


def _function(path: str, arguments: dict[str, str]) -> Any:
    module, _, name = path.rpartition(".")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # the project under test, as `python -m` would find it
    try:
        function = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise FleetError(f"no function {path}: {error}", hint="it is looked for from the present folder") from None
    return function(**arguments)


def _post(url: str, arguments: dict[str, str]) -> Any:
    request = urllib.request.Request(url, json.dumps(arguments).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read(LARGEST_ANSWER))
    except (OSError, ValueError) as error:
        raise FleetError(f"{url}: {error}", hint="it must answer JSON") from None
