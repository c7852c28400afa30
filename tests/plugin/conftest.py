"""A real pytest in a folder of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

INI = {
    "asyncio_default_fixture_loop_scope": "function",
    "filterwarnings": "error\n    ignore:A test tried to use socket",
    "addopts": "-p no:randomly -p no:hypothesispytest -p no:cacheprovider --strict-markers",
}


class InnerPytest:
    """Tests written to files and run by a pytest process, as a user of the plugin has them."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path
        self.ini()

    def ini(self, **settings: str) -> None:
        """Settings of the inner pytest.ini."""
        lines = [f"{name} = {value}" for name, value in {**INI, **settings}.items()]
        (self.path / "pytest.ini").write_text("\n".join(["[pytest]", *lines, ""]))

    def file(self, source: str, name: str = "test_inner") -> None:
        """A test module; imports that all of them need stand in front."""
        self.pytester.makepyfile(
            **{name: "import json, os, pathlib, socket, urllib.request\nimport pytest\n" + source}
        )

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess(*arguments, timeout=60)

    @property
    def evidence(self) -> list[str]:
        """Names of the evidence folders."""
        folder = self.path / "axsim-evidence"
        return sorted(one.name for one in folder.iterdir()) if folder.exists() else []

    def told(self, name: str) -> Any:
        """What an inner test has written with `tell`."""
        return json.loads((self.path / f"{name}.json").read_text())


TELL = """
def tell(name, value):
    pathlib.Path(__file__).with_name(f"{name}.json").write_text(json.dumps(value))

def ready(url):
    body = json.dumps({"apiVersion": "1.1", "method": "systemready", "params": {"timeout": 1}}).encode()
    with urllib.request.urlopen(url + "/axis-cgi/systemready.cgi", body) as answer:
        return json.load(answer)["data"]["systemready"]
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> InnerPytest:
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    return InnerPytest(pytester)


@pytest.fixture
def tell() -> str:
    """Source of `tell(name, value)` and `ready(url)` for inner modules."""
    return TELL
