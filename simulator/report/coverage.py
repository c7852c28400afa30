"""The page that says what is simulated and what is not, committed as `docs/coverage.md`.

Made by `python -m simulator.report.coverage` from the code itself where it can be: APIs from the profiles and the
route table, events from the catalogues and the topics that the device code names, faults from the vocabulary. The
chapters of the manuals are judged by hand in `manual.py`. A test fails when the page is not what the code says.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulator.action.link_fault import FAULT_USES
from simulator.chance import Chance
from simulator.clock import SimClock
from simulator.device.device import Device
from simulator.device.profile import firmwares, load_profile, models
from simulator.device.world import World
from simulator.face.vapix.front import VapixFace
from simulator.face.vapix.route import ROUTES
from simulator.fleet.hands.line import WIRE_NAMES
from simulator.journal import Journal
from simulator.net.fault import FAULTS, NEEDS
from simulator.report.manual import CHAPTERS, Extent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simulator.device.profile import Api

COVERAGE_FILE: Final = Path(__file__).parents[2] / "docs" / "coverage.md"
NEWEST: Final = "12.9.57"
_MOST_PATHS: Final = 12
_TOPIC: Final = re.compile(r'"(tns1:[\w:/]+|tnsaxis:[\w:/]+)"')

_PROTOCOLS: Final = (
    ("HTTP and HTTPS (VAPIX)", "yes", "the APIs below"),
    ("Event stream over WebSocket", "yes", "`/vapix/ws-data-stream` with session tokens and filters"),
    (
        "MQTT 3.1.1 and 5",
        "yes",
        "broker of the site in both, and 3.1; client of the device in 3.1.1; TCP, TLS and WebSocket, ALPN, proxies",
    ),
    (
        "SNMP v1, v2c, v3",
        "yes",
        "agent with MIB-II, ifXTable and the Axis enterprise objects over UDP or TCP; traps and informs of v1 and v2c",
    ),
    ("DHCP (IPv4)", "yes", "RFC 2131 client on the wire, with link-local and static fallback"),
    (
        "Firmware upload",
        "yes",
        "images that `axsim firmware build` makes; a real image is refused as another product's",
    ),
    ("SIP, RTP, SRTP", "not yet", "calls, codecs, DTMF, multicast audio"),
    ("ONVIF", "not yet", "no SOAP service; an event stream over WebSocket is there instead"),
    ("RTSP", "not yet", ""),
    (
        "Modbus RTU, also over TCP",
        "yes",
        "the module polls its sensors; buses in memory, listening, towards foreign slaves, mixed; faults",
    ),
    ("mDNS, SSDP, WS-Discovery, LLDP", "not yet", "a client has to be told the address"),
    ("NTP, NTS, PTP", "not yet", "the clock of the bench is the clock of the devices"),
    ("DNS, IPv6, IEEE 802.1X, MACsec", "not yet", "settings are stored"),
    ("Syslog, mail, FTP, SFTP, HTTP notifications", "not yet", "recipients of rules"),
    ("Rule engine, schedules, recipients", "not yet", ""),
    ("AXIS A9910 expansion modules", "yes", "seen by their ports, as no API for them is public"),
)

_HEAD: Final = """\
# What is simulated, and what is not yet

Made by `python -m simulator.report.coverage`; edit that. A client that needs a line marked "not yet" gets the answer
of a device without it: 404, a closed port, or silence. What a client asked for in vain stands in the report of its
run (check C01) and in pytest's warnings.
"""


def coverage() -> str:
    """The whole page."""
    parts = [
        _HEAD,
        "## Protocols\n",
        _rows(("protocol", "simulated", "how"), _PROTOCOLS),
        _manual_section(),
        *(_api_section(model) for model in models()),
        _path_section(),
        _event_section(),
        _fault_section(),
        _firmware_section(),
    ]
    return "\n".join(parts)


def _manual_section() -> str:
    counts = Counter(chapter.extent for chapter in CHAPTERS)
    told = ", ".join(f"{counts[extent]} {extent}" for extent in Extent)
    rows = ((c.title, " and ".join(c.models), c.extent, c.told) for c in CHAPTERS)
    head = f"## The user manuals, chapter by chapter\n\n{len(CHAPTERS)} chapters: {told}.\n"
    return f"{head}\n{_rows(('chapter', 'manual of', 'simulated', 'what'), rows)}"


def _api_section(model: str) -> str:
    """The APIs of a product's discovery list; only those that are served are listed by the device itself."""
    served = _face(model).served_apis()
    apis = load_profile(model, NEWEST).apis
    count = sum(key in served for key in apis)
    head = f"## APIs of {model} {NEWEST}\n\n{count} of {len(apis)} are served, and apidiscovery lists those and no other.\n"
    return f"{head}\n{_rows(('API', 'version', 'name', 'simulated'), _api_rows(apis.values(), served))}"


