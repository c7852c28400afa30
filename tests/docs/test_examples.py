"""Every example of the README and the documentation does what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from markdown_examples import PAGES, ROOT, Example, Reader, examples_of

RUN = {"sh", "python", "yaml"}
NOT_RUN = {"text"}
MADE = {"scenario-reference.md", "coverage.md", "architecture.md"}
"""Pages without examples."""


@pytest.mark.timeout(400)
@pytest.mark.peer("curl", "bash")
@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in MADE], ids=lambda page: page.name)
def test_the_examples_of_a_page_work(page: Path, tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    wrong = ""
    try:
        for example in examples_of(page):
            wrong = wrong or _wrong(reader, example)
    finally:
        reader.leave()
    assert not wrong, f"{page.relative_to(ROOT)}:{wrong}"


def _wrong(reader: Reader, example: Example) -> str:
    """Line and output of an example that fails."""
    if example.language in RUN:
        try:
            reader.try_out(example)
        except AssertionError as failure:
            return f"{example.line}: {failure}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_example_escapes(page: Path) -> None:
    languages = {example.language for example in examples_of(page)}
    assert languages <= RUN | NOT_RUN | ({""} if page.name == "architecture.md" else set())
