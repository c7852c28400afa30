"""SNMP: what a manager reads from a device and is told by it. `objects.py` lists every group of objects."""
