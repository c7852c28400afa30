"""Topic names and topic filters (OASIS MQTT 3.1.1 section 4.7)."""

from __future__ import annotations

LONGEST_TOPIC = 0xFFFF
"""Bytes of UTF-8."""


def valid_name(topic: str) -> bool:
    """Whether a message can be published under this name: not empty, no wildcard, no NUL, at most 65,535 bytes."""
    return _encodable(topic) and "+" not in topic and "#" not in topic


def valid_filter(pattern: str) -> bool:
    """Whether this can be subscribed to: `+` alone in its level, `#` alone in the last one."""
    if not _encodable(pattern):
        return False
    if "+" not in pattern and "#" not in pattern:
        return True
    levels = pattern.split("/")
    if any("#" in level for level in levels[:-1]) or (levels[-1] != "#" and "#" in levels[-1]):
        return False
    return all(level == "+" or "+" not in level for level in levels)


def _encodable(text: str) -> bool:
    if not text or "\0" in text:
        return False
    try:
        return len(text.encode()) <= LONGEST_TOPIC
    except UnicodeEncodeError:
        return False


def matches(pattern: str, topic: str) -> bool:
    """Whether a valid filter covers a topic name.

    `a/#` covers `a` as well; a leading wildcard covers no topic that starts with `$`.
    """
    if pattern[0] in "+#" and topic[0] == "$":
        return False
    wanted, levels = pattern.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(levels) or level not in ("+", levels[position]):
            return False
    return len(wanted) == len(levels)
