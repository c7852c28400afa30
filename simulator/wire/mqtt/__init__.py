"""MQTT 3.1, 3.1.1 and 5 without I/O: packets, their bytes, topics, delivery, and the two ends of a connection."""
