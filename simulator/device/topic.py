"""Topics of events: their levels with namespaces, and the expressions that choose among them.

    tns1:Device/tnsaxis:IO/Port       as AXIS OS writes it, and as devices publish inside
    onvif:Device/axis:IO/Port         as the settings of MQTT have it

A prefix stands only where the namespace changes; documents often repeat it (`tnsaxis:IO/tnsaxis:Port`), and both
forms mean the same topic (io-events sheet 2.1).
"""

from __future__ import annotations

from functools import lru_cache

PLAIN = {"tns1": "onvif", "tnsaxis": "axis"}
"""Prefixes as AXIS OS writes them, and as the settings of MQTT do."""
_NAMESPACES = {**PLAIN, "onvif": "onvif", "axis": "axis"}
"""Every prefix a client may write, and the namespace it means."""

Path = tuple[tuple[str, str], ...]
"""Namespace and name of each level."""

SUBTREE = "//."
"""At the end of a filter: this topic and everything below it."""


@lru_cache(maxsize=4096)
def path_of(topic: str) -> Path:
    """The levels of a topic with their namespaces; a level without a prefix inherits that of the level above.

    A prefix nobody knows, or none at the first level, is a namespace of its own that no event of a device has.
    """
    namespace, levels = "", []
    for level in topic.split("/"):
        prefix, colon, name = level.partition(":")
        if colon:
            namespace = _NAMESPACES.get(prefix, f"?{prefix}")
        levels.append((namespace, name if colon else level))
    return tuple(levels)


class TopicFilter:
    """A topic expression: a whole topic, a subtree (`tns1:Device/tnsaxis:IO//.`), all (`//.`), or several by `|`.

    Any text is an expression; one that names nothing a device publishes matches nothing, as on the device.
    """

    __slots__ = ("_choices",)

    def __init__(self, expression: str) -> None:
        self._choices = tuple(_choice(part.strip()) for part in expression.split("|") if part.strip())

    def matches(self, topic: str) -> bool:
        """Whether an event of this topic, in any spelling but MQTT's, is meant."""
        path = path_of(topic)
        return any(
            path[: len(wanted)] == wanted if subtree else path == wanted for wanted, subtree in self._choices
        )


def _choice(part: str) -> tuple[Path, bool]:
    if part == SUBTREE:
        return (), True
    if part.endswith(SUBTREE):
        return path_of(part.removesuffix(SUBTREE)), True
    return path_of(part), False
