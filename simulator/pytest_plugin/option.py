"""Options, ini settings and markers of the plugin, checked once at configuration."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

_OPTIONS = (
    ("seed", "N", "seed of every fleet; with the node id it makes a test's own seed"),
    ("evidence", "off|on|retain-on-failure", "when to keep a test's evidence folder"),
    ("evidence-dir", "PATH", "where evidence folders go"),
    ("clock", "real|x10|virtual", "device time: real, ten times as fast, or moved by axis_clock only"),
    ("bind", "ADDRESS|BLOCK", "127.0.0.1 for one address with many ports, or an address block 0 to 59"),
    ("attach", "URL", "use a running fleet's control API instead of starting an engine"),
)
_DEFAULTS = {"seed": "1", "evidence": "retain-on-failure", "evidence-dir": "axsim-evidence", "clock": "real"}
_CHOICES = {"evidence": ("off", "on", "retain-on-failure"), "clock": ("real", "x10", "virtual")}
SINGLE_ADDRESS = "127.0.0.1"

MARKERS = (
    "axis(devices=..., firmware=..., seed=..., evidence=..., allow_unknown=...): the fleet of one test",
    "axis_feature(*names): skip where the fleet lacks a feature, such as `low-ports`",
    "axis_expect_leak(*kinds): connections or subscriptions this test's client leaves open on purpose",
)
_OPTIONS_KEY = pytest.StashKey["AxisOptions"]()


@dataclass(frozen=True)
class AxisOptions:
    """What the options came to. Override the fixture `axis_options` to change a field for some tests."""

    seed: int = 1
    evidence: str = "retain-on-failure"
    evidence_dir: str = "axsim-evidence"
    clock: str = "real"
    firmware: tuple[str, ...] = ()
    block: int | None = None
    single_address: bool = False
    attach: str = ""
    strict: bool = False
    account: dict[str, str] = field(default_factory=lambda: {"user": "root", "password": "pass"})

    @property
    def header(self) -> str:
        """The line in pytest's header."""
        firmware = ",".join(self.firmware) or "12.9.57"
        where = self.attach or (SINGLE_ADDRESS if self.single_address else _block_text(self.block))
        ground = f"seed={self.seed} clock={self.clock} firmware={firmware}"
        return f"axis: {ground} addresses={where} evidence={self.evidence}"


def _block_text(block: int | None) -> str:
    return "first free block of 127/8" if block is None else f"127.{16 + 4 * block}.0.0/16"


def add_options(parser: pytest.Parser) -> None:
    """Each option has an ini twin: `--axis-seed` and `axis_seed`."""
    group = parser.getgroup("axis", "virtual AXIS devices")
    for name, metavar, text in _OPTIONS:
        group.addoption(f"--axis-{name}", dest=_dest(name), metavar=metavar, default=None, help=text)
        parser.addini(_dest(name), text, default="")
    firmware = "firmware of the devices; give it again to run each test with each"
    group.addoption(
        "--axis-firmware", dest="axis_firmware", metavar="VERSION", action="append", default=None, help=firmware
    )
    parser.addini("axis_firmware", firmware, type="args", default=[])
    strict = "fail tests whose client asked for what the device does not have"
    group.addoption("--axis-strict", dest="axis_strict", action="store_true", default=None, help=strict)
    parser.addini("axis_strict", strict, type="bool", default=False)


def _dest(name: str) -> str:
    return "axis_" + name.replace("-", "_")


def read_options(config: pytest.Config) -> AxisOptions:
    """The options, read once. Raises UsageError with the valid values."""
    if _OPTIONS_KEY not in config.stash:
        config.stash[_OPTIONS_KEY] = _options(config)
    return config.stash[_OPTIONS_KEY]


def _options(config: pytest.Config) -> AxisOptions:
    values = {name: _value(config, name) for name, _, _ in _OPTIONS}
    for name, choices in _CHOICES.items():
        if values[name] not in choices:
            raise pytest.UsageError(f"--axis-{name}: {values[name]!r} is none of {', '.join(choices)}")
    if not re.fullmatch(r"\d{1,18}", values["seed"]):
        raise pytest.UsageError(f"--axis-seed: {values['seed']!r} is no whole number")
    bind = values["bind"]
    if bind and bind != SINGLE_ADDRESS and not (bind.isdecimal() and int(bind) <= 59):
        raise pytest.UsageError(f"--axis-bind: {bind!r} is neither {SINGLE_ADDRESS} nor a block from 0 to 59")
    if values["attach"] and not re.match(r"http://[^/]+$", values["attach"]):
        raise pytest.UsageError(f"--axis-attach: {values['attach']!r} is no http://host:port")
    strict = config.getoption("axis_strict")
    return AxisOptions(
        seed=int(values["seed"]),
        evidence=values["evidence"],
        evidence_dir=values["evidence-dir"],
        clock=values["clock"],
        firmware=tuple(config.getoption("axis_firmware") or config.getini("axis_firmware")),
        block=int(bind) if bind.isdecimal() else None,
        single_address=bind == SINGLE_ADDRESS,
        attach=values["attach"],
        strict=bool(config.getini("axis_strict") if strict is None else strict),
    )


def _value(config: pytest.Config, name: str) -> str:
    given = config.getoption(_dest(name))
    return str(given or config.getini(_dest(name)) or _DEFAULTS.get(name, ""))


def parametrise_firmware(metafunc: pytest.Metafunc) -> None:
    """Several `--axis-firmware`: each test that uses a device runs once with each."""
    versions = read_options(metafunc.config).firmware
    if len(versions) > 1 and {"axis_io", "axis_speaker", "axis_fleet"} & set(metafunc.fixturenames):
        metafunc.parametrize("_axis_firmware", versions, indirect=True)


def marker_arguments(item: pytest.Item) -> dict[str, Any]:
    """Keywords of the nearest `axis` marker."""
    marker = item.get_closest_marker("axis")
    return dict(marker.kwargs) if marker is not None else {}


def check_markers(item: pytest.Item) -> None:
    """A wrong keyword is a usage error that names the valid ones."""
    for marker in item.iter_markers("axis"):
        known = inspect.signature(_axis_marker).parameters
        wrong = set(marker.kwargs) - set(known)
        if marker.args or wrong:
            named = ", ".join(sorted(wrong)) or "positional arguments"
            raise pytest.UsageError(
                f"{item.nodeid}: marker axis does not take {named}; it takes {', '.join(known)}"
            )


def _axis_marker(
    *, devices: object, firmware: object, seed: object, evidence: object, allow_unknown: object
) -> None:
    """The signature of the marker."""
