"""Options and ini settings of the plugin, checked once at configuration."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

DEFAULT_FIRMWARE = "12.9.57"
SINGLE_ADDRESS = "127.0.0.1"
EVIDENCE = ("off", "on", "retain-on-failure")
CLOCKS = ("real", "x10", "virtual")
LAST_BLOCK = 59
LARGEST_SEED = 10**18 - 1

_OPTIONS = (
    ("seed", "N", "seed of every fleet; with the node id it makes a test's own seed", "1"),
    ("evidence", "|".join(EVIDENCE), "when to keep a test's evidence folder", "retain-on-failure"),
    ("evidence-dir", "PATH", "where evidence folders go", "axsim-evidence"),
    ("clock", "|".join(CLOCKS), "device time: real, ten times as fast, or moved by axis_clock only", "real"),
    (
        "bind",
        "ADDRESS|BLOCK",
        f"{SINGLE_ADDRESS} for one address with many ports, or an address block 0 to 59",
        "",
    ),
    ("attach", "URL", "use a running fleet's control API instead of starting an engine", ""),
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
    """Credentials that devices are set up with."""

    @property
    def header(self) -> str:
        """The line in pytest's header."""
        firmware = ",".join(self.firmware) or DEFAULT_FIRMWARE
        where = self.attach or (SINGLE_ADDRESS if self.single_address else _block_text(self.block))
        ground = f"seed={self.seed} clock={self.clock} firmware={firmware}"
        return f"axis: {ground} addresses={where} evidence={self.evidence}"

    @property
    def first_firmware(self) -> str:
        """Firmware of devices for which nothing else is said."""
        return self.firmware[0] if self.firmware else DEFAULT_FIRMWARE

    @property
    def repeat(self) -> list[str]:
        """Arguments that make another run the same as this one."""
        words = ["--axis-seed", str(self.seed)]
        words += [word for version in self.firmware for word in ("--axis-firmware", version)]
        words += ["--axis-clock", self.clock] if self.clock != "real" else []
        words += ["--axis-bind", SINGLE_ADDRESS] if self.single_address else []
        return words + (["--axis-attach", self.attach] if self.attach else [])


def _block_text(block: int | None) -> str:
    return "first free block of 127/8" if block is None else f"127.{16 + 4 * block}.0.0/16"


def add_options(parser: pytest.Parser) -> None:
    """Each option has an ini twin: `--axis-seed` and `axis_seed`."""
    group = parser.getgroup("axis", "virtual AXIS devices")
    for name, metavar, text, default in _OPTIONS:
        told = f"{text} (default: {default})" if default else text
        group.addoption(f"--axis-{name}", dest=_dest(name), metavar=metavar, default=None, help=told)
        parser.addini(_dest(name), told, default="")
    firmware = f"firmware of the devices; give it again to run each test with each (default: {DEFAULT_FIRMWARE})"
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
    bind = _value(config, "bind")
    strict = config.getoption("axis_strict")
    return AxisOptions(
        seed=_seed(_value(config, "seed")),
        evidence=_choice("evidence", _value(config, "evidence"), EVIDENCE),
        evidence_dir=_evidence_dir(config),
        clock=_choice("clock", _value(config, "clock"), CLOCKS),
        firmware=tuple(
            _firmware(one) for one in config.getoption("axis_firmware") or config.getini("axis_firmware")
        ),
        block=_block(bind),
        single_address=bind == SINGLE_ADDRESS,
        attach=_attach(_value(config, "attach")),
        strict=bool(config.getini("axis_strict") if strict is None else strict),
    )


def _value(config: pytest.Config, name: str) -> str:
    given = config.getoption(_dest(name))
    default = next(default for known, _, _, default in _OPTIONS if known == name)
    return str(given if given is not None else config.getini(_dest(name)) or default)


def _choice(name: str, value: str, valid: tuple[str, ...]) -> str:
    if value not in valid:
        raise pytest.UsageError(f"--axis-{name}: {value!r} is none of {', '.join(valid)}")
    return value


def _seed(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", value):
        raise pytest.UsageError(f"--axis-seed: {value!r} is no whole number from 0 to {LARGEST_SEED}")
    return int(value)


def _block(value: str) -> int | None:
    if value in ("", SINGLE_ADDRESS):
        return None
    if not re.fullmatch(r"[0-9]{1,2}", value) or int(value) > LAST_BLOCK:
        raise pytest.UsageError(
            f"--axis-bind: {value!r} is neither {SINGLE_ADDRESS} nor a block from 0 to {LAST_BLOCK}"
        )
    return int(value)


def _attach(value: str) -> str:
    if value and not re.fullmatch(r"http://[^/:@\s]+:[0-9]{1,5}/?", value):
        raise pytest.UsageError(f"--axis-attach: {value!r} is no control address such as http://127.0.0.1:8800")
    return value.rstrip("/")


def _firmware(version: str) -> str:
    """A version that ships, the first parts of one, or any full version: that is served by the nearest track."""
    from simulator.resources import folder

    shipped = sorted({path.name for path in folder("profiles").glob("*/*") if path.is_dir()})
    begins = any(f"{known}.".startswith(f"{version}.") for known in shipped)
    if not begins and not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,5}){2,3}", version):
        raise pytest.UsageError(
            f"--axis-firmware: {version!r} is none of {', '.join(shipped)}, nor a full version such as 12.4.59"
        )
    return version


def _evidence_dir(config: pytest.Config) -> str:
    """Beside where pytest was started, or for the ini setting beside the ini file; a test may change folders."""
    given = config.getoption("axis_evidence_dir")
    written = config.getini("axis_evidence_dir")
    base = config.rootpath if given is None and written else config.invocation_params.dir
    return str(Path(base) / _value(config, "evidence-dir"))
