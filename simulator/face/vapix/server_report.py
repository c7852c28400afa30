"""serverreport.cgi: what support asks for, as text, zip or tar (core sheet 4.5; manual, Logs > Reports).

Real devices work on it for half a minute, in device time. The parts are real: parameters, logs, firmware status.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING

from simulator.device.parameter import Level
from simulator.face.exchange import Answer, Held, Reply
from simulator.face.vapix.call import Call, Route
from simulator.face.vapix.logs import sheet
from simulator.face.vapix.param_list import readable, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.device.device import Device

_STAMP = (1980, 1, 1, 0, 0, 0)


def server_report(call: Call) -> Reply:
    """`mode` is text (default), zip, zip_with_image or tar_all. There is no camera, so no image either way."""
    make = _MODES.get(call.fields.get("mode", "text"))
    if make is None:
        return Answer(400, b"Error: unknown mode\n")
    device = call.device
    clock, seconds = device.world.clock, device.profile.quirks.server_report_seconds

    def start(deliver: Callable[[Answer], None]) -> Callable[[], None]:
        return clock.call_later(seconds, lambda: deliver(make(device))).cancel

    return Held(start)


def report_text(device: Device) -> str:
    """All sections in one text."""
    sections = "\n".join(f"----- {name} -----\n\n{text}" for name, text in report_sections(device).items())
    return f"----- Server Report Start -----\n\n{sections}\n----- Server Report End -----\n"


def report_sections(device: Device) -> dict[str, str]:
    """Section name to text."""
    lines, logs = parameter_dump(device), device.logs
    return {
        "Product": product_summary(device),
        "Firmware status": json.dumps(device.firmware.status(), indent=2) + "\n",
        "Parameter list": lines,
        "Logs": sheet("System log", logs.system_lines()) + sheet("Access log", logs.access_lines()),
        "Audit log": "".join(f"{line}\n" for line in logs.audit_lines()),
    }


def product_summary(device: Device) -> str:
    """Who the device is and how long it has been up."""
    rows = {
        "Product": device.parameters.get("Brand.ProdFullName"),
        "Serial number": device.identity.serial,
        "Firmware": device.firmware.running.version,
        "Uptime": f"{int(device.lifecycle.uptime())} s",
        "Boot id": device.lifecycle.bootid,
        "Time": device.time.local().isoformat(timespec="seconds"),
    }
    return "".join(f"{name}: {value}\n" for name, value in rows.items())


def parameter_dump(device: Device) -> str:
    """Groups as sections, names padded to column 25 (core sheet 2.7, paramlist.cgi)."""
    running, parameter = device.firmware.running, device.parameters.get
    facts = {
        "RELEASE": running.version,
        "BUILD": parameter("Properties.Firmware.BuildNumber"),
        "BUILDTIME": parameter("Properties.Firmware.BuildDate"),
        "PART": running.part_number,
    }
    head = "".join(f'{name}="{value}"\n' for name, value in facts.items())
    made = device.time.local().strftime("%a %b %e %H:%M:%S %Y")
    text, group = [head, "\n---- Parameter list ----\n", f"# Axis Parameter list, {made}\n"], ""
    for name in readable(device, Level.ADMINISTRATOR):
        owner, _, leaf = name.rpartition(".")
        if owner != group:
            group = owner
            text.append(f"\n[{group}]\n")
        text.append(f'{leaf:<24} = "{shown(device, device.parameters.definition(name))}"\n')
    return "".join(text)


def parameter_list(call: Call) -> Reply:
    """paramlist.cgi: the same block by itself."""
    return Answer(body=parameter_dump(call.device).encode("utf-8", "replace"))


def _as_text(device: Device) -> Answer:
    return Answer(body=report_text(device).encode("utf-8", "replace"))


def _as_zip(device: Device) -> Answer:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files(device).items():
            archive.writestr(zipfile.ZipInfo(name, _STAMP), data, zipfile.ZIP_DEFLATED)
    return _download(device, file.getvalue(), "application/zip", "zip")


def _as_tar(device: Device) -> Answer:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in _files(device).items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return _download(device, file.getvalue(), "application/x-tar", "tar")


def _files(device: Device) -> dict[str, bytes]:
    """The text report and its sections by themselves."""
    parts = {"serverreport.txt": report_text(device)} | {
        f"{name.lower().replace(' ', '_')}.txt": text for name, text in report_sections(device).items()
    }
    return {name: text.encode("utf-8", "replace") for name, text in parts.items()}


def _download(device: Device, data: bytes, media_type: str, ending: str) -> Answer:
    date = device.time.local().strftime("%Y%m%d%H%M%S")
    name = f"Axis_SR_{date}_{device.identity.serial}.{ending}"
    return Answer(
        body=data,
        content_type=media_type,
        headers=(("Content-Disposition", f'attachment; filename="{name}"'),),
    )


_MODES: dict[str, Callable[[Device], Answer]] = {
    "text": _as_text,
    "zip": _as_zip,
    "zip_with_image": _as_zip,
    "tar_all": _as_tar,
}

ROUTES = (
    Route(("/axis-cgi/serverreport.cgi", "/axis-cgi/admin/serverreport.cgi"), server_report),
    Route(("/axis-cgi/paramlist.cgi", "/axis-cgi/admin/paramlist.cgi"), parameter_list),
)
