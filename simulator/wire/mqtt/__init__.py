"""MQTT 3.1 and 3.1.1 without I/O: packets, their bytes, topics, delivery, and the two ends of a connection."""
