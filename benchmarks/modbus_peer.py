"""The Modbus servers we did not write, and the load: libmodbus and a C program, built here; pymodbus (Debian: `apt-get
install gcc libmodbus-dev`)."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.peer import await_listener, program

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = Path(__file__).parent


@contextmanager
def built(source: str, *libraries: str) -> Iterator[str]:
    """A C program of this folder, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        made = str(Path(folder) / "program")
        command = [program("gcc"), "-O2", "-o", made, str(_HERE / source), *(f"-l{name}" for name in libraries)]
        subprocess.run(command, check=True)
        yield made


@contextmanager
def serving(*command: str) -> Iterator[tuple[int, int]]:
    """A server that is told a free port of 127.0.0.1 as its last argument: that port, and its process number."""
    with socket.create_server(("127.0.0.1", 0)) as spare:
        port = spare.getsockname()[1]
    process = subprocess.Popen([*command, str(port)], stderr=subprocess.DEVNULL)
    try:
        await_listener(port, "the Modbus server")
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def load(
    generator: str, host: str, port: int, connections: int, seconds: float, request: str, answer: int
) -> float:
    """Answers a second; the load keeps one request outstanding on each connection."""
    command = [generator, host, str(port), str(connections), str(seconds), request, str(answer)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(told[0]) / float(told[1])


async def serve_pymodbus(port: int) -> None:
    """pymodbus's own server with its RTU framer."""
    import warnings

    warnings.simplefilter("ignore")
    from pymodbus import FramerType
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    device = SimDevice(1, simdata=[SimData(0, count=1000, values=0, datatype=DataType.REGISTERS)])
    server = ModbusTcpServer(device, framer=FramerType.RTU, address=("127.0.0.1", port))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve_pymodbus(int(sys.argv[1])))
