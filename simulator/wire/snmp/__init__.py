"""SNMP without I/O: BER, messages of v1, v2c and v3, the user-based security model, the agent and notifications."""
