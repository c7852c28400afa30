"""Shared subscriptions of MQTT 5: each message goes to one member of a group (OASIS MQTT 5.0 section 4.8.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.wire.mqtt.topic import valid_filter

if TYPE_CHECKING:
    from simulator.site.broker.session import Session
    from simulator.site.broker.subscription import Grant

SHARE = "$share/"


def parted(pattern: str) -> tuple[str, str] | None:
    """`$share/<group>/<filter>` as group and filter, both empty where it is invalid; None if it is not shared."""
    if not pattern.startswith(SHARE):
        return None
    group, _, shared = pattern.removeprefix(SHARE).partition("/")
    if not group or "+" in group or "#" in group or not valid_filter(shared):
        return "", ""
    return group, shared


class Group:
    """The members of one shared subscription, taking turns."""

    def __init__(self) -> None:
        self.members: dict[Session, Grant] = {}

    def next_member(self) -> tuple[Session, Grant] | None:
        """Whose turn it is: the first that is connected, else the first that has a session to keep it in."""
        chosen = next((member for member in self.members if member.link is not None), None)
        chosen = chosen or next(iter(self.members), None)
        if chosen is None:
            return None
        grant = self.members.pop(chosen)
        self.members[chosen] = grant
        return chosen, grant
