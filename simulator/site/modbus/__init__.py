"""The RS-485 buses of a fleet: the sensors that stand on them, and their doors to TCP."""
