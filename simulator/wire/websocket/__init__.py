"""WebSocket without I/O, as far as MQTT needs it: frames, the opening handshake, and the two ends (RFC 6455)."""
