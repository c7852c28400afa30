"""`axsim firmware build`: an image as a file, with the name that real ones have."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.cli.ending import BadArgument
from simulator.device.profile import load_profile
from simulator.errors import UnknownTarget
from simulator.fleet.image import image_for
from simulator.scenario.outcome import ExitCode
from simulator.wire.firmware_image import image_name


def build_file(model: str, version: str, kind: str, output: Path | None) -> ExitCode:
    """Write the image and say where. Raises BadArgument for a model, version or kind that does not exist."""
    if not re.fullmatch(r"\d{1,3}(\.\d{1,5}){1,3}", version):
        raise BadArgument(f"{version!r} is no firmware version", hint="write for example 12.9.58")
    try:
        product = load_profile(model, "12.9.57").product
        image = image_for(product, version, kind, version)
    except UnknownTarget as error:
        raise BadArgument(error.what, hint=error.hint) from None
    file = _file(output, image_name(product.prod_nbr, version))
    try:
        file.write_bytes(image)
    except OSError as error:
        raise BadArgument(f"{file} cannot be written: {error.strerror}") from None
    print(file)
    return ExitCode.PASSED


def _file(output: Path | None, name: str) -> Path:
    if output is None:
        return Path(name)
    return output / name if output.is_dir() else output
