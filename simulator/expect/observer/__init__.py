"""Observers written by others: aiomqtt on the real broker, an HTTP client on the real device."""