def _api_rows(apis: Iterable[Api], served: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for api in sorted(apis, key=lambda api: (api.id not in served, api.id)):
        yield f"`{api.id}`", api.version, api.name, "yes" if api.id in served else "not yet"


def _face(model: str) -> VapixFace:
    clock = SimClock(stepped=True)
    world = World(clock, Chance(1), Journal(clock))
    return VapixFace(Device("coverage", 1, load_profile(model, NEWEST), world, lambda address: address))


def _path_section() -> str:
    rows = (
        (_paths(route.paths), ", ".join(route.methods), route.level.name.lower())
        for route in sorted(ROUTES, key=lambda route: route.paths)
    )
    told = "Every path that answers on some product. Paths open to anyone may ask for an account or a token themselves."
    return f"## Paths\n\n{told}\n\n{_rows(('path', 'methods', 'least role'), rows)}"


def _paths(paths: tuple[str, ...]) -> str:
    """All of them, or the first of a tree of many."""
    if len(paths) > _MOST_PATHS:
        return f"`{paths[0]}` and {len(paths) - 1} more"
    return "`" + "`, `".join(paths) + "`"


def _event_section() -> str:
    """Declared is what clients see in the list of events; sent is what some code publishes."""
    sent = _topics_in_code()
    declared: dict[str, list[str]] = {}
    for model in models():
        for topic in load_profile(model, NEWEST).catalogue:
            declared.setdefault(topic, []).append(model)
    rows = (
        (f"`{topic}`", " and ".join(on), "yes" if topic in sent else "declared only")
        for topic, on in sorted(declared.items(), key=lambda item: (item[0] not in sent, item[0]))
    )
    head = f"## Events\n\n{len(sent & set(declared))} of {len(declared)} declared events are ever sent.\n"
    return f"{head}\n{_rows(('topic', 'declared by', 'sent'), rows)}"


def _topics_in_code() -> set[str]:
    """Topics that the code of devices and faces names: each stands in exactly the file that publishes it."""
    found: set[str] = set()
    for room in ("device", "face"):
        for file in Path(str(files("simulator"))).joinpath(room).rglob("*.py"):
            found |= set(_TOPIC.findall(file.read_text(encoding="utf-8")))
    return found


def _fault_section() -> str:
    rows = [
        (f"`{kind}`", "yes", FAULTS[WIRE_NAMES.get(kind, kind)].mechanism)
        for kind in FAULT_USES
        if kind not in NEEDS
    ]
    rows += [(f"`{kind}`", "not yet", f"needs mode {NEEDS[kind]}") for kind in FAULT_USES if kind in NEEDS]
    modes = "Modes `loopback` and `ephemeral` are there; `shared`, `netns` and `lan` are not yet."
    return f"## Link faults and modes\n\n{modes}\n\n{_rows(('fault', 'simulated', 'mechanism'), rows)}"


def _firmware_section() -> str:
    rows = ((model, ", ".join(firmwares(model))) for model in models())
    told = "Any other version is taken as a label; the device then behaves as the nearest older one that ships."
    return f"## Firmware\n\n{told}\n\n{_rows(('model', 'profiles'), rows)}"


def _rows(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join([*(f"| {' | '.join(line)} |" for line in lines), ""])


def main() -> None:
    """Write the page."""
    COVERAGE_FILE.write_text(coverage(), encoding="utf-8")


if __name__ == "__main__":
    main()
