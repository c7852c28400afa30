"""What rules do, by the word that a template's row says (`does`, `action_templates.yaml`).

An action either is done at once, or has begun when its function returns; an unlimited one gives back what ends it.
A component that the product or this program does not have makes the action fail, as broken hardware would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from simulator.device.clip import FOREVER, LOUDEST, MOST_REPETITIONS
from simulator.device.mqtt_configuration import Publication
from simulator.device.rule.order import ActionFailed, Order, Stop
from simulator.errors import UnknownTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.device.call_service import CallService

LONGEST_DURATION = 86_400
"""Seconds."""
LONGEST_TOPIC = 1024


def play_clip(order: Order) -> Stop | None:
    """Play a clip by its location; an unlimited one without `repeat` plays for as long as the rule is active."""
    clips = order.device.clips
    if clips is None:
        raise ActionFailed("There is no audio output")
    clip = clips.at(_location(order.text("location")))
    repeat = order.number("repeat", FOREVER if order.template.lasting else 0, FOREVER, MOST_REPETITIONS)
    clips.play(clip.number, repeat=repeat, volume=order.number("volume", 100, 0, LOUDEST))
    playback = clips.playing

    def stop() -> None:
        if clips.playing is playback:
            clips.stop()

    return stop


def _location(text: str) -> str:
    """`%2Fetc%2Faudioclips%2Falarm.mp3`, `etc/audioclips/alarm.au` and a bare file name are all known."""
    path = unquote(text)
    return f"/{path}" if "/" in path and not path.startswith("/") else path


def stop_clip(order: Order) -> None:
    """Stop what is playing, whoever began it."""
    if order.device.clips is None:
        raise ActionFailed("There is no audio output")
    order.device.clips.stop()


def test_speaker(order: Order) -> None:
    """Run the automatic speaker test."""
    if order.device.speaker_test is None:
        raise ActionFailed("There is no speaker test")
    order.device.speaker_test.perform()


def make_call(order: Order) -> None:
    """Call a SIP address, or a VMS, from the account that is named or the default one."""
    to = order.text("recipient")
    if not to:
        raise ActionFailed("Nobody to call")
    _telephone(order).calls.place(to, order.text("account") or None)


def answer_call(order: Order) -> None:
    """Answer the call that is ringing."""
    if not _telephone(order).calls.answer():
        raise ActionFailed("There is no call to answer")


def _telephone(order: Order) -> CallService:
    if order.device.call_service is None:
        raise ActionFailed("There is no call service")
    return order.device.call_service


def light_profile(order: Order) -> Stop:
    """Start a profile of siren and light."""
    light, profile = order.device.light, order.text("profile")
    if light is None:
        raise ActionFailed("There is no siren or light")
    light.start(profile)
    return lambda: light.stop(profile)


def control_led(order: Order) -> Stop:
    """Flash an LED."""
    control: Any = getattr(order.device, "led_control", None)
    if control is None:
        raise ActionFailed("There is no LED that can be controlled")
    name, interval = order.text("led"), order.number("interval", 0, 0, 3_600_000)
    duration = None if order.template.lasting else order.number("duration", 0, 0, LONGEST_DURATION)
    control.start(name, order.text("color"), interval, duration)
    return lambda: control.stop(name)


def toggle_port(order: Order) -> Stop | None:
    """Put an output into a state: for `duration` seconds, for ever with 0, or while the rule is active."""
    state = order.text("state", "high")
    if state not in {"high", "low"}:
        raise ActionFailed(f"Invalid value for parameter state: {state[:40]}")
    number, active = order.number("port", 0, 0, 255), state == "high"
    try:
        port = order.device.ports[number]
    except UnknownTarget:
        raise ActionFailed(f"There is no port {number}") from None
    seconds = 0 if order.template.lasting else order.number("duration", 0, 0, LONGEST_DURATION)
    if seconds:
        port.run_sequence([(active, seconds * 1000), (not active, 0)])
    else:
        port.set_active(active)
    return lambda: port.set_active(not active)


def publish_mqtt(order: Order) -> None:
    """Publish a message; the client must be connected (VAPIX, Send an MQTT message)."""
    mqtt, topic = order.device.mqtt, order.message("topic")
    if not 0 < len(topic) <= LONGEST_TOPIC:
        raise ActionFailed("Invalid MQTT topic")
    if order.switch("use_device_prefix"):
        topic = f"{mqtt.client.device_topic_prefix}/{topic}"
    message = Publication(topic, order.message("payload"), order.number("qos", 0, 0, 2), order.switch("retained"))
    if not mqtt.publish(message):
        raise ActionFailed("The MQTT client is not connected")


def notify(order: Order) -> Stop | None:
    """Tell a recipient: by HTTP, HTTPS, SMTP or TCP, as the template says."""
    send = order.device.rules.notifier
    if send is None:
        raise ActionFailed("The network is unreachable")
    return send(order)


ACTIONS: Mapping[str, Callable[[Order], Stop | None]] = {
    "play-clip": play_clip,
    "stop-clip": stop_clip,
    "test-speaker": test_speaker,
    "make-call": make_call,
    "answer-call": answer_call,
    "light-profile": light_profile,
    "control-led": control_led,
    "toggle-port": toggle_port,
    "publish-mqtt": publish_mqtt,
    "notify": notify,
}
