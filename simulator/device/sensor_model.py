"""The sensor types that the device knows without an upload (A9210 manual, Sensors: Hugo or Tibbo).

Tibbo Bus Probes have a public register map (docs.tibbo.com, io-events sheet 1.11). Of Hugo there is none: manufacturer
and map are unknown, and the one here is made up. `generic` is the form that many RH/T transmitters share.
"""

from __future__ import annotations

from typing import Final

from simulator.device.sensor_template import Template, template_from
from simulator.errors import UnknownTarget


def _point(
    name: str, register: int, unit: str, scale: float, low: float, high: float, **more: object
) -> dict[str, object]:
    return {
        "name": name, "type": name, "register": register, "unit": unit, "scale": scale, "min": low, "max": high, **more,
    }  # fmt: skip


def _tibbo(name: str, *points: dict[str, object]) -> Template:
    """38400 8N1; values are read with function 4, as the vendor's tool does."""
    found = [{"function": 4, **point} for point in points]
    return template_from({"name": name, "model": name, "baud": 38400, "points": found})


def _axis(name: str, register: int) -> dict[str, object]:
    return _point(name, register, "g", 0.001, -6, 6, dataType="i16", type="generic")


SENSOR_MODELS: Final[dict[str, Template]] = {
    "tibbo-bp01": _tibbo("Tibbo BP#01", _point("temperature", 300, "C", 0.01, -40, 125, dataType="i16")),
    "tibbo-bp02": _tibbo(
        "Tibbo BP#02",
        _point("temperature", 400, "C", 0.1, -25, 50, dataType="i16"),
        _point("humidity", 404, "%RH", 0.1, 0, 100),
    ),
    "tibbo-bp03": _tibbo("Tibbo BP#03", _point("luminance", 500, "lx", 1, 1, 8191)),
    "tibbo-bp04": _tibbo("Tibbo BP#04", _axis("x", 600), _axis("y", 602), _axis("z", 604)),
    "tibbo-bp05": _tibbo("Tibbo BP#05", _point("flood", 700, "", 1, 0, 65535, type="generic")),
    "tibbo-bp06": _tibbo("Tibbo BP#06", _point("input", 800, "", 1, 0, 65535, type="generic")),
    "hugo": template_from(
        {
            "name": "Hugo",
            "model": "Hugo (made-up register map)",
            "points": [
                _point("temperature", 0, "C", 0.1, -40, 85, dataType="i16", invalid=0x8000),
                _point("humidity", 1, "%RH", 0.1, 0, 100, invalid=0xFFFF),
                _point("dewPoint", 2, "C", 0.1, -80, 85, dataType="i16", invalid=0x8000),
                _point("pressure", 3, "hPa", 0.1, 300, 1100, invalid=0xFFFF),
                _point("luminance", 4, "lx", 1, 0, 200000, dataType="u32", invalid=0xFFFFFFFF),
            ],
        }
    ),
    "generic": template_from(
        {
            "name": "RH/T transmitter",
            "model": "RH/T transmitter",
            "points": [
                _point("humidity", 0, "%RH", 0.1, 0, 100),
                _point("temperature", 1, "C", 0.1, -40, 80, dataType="i16"),
            ],
        }
    ),
    "slave": template_from(
        {"name": "Plain slave", "model": "Plain slave", "points": [{"name": "value", "register": 0}]}
    ),
}
"""By the word that settings and scenarios use. The register of BP#06's input is a guess. `slave` is no
sensor: 2,000 addresses of each of the four tables that keep what is written, with every function."""
DEFAULT_ADDRESSES: Final = {
    **{f"tibbo-bp0{number}": 0x3F + number for number in range(1, 7)},
    "hugo": 1,
    "generic": 1,
    "slave": 1,
}
"""Address with which each type leaves its factory."""


def sensor_model(name: str) -> Template:
    """Raises UnknownTarget."""
    if name not in SENSOR_MODELS:
        raise UnknownTarget("sensor type", name, (*SENSOR_MODELS, "custom"))
    return SENSOR_MODELS[name]
