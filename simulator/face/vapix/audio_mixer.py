"""audiomixer.cgi: schema and settings of the plugins that process sound (audio sheet 4.2)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from simulator.device.audio_mixer import PLUGINS
from simulator.device.parameter import Level, Refused
from simulator.face.exchange import Answer
from simulator.face.vapix.call import Route
from simulator.face.vapix.envelope import Invocation, Json, JsonService, Method
from simulator.face.vapix.fault import FAMILY_B

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.device.audio_mixer import AudioMixer, Plugin

_MOST = 16
"""Entries of a list that a client may send."""
_SCHEMA = "http://json-schema.org/draft-07/schema#"


def get_schema(asked: Invocation) -> Json:
    """What a plugin's settings may be, as a JSON Schema."""
    plugin = _plugin(asked, asked.text("plugin"))
    return {
        "$schema": _SCHEMA,
        "type": "object",
        "additionalProperties": False,
        "properties": {name: _property(plugin, name) for name in plugin.factory},
    }


def _property(plugin: Plugin, name: str) -> Json:
    default = plugin.factory[name]
    if isinstance(default, bool):
        return {"type": "boolean", "default": default}
    return {"type": "number", "minimum": plugin.low, "maximum": plugin.high, "default": default}


def get_settings(asked: Invocation) -> Json:
    """All plugins with their settings, by input and output."""
    mixer = _mixer(asked)

    def told(*, of_input: bool) -> list[Json]:
        plugins = [
            {"id": plugin.id, "settings": mixer.settings(plugin)}
            for plugin in PLUGINS
            if plugin.of_input is of_input
        ]
        return [{"id": "0", "plugins": plugins}]

    return {"devices": [{"id": "0", "inputs": told(of_input=True), "outputs": told(of_input=False)}]}


def set_settings(asked: Invocation) -> Answer:
    """Set what is there, or nothing if any of it is wrong. The answer has no data."""
    wishes = [wish for device in _entries(asked, asked.required("devices")) for wish in _wishes(asked, device)]
    for wish in wishes:
        wish()
    answer: Json = {"apiVersion": asked.version, "method": asked.method}
    if asked.context is not None:
        answer["context"] = asked.context
    return Answer(body=SERVICE.writing.bytes_of(answer), content_type=SERVICE.content_type)


def _wishes(asked: Invocation, device: Json) -> Iterator[Callable[[], None]]:
    mixer = _mixer(asked)
    _check_id(asked, device)
    for side, of_input in (("inputs", True), ("outputs", False)):
        for terminal in _entries(asked, device.get(side, [])):
            _check_id(asked, terminal)
            for wanted in _entries(asked, terminal.get("plugins", [])):
                plugin = _plugin(asked, wanted.get("id"))
                settings = wanted.get("settings", {})
                if plugin.of_input is not of_input or not isinstance(settings, dict):
                    raise asked.invalid("plugins")
                for name, value in settings.items():
                    _check(asked, plugin, name, value)
                yield partial(mixer.set, plugin, settings)


def _check(asked: Invocation, plugin: Plugin, name: str, value: object) -> None:
    try:
        plugin.checked(name, value)
    except Refused:
        raise asked.invalid(name[:40]) from None


def _plugin(asked: Invocation, name: object) -> Plugin:
    try:
        return _mixer(asked).plugin(str(name))
    except Refused:
        raise asked.invalid("plugin") from None


def _check_id(asked: Invocation, entry: Json) -> None:
    if "id" not in entry:
        raise asked.missing("id")
    if str(entry["id"]) != "0":
        raise asked.invalid("id")


def _entries(asked: Invocation, value: object) -> list[Json]:
    if not isinstance(value, list) or len(value) > _MOST or not all(isinstance(each, dict) for each in value):
        raise asked.invalid("devices")
    return value


def _mixer(asked: Invocation) -> AudioMixer:
    mixer = asked.call.device.audio_mixer
    assert mixer is not None
    return mixer


SERVICE = JsonService(
    "audio-mixer",
    FAMILY_B,
    {
        "getPluginSchema": Method(get_schema),
        "getPluginsSettings": Method(get_settings),
        "setPluginsSettings": Method(set_settings),
    },
)

ROUTES = (
    Route(("/axis-cgi/audiomixer.cgi",), SERVICE, methods=("POST",), level=Level.OPERATOR, api="audio-mixer"),
)
