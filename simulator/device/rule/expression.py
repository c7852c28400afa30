"""The two filter languages of rules: topic expressions, and content filters over the items of an event.

A content filter is that of ONVIF Core 9.4.4.3, the ItemFilter dialect:

    boolean(//SimpleItem[@Name="port" and @Value="1"]) and not(boolean(//SimpleItem[@Name="state" and @Value="0"]))

An expression is text a client wrote; it is kept as written and compiled once for all devices.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from simulator.device.topic import TopicFilter
from simulator.errors import FleetError

if TYPE_CHECKING:
    from simulator.device.event import Event, Items

LONGEST = 4096
"""Characters of an expression."""
DEEPEST = 32
"""Parentheses inside each other."""

Test = Callable[["Items"], bool]
"""Whether the items of an event, source before data, pass."""
_ItemTest = Callable[[str, str], bool]

_T = TypeVar("_T")

_NAME = r"[A-Za-z_][A-Za-z0-9_.\-]*"
_TOPIC = re.compile(rf"(?:{_NAME}:)?{_NAME}(?:/(?:{_NAME}:)?{_NAME})*(?://\.)?|//\.")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<path>//(?:[A-Za-z_][\w.\-]*:)?(?:SimpleItem|ElementItem))
      | (?P<attribute>@(?:Name|Value)\b)
      | (?P<word>and|or|not|boolean)\b
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<sign>[()\[\]=])
      | (?P<other>\S)
    )""",
    re.VERBOSE,
)
_END = "end of file"


class ExpressionRefused(FleetError):
    """Text that is no expression of its language; the message is the one that the device gives."""


class TopicRefused(ExpressionRefused):
    """A topic expression that does not parse."""


class ContentRefused(ExpressionRefused):
    """A content filter that does not parse."""


@lru_cache(maxsize=1024)
def topic_filter(text: str) -> TopicFilter:
    """A topic, a subtree (`//.` at the end), or several by `|`. Raises TopicRefused."""
    parts = [part.strip() for part in text.split("|")]
    if len(text) > LONGEST or not all(_TOPIC.fullmatch(part) for part in parts):
        raise TopicRefused(f"failed to parse topic expression '{text[:80]}'")
    return TopicFilter(text)


@lru_cache(maxsize=1024)
def content_test(text: str) -> Test:
    """A compiled content filter; empty text lets everything pass. Raises ContentRefused."""
    return _Parser(text).whole() if text.strip() else lambda _items: True


def passes(content: str, event: Event) -> bool:
    """Whether an event passes a content filter that has been taken before."""
    return content_test(content)((*event.source, *event.data))


class _Parser:
    """Recursive descent; errors are worded as the device's parser words them, counting tokens."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise ContentRefused("around character 0: the expression is too long")
        self._tokens = [(found.lastgroup or "", found[found.lastgroup or 0]) for found in _TOKEN.finditer(text)]
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._alternatives()
        if self._at < len(self._tokens):
            raise self._unexpected(_END)
        return test

    def _alternatives(self) -> Test:
        """`and` binds stronger than `or`."""
        tests = [self._conjunction()]
        while self._take("or"):
            tests.append(self._conjunction())
        return tests[0] if len(tests) == 1 else lambda items: any(test(items) for test in tests)

    def _conjunction(self) -> Test:
        tests = [self._single()]
        while self._take("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda items: all(test(items) for test in tests)

    def _single(self) -> Test:
        if self._take("not"):
            inner = self._in_parentheses(self._alternatives)
            return lambda items: not inner(items)
        if self._take("boolean"):
            return self._in_parentheses(self._item)
        if self._present == "(":
            return self._in_parentheses(self._alternatives)
        raise self._unexpected("boolean")

    def _in_parentheses(self, inside: Callable[[], _T]) -> _T:
        self._expect("(")
        self._depth += 1
        if self._depth > DEEPEST:
            raise ContentRefused(f"around character {self._at}: memory exhausted")
        found = inside()
        self._depth -= 1
        self._expect(")")
        return found

    def _item(self) -> Test:
        if not self._tokens[self._at : self._at + 1] or self._tokens[self._at][0] != "path":
            raise self._unexpected("//SimpleItem")
        simple = self._tokens[self._at][1].endswith("SimpleItem")
        self._at += 1
        self._expect("[")
        wanted = self._attributes()
        self._expect("]")
        return lambda items: simple and any(wanted(name, value) for name, value in items)

    def _attributes(self) -> _ItemTest:
        tests = [self._attribute_conjunction()]
        while self._take("or"):
            tests.append(self._attribute_conjunction())
        return tests[0] if len(tests) == 1 else lambda n, v: any(test(n, v) for test in tests)

    def _attribute_conjunction(self) -> _ItemTest:
        tests = [self._attribute()]
        while self._take("and"):
            tests.append(self._attribute())
        return tests[0] if len(tests) == 1 else lambda n, v: all(test(n, v) for test in tests)

    def _attribute(self) -> _ItemTest:
        if self._take("not"):
            inner = self._in_parentheses(self._attributes)
            return lambda n, v: not inner(n, v)
        if self._present not in ("@Name", "@Value"):
            raise self._unexpected("@Name")
        of_name = self._present == "@Name"
        self._at += 1
        self._expect("=")
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != "text":
            raise self._unexpected("string")
        wanted = self._tokens[self._at][1][1:-1]
        self._at += 1
        return lambda n, v: (n if of_name else v) == wanted

    @property
    def _present(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else _END

    def _take(self, word: str) -> bool:
        found = self._present == word
        self._at += found
        return found

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected(sign)

    def _unexpected(self, wanted: str) -> ContentRefused:
        present = self._present[:40]
        return ContentRefused(
            f"around character {self._at}: syntax error, unexpected {present}, expecting {wanted}"
        )
