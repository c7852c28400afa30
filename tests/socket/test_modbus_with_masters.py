"""Masters written by others: pymodbus, libmodbus and mbpoll through a pty, modbus-serial. Every table reads and writes."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from modbus_fleet import wired
from pymodbus import FramerType
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusIOException
from vapix_fleet import ENGINE, until

from simulator.fleet.child import Child
from simulator.fleet.session import Session

SLAVE = {"name": "slave", "type": "slave", "address": 7, "listed": False}
ROOM = {"name": "room", "type": "hugo", "address": 9, "values": {"temperature": -5.5, "luminance": 123456}}


@pytest.fixture(scope="module")
def fleet() -> Iterator[tuple[Session, dict[str, Any]]]:
    engine = Child(ENGINE)
    with wired(engine, SLAVE, ROOM, clock="stepped", peers=64) as (session, description):
        yield session, description["listen"]
    engine.stop()


@pytest.fixture(scope="module")
def place(fleet: tuple[Session, dict[str, Any]]) -> dict[str, Any]:
    """Host and port of the bus."""
    return fleet[1]


# pymodbus


@pytest.fixture
def client(place: dict[str, Any]) -> Iterator[ModbusTcpClient]:
    client = ModbusTcpClient(place["host"], port=place["port"], framer=FramerType.RTU, timeout=2, retries=0)
    assert client.connect()
    yield client
    client.close()


def test_pymodbus_reads_and_writes_every_table(client: ModbusTcpClient):
    assert not client.write_coil(3, True, device_id=7).isError()
    assert not client.write_coils(10, [True, False, True], device_id=7).isError()
    assert client.read_coils(0, count=13, device_id=7).bits[:13] == [n in (3, 10, 12) for n in range(13)]
    assert client.read_discrete_inputs(0, count=5, device_id=7).bits[:5] == [False, True, False, True, False]
    assert not client.write_register(20, 0x1234, device_id=7).isError()
    assert not client.write_registers(21, [1, 2, 65535], device_id=7).isError()
    assert client.read_holding_registers(20, count=4, device_id=7).registers == [0x1234, 1, 2, 65535]
    assert client.read_input_registers(100, count=125, device_id=7).registers == list(range(100, 225))
    assert not client.mask_write_register(address=20, and_mask=0xFF00, or_mask=0x0056, device_id=7).isError()
    both = client.readwrite_registers(read_address=20, read_count=2, write_address=21, values=[77], device_id=7)
    assert both.registers == [0x1256, 77]


def test_pymodbus_reads_what_a_slave_says_of_itself(client: ModbusTcpClient):
    assert client.report_device_id(device_id=7).identifier.startswith(b"Plain slave")
    told = client.read_device_information(read_code=1, object_id=0, device_id=7).information
    assert told[0] == b"axsim"
    assert client.diag_query_data(b"\xa5\x5a", device_id=7).message == b"\xa5\x5a"
    assert not client.read_exception_status(device_id=7).isError()
    assert client.diag_get_comm_event_counter(device_id=7).count > 0


def test_pymodbus_reads_a_sensor(client: ModbusTcpClient):
    words = client.read_input_registers(0, count=6, device_id=9).registers
    assert words[0] == 0x10000 - 55
    assert client.convert_from_registers(words[4:], client.DATATYPE.UINT32) == 123456
    assert client.read_holding_registers(100, count=1, device_id=9).exception_code == 2
    assert client.read_coils(0, count=1, device_id=9).exception_code == 1


def test_pymodbus_hears_nothing_of_an_absent_unit(place: dict[str, Any]):
    client = ModbusTcpClient(place["host"], port=place["port"], framer=FramerType.RTU, timeout=0.3, retries=0)
    client.connect()
    try:
        with pytest.raises(ModbusIOException):
            client.read_holding_registers(0, count=1, device_id=99)
    finally:
        client.close()


# A tty


@contextmanager
def tty(place: dict[str, Any], folder: Path) -> Iterator[str]:
    """A pseudo-terminal whose bytes go over TCP to the bus."""
    link = folder / "tty"
    bridge = subprocess.Popen(
        ["socat", f"PTY,raw,echo=0,link={link}", f"TCP:{place['host']}:{place['port']},nodelay"]
    )
    try:
        until(link.exists)
        yield str(link)
    finally:
        bridge.terminate()
        bridge.wait(timeout=5)


@pytest.mark.peer("socat", "mbpoll")
@pytest.mark.parametrize(
    ("table", "start", "written", "read"),
    [
        ("0", "31", ["1", "0", "1"], ["1", "0", "1"]),
        ("1", "1", [], ["0", "1", "0"]),
        ("3", "201", [], ["200", "201", "202"]),
        ("4", "41", ["5", "600", "65535"], ["5", "600", "65535"]),
    ],
)
def test_mbpoll_reads_and_writes_every_table(
    place: dict[str, Any], tmp_path: Path, table: str, start: str, written: list[str], read: list[str]
):
    with tty(place, tmp_path) as device:
        common = [
            "mbpoll",
            "-m",
            "rtu",
            "-a",
            "7",
            "-b",
            "9600",
            "-P",
            "none",
            "-t",
            table,
            "-r",
            start,
            "-o",
            "2",
            "-1",
        ]
        if written:
            told = subprocess.run(
                [*common, device, *written], capture_output=True, text=True, timeout=20, check=False
            )
            assert f"Written {len(written)} references" in told.stdout, told.stdout + told.stderr
        told = subprocess.run(
            [*common, "-c", "3", device], capture_output=True, text=True, timeout=20, check=False
        )
        values = [line.split("\t")[1].split()[0] for line in told.stdout.splitlines() if line.startswith("[")]
        assert values == read, told.stdout + told.stderr


@pytest.mark.peer("socat", "mbpoll")
def test_mbpoll_shows_a_refusal_and_a_silence(place: dict[str, Any], tmp_path: Path):
    with tty(place, tmp_path) as device:
        common = ["mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-t", "4", "-r", "5000", "-o", "0.5", "-1"]
        told = subprocess.run(
            [*common, "-a", "7", device], capture_output=True, text=True, timeout=20, check=False
        )
        assert "Illegal data address" in told.stdout + told.stderr
        told = subprocess.run(
            [*common, "-a", "99", device], capture_output=True, text=True, timeout=20, check=False
        )
        assert "timed out" in told.stdout + told.stderr


@contextmanager
def libmodbus(device: str, unit: int) -> Iterator[tuple[ctypes.CDLL, ctypes.c_void_p]]:
    """A master of libmodbus on a tty."""
    library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
    library.modbus_new_rtu.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.modbus_new_rtu(device.encode(), 9600, ctypes.c_char(b"N"), 8, 1))
    library.modbus_set_slave(context, unit)
    library.modbus_set_response_timeout(context, 2, 0)
    assert library.modbus_connect(context) == 0
    try:
        yield library, context
    finally:
        library.modbus_close(context)
        library.modbus_free(context)


def has_libmodbus() -> bool:
    try:
        ctypes.CDLL("libmodbus.so.5")
    except OSError:
        if os.environ.get("AXSIM_REQUIRE_PEERS"):
            pytest.fail("CI must have libmodbus")
        return False
    return True


@pytest.mark.peer("socat")
def test_libmodbus_reads_and_writes_every_table(place: dict[str, Any], tmp_path: Path):
    if not has_libmodbus():
        pytest.skip("needs libmodbus")
    with tty(place, tmp_path) as device, libmodbus(device, 7) as (library, context):
        bits, words = (ctypes.c_uint8 * 20)(), (ctypes.c_uint16 * 20)()
        assert library.modbus_write_bit(context, 60, 1) == 1
        assert library.modbus_write_bits(context, 61, 3, (ctypes.c_uint8 * 3)(0, 1, 1)) == 3
        assert library.modbus_read_bits(context, 60, 4, bits) == 4
        assert list(bits[:4]) == [1, 0, 1, 1]
        assert library.modbus_read_input_bits(context, 0, 4, bits) == 4
        assert list(bits[:4]) == [0, 1, 0, 1]
        assert library.modbus_write_register(context, 80, 4711) == 1
        assert library.modbus_write_registers(context, 81, 2, (ctypes.c_uint16 * 2)(1, 65535)) == 2
        assert library.modbus_mask_write_register(context, 80, 0xFF00, 0x0001) == 1
        assert library.modbus_read_registers(context, 80, 3, words) == 3
        assert list(words[:3]) == [(4711 & 0xFF00) | 1, 1, 65535]
        assert library.modbus_read_input_registers(context, 500, 20, words) == 20
        assert list(words) == list(range(500, 520))
        written = (ctypes.c_uint16 * 1)(9)
        assert library.modbus_write_and_read_registers(context, 80, 1, written, 80, 2, words) == 2
        assert list(words[:2]) == [9, 1]
        name = (ctypes.c_uint8 * 64)()
        assert library.modbus_report_slave_id(context, 64, name) > 0
        assert bytes(name).startswith(b"Plain slave")


@pytest.mark.peer("socat")
def test_libmodbus_gets_the_refusals_it_knows(place: dict[str, Any], tmp_path: Path):
    if not has_libmodbus():
        pytest.skip("needs libmodbus")
    with tty(place, tmp_path) as device, libmodbus(device, 9) as (library, context):
        words = (ctypes.c_uint16 * 2)()
        for read, start, code in ((library.modbus_read_registers, 700, 2), (library.modbus_read_bits, 0, 1)):
            assert read(context, start, 1, words) == -1
            assert ctypes.get_errno() == 112345678 + code
        assert library.modbus_read_input_registers(context, 0, 1, words) == 1
        assert ctypes.c_int16(words[0]).value == -55


# modbus-serial

SCRIPT = """
const Modbus = require("modbus-serial");
const [host, port] = process.argv.slice(-2);
const client = new Modbus();
(async () => {
  await client.connectTelnet(host, { port: Number(port) });  // frames as they are, with checksum and without MBAP
  client.setID(7);
  client.setTimeout(2000);
  const out = {};
  await client.writeCoil(130, true);
  await client.writeCoils(131, [false, true]);
  out.coils = (await client.readCoils(130, 3)).data.slice(0, 3);
  out.discretes = (await client.readDiscreteInputs(0, 3)).data.slice(0, 3);
  await client.writeRegister(140, 321);
  await client.writeRegisters(141, [7, 65535]);
  out.holding = (await client.readHoldingRegisters(140, 3)).data;
  out.inputs = (await client.readInputRegisters(1000, 3)).data;
  try { await client.readHoldingRegisters(9999, 1); } catch (error) { out.refused = error.modbusCode; }
  client.setID(99);
  client.setTimeout(300);
  try { await client.readHoldingRegisters(0, 1); } catch (error) { out.silent = error.errno || error.message; }
  console.log(JSON.stringify(out));
  client.close(() => process.exit(0));
})().catch((error) => { console.error(error); process.exit(1); });
"""


def node_package(name: str) -> bool:
    """Whether Node.js finds a package through NODE_PATH."""
    folders = [Path(folder) for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
    present = shutil.which("node") is not None and any((folder / name).is_dir() for folder in folders)
    if not present and os.environ.get("AXSIM_REQUIRE_PEERS"):
        pytest.fail(f"CI must have node, and {name} in NODE_PATH")
    return present


def test_modbus_serial_reads_and_writes_every_table(place: dict[str, Any]):
    if not node_package("modbus-serial"):
        pytest.skip("needs node, and modbus-serial in NODE_PATH")
    told = subprocess.run(
        ["node", "-e", SCRIPT, place["host"], str(place["port"])],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {
        "coils": [True, False, True],
        "discretes": [False, True, False],
        "holding": [321, 7, 65535],
        "inputs": [1000, 1001, 1002],
        "refused": 2,
        "silent": "ETIMEDOUT",
    }


def test_an_expectation_asks_with_a_client_of_its_own(fleet: tuple[Session, dict[str, Any]]):
    expect = fleet[0].expect("io-1")
    expect.modbus(9, function=4, register=0, words=[0xFFC9]).wait()
    expect.modbus(9, register=500, exception=2).wait()
    expect.modbus(99, answers=False).wait()
    expect.sensor("room", status="online", quantity="temperature", value=-5.5).wait()
