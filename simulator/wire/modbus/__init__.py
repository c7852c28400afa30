"""Modbus RTU without I/O: frames, framing of a byte stream, units, the bus with its faults, and the master."""
