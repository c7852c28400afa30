"""Bytes: codecs and sessions without I/O. Every session has receive, send, take_output, next_deadline and tick."""
