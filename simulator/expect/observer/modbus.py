"""Asks a bus as any master does, with pymodbus and its RTU framer over TCP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymodbus.pdu import ModbusPDU

PATIENCE = 1.0
"""Wire seconds for an answer; an absent unit is silent for so long."""
_READS = {
    1: "read_coils", 2: "read_discrete_inputs", 3: "read_holding_registers", 4: "read_input_registers",
}  # fmt: skip


async def ask(host: str, port: int, unit: int, function: int, register: int, count: int) -> dict[str, Any]:
    """One read over a connection of its own: `words`, or `exception`, or `error` where nothing comes."""
    from pymodbus import FramerType  # takes a while to import, and few fleets have a bus
    from pymodbus.client import AsyncModbusTcpClient
    from pymodbus.exceptions import ModbusException

    client = AsyncModbusTcpClient(
        host, port=port, framer=FramerType.RTU, timeout=PATIENCE, retries=0, reconnect_delay=0
    )
    try:
        if not await client.connect():
            return {"error": "no connection"}
        answer = await getattr(client, _READS[function])(register, count=count, device_id=unit)
    except (ModbusException, OSError, TimeoutError) as error:
        return {"error": str(error)}
    finally:
        client.close()
    return _told(answer, function, count)


def _told(answer: ModbusPDU, function: int, count: int) -> dict[str, Any]:
    if answer.isError():
        return {"exception": answer.exception_code}
    return {"words": [int(bit) for bit in answer.bits[:count]] if function <= 2 else list(answer.registers)}
