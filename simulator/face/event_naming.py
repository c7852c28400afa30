"""The names of events on the carriers: one topic, four spellings, and the filters that choose among topics.

    tns1:Device/tnsaxis:IO/Port       event stream over WebSocket, RTSP, ONVIF, SOAP: what devices publish inside
    onvif:Device/axis:IO/Port         settings of event.cgi, and the payload of an MQTT message
    tns:onvif/Device/tns:axis/IO/Port MQTT topic with namespaces
    Device/IO/Port                    MQTT topic without

A prefix stands only where the namespace changes; documents often repeat it (`tnsaxis:IO/tnsaxis:Port`), and filters
are taken in either form (io-events sheet 2.1, 2.3 and 3.3).
"""

from __future__ import annotations

from functools import lru_cache

from simulator.device.topic import PLAIN, SUBTREE, Path, TopicFilter, path_of

__all__ = ["SUBTREE", "Path", "TopicFilter", "mqtt_form", "path_of", "plain_form"]


@lru_cache(maxsize=4096)
def plain_form(topic: str) -> str:
    """`tns1:Device/tnsaxis:IO/Port` -> `onvif:Device/axis:IO/Port`."""
    return "/".join(_renamed(level) for level in topic.split("/"))


def _renamed(level: str) -> str:
    prefix, colon, name = level.partition(":")
    return f"{PLAIN.get(prefix, prefix)}:{name}" if colon else level


@lru_cache(maxsize=4096)
def mqtt_form(topic: str, *, namespaces: bool = True) -> str:
    """`tns1:Device/tnsaxis:IO/Port` -> `tns:onvif/Device/tns:axis/IO/Port`, or `Device/IO/Port`."""
    parts: list[str] = []
    above = ""
    for namespace, name in path_of(topic):
        if namespaces and namespace != above:
            parts.append(f"tns:{namespace}")
        parts.append(name)
        above = namespace
    return "/".join(parts)
